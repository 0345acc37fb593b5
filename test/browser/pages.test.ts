/** Every page with real data: opens, says its name, breaks no rule of accessibility, writes nothing to the console. */
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authority, issue } from '../harness/certificate-authority.ts';
import { Installation } from '../harness/installation.ts';
import { establish, Peer } from '../harness/peer.ts';
import { SipSocket } from '../harness/sip-socket.ts';
import { dbTextFiles } from '../harness/seeds.ts';
import { token } from '../harness/sip-text.ts';
import { until } from '../harness/deadline.ts';
import { putTenant, untilHealth } from '../harness/tenant.ts';
import { Uas } from '../harness/uas.ts';
import { ConsolePage, launchChromium } from './console-page.ts';

let installation: Installation;
let browser: Browser;
let stop = (): Promise<void> => Promise.resolve();
let destination: number;
let node: string;

const down = 'sip:127.0.0.1:9';

beforeAll(async () => {
  installation = await Installation.start();
  stop = () => installation.stop();
  browser = installation.with(await launchChromium());
  const backend = installation.with(await Uas.open('backend'));
  const { api, control } = installation;
  await putTenant(api, {
    key: 'acme', domain: 'sip.acme.example', routeSet: 70, set: 10, destinations: [{ uri: backend.uri }, { uri: down, rank: 2 }],
    rules: [
      { match: { type: 'range', from: '1000', to: '1999' }, sets: [10] },
      { match: { type: 'range', from: '1500', to: '2499' }, sets: [10], methods: ['INVITE'] },
      { match: { type: 'prefix', value: '+' }, sets: [10], strip: 1, prepend: '00' },
      { match: { type: 'any' }, sets: [10] },
    ],
  });
  await api.put('/trunks/carrier', { name: 'Carrier', tenant: 'acme', routeSet: 70, sources: ['192.0.2.0/24'] });
  await api.put('/dispatcher-sets/12', { name: 'empty', tenant: 'acme' });
  // An alarm with a name that is wider than a phone.
  await api.put('/dispatcher-sets/13', { tenant: 'acme', destinations: [{ uri: `sip:${'customer'.repeat(7)}.invalid` }] });
  await api.put('/route-sets/71', {
    name: 'day and night', tenant: 'acme', rules: [
      { match: { type: 'any' }, sets: [{ set: 10, price: 0.5 }], windows: [{ timezone: 'Europe/Berlin', days: [1, 2, 3, 4, 5], from: '08:00', to: '18:00' }], enumSuffix: 'e164.arpa' },
      { match: { type: 'any' }, sets: [12] },
    ],
  });
  await api.put('/numbers/+4930*', { tenant: 'acme', routeSet: 70 });
  await api.put('/aliases/sales@acme.example', { target: '100@sip.acme.example', tenant: 'acme' });
  await api.ask('PUT', '/rate-tables/7', 'prefix,set,price\n+49,10,0.0123\n', { 'content-type': 'text/csv' });
  const ca = issue({ subject: 'Test authority', extensions: authority, days: 30 });
  const leaf = issue({ subject: 'sip.acme.example', extensions: ['subjectAltName=DNS:sip.acme.example'], issuer: ca, days: 20 });
  await api.put('/certificates/acme', { chain: leaf.cert + ca.cert, key: leaf.key });
  const set = await untilHealth(api, 10, { [down]: 'down' });
  destination = set.destinations[0]?.id ?? 0;
  const { edge } = installation;
  const addresses = { addressFor: () => ({ host: edge.host, port: edge.port }) };
  const phone = new Peer(installation.with(await SipSocket.open()), addresses);
  const desk = new Peer(installation.with(await SipSocket.open()), addresses);
  await api.put('/tenants/live', {});
  await api.put('/dispatcher-sets/20', { tenant: 'live', probing: { mode: 'never' }, destinations: [{ uri: desk.uri }] });
  await api.put('/route-sets/72', { tenant: 'live', rules: [{ match: { type: 'any' }, sets: [20] }] });
  await api.put('/domains/live.example?wait=applied', { tenant: 'live', routeSet: 72 });
  await phone.send(phone.request('REGISTER', 'sip:live.example', { callId: 'registering', to: 'sip:bob@live.example', contact: 'sip:bob@192.168.1.20', headers: ['Expires: 600', 'User-Agent: Desk phone'] }));
  desk.answer(await desk.gets('REGISTER'), 200);
  await phone.hears(200, 'registering');
  await establish(phone, desk, 'sip:1001@live.example', { callId: `shown-${token()}` });
  await until('the phone to be listed', 10_000, async () => (await api.get<{ readonly items: readonly unknown[] }>('/registrations')).items.length > 0);
  node = (await api.get<readonly { readonly id: string }[]>('/nodes'))[0]?.id ?? '';
  const first = await ConsolePage.open(browser, control);
  await first.setUp(control);
  await first.close();
}, 90_000);

afterAll(() => stop());

const desk = { width: 1440, height: 900 };
const phone = { width: 390, height: 844 };
/** Rules whose verdict depends on the width. */
const phoneRules = ['scrollable-region-focusable', 'target-size', 'meta-viewport'];

/** `DESTINATION` and `NODE` stand for ids that only the running installation has. */
const pages: readonly (readonly [path: string, heading: string, content: string])[] = [
  ['/', 'Overview', 'customercustomer'],
  ['/calls', 'Live calls', 'domain live.example'],
  ['/registrations', 'Registrations', 'bob@live.example'],
  ['/registrations?q=nobody', 'Registrations', 'Nothing matches these filters.'],
  ['/numbers', 'Numbers', '+4930*'],
  ['/numbers?open=%2B4930*', 'Numbers', 'Number and owner'],
  ['/numbers?create=1', 'Numbers', 'A called number and the route set'],
  ['/aliases', 'Aliases', '100@sip.acme.example'],
  ['/aliases?open=sales@acme.example', 'Aliases', 'Stands for'],
  ['/rate-tables', 'Rate tables', 'Rates'],
  ['/rate-tables?open=7', 'Rate tables', '0.012300'],
  ['/rate-tables?create=1', 'Rate tables', 'A price list under a number'],
  ['/certificates', 'Certificates', 'ends soon'],
  ['/certificates?open=acme', 'Certificates', 'SHA-256'],
  ['/certificates?create=1', 'Certificates', 'Private key'],
  ['/access', 'Access', 'No program has a token'],
  ['/access?create=user', 'Access', 'First password'],
  ['/access?create=token', 'Access', 'What it may do'],
  ['/access?create=password', 'Access', 'Present password'],
  ['/settings', 'Settings', 'Certificates of clients'],
  ['/tenants', 'Tenants', 'acme'],
  ['/tenants?open=acme', 'Tenants', 'Concurrent calls'],
  ['/tenants?create=1', 'Tenants', 'A customer of this edge.'],
  ['/domains', 'Domains', 'sip.acme.example'],
  ['/domains?open=sip.acme.example', 'Domains', 'Name and owner'],
  ['/route-sets', 'Route sets', 'acme'],
  ['/route-sets?open=70', 'Route sets', '1500–1999 goes to rule 1, which stands above.'],
  ['/route-sets?open=71', 'Route sets', 'has nowhere to send to'],
  ['/dispatcher', 'Dispatcher', down],
  ['/dispatcher?open=10', 'Dispatcher', 'Spreading calls'],
  ['/dispatcher?destination=DESTINATION', 'Dispatcher', 'What the nodes see'],
  ['/dispatcher?state=down', 'Dispatcher', down],
  ['/trunks', 'Trunks', '192.0.2.0/24'],
  ['/trunks?open=carrier', 'Trunks', 'Source addresses'],
  ['/explain?uri=sip:1001@sip.acme.example', 'Explain', 'if that fails: '],
  ['/explain?uri=sip:1001@sip.acme.example&at=1772434800000&headers=X-Account: 4711', 'Explain', 'no source is given'],
  ['/changes', 'Changes', 'acme'],
  ['/changes?open=1', 'Changes', 'Author'],
  ['/nodes', 'Nodes', 'in step'],
  ['/nodes?open=NODE', 'Nodes', 'Event-loop delay'],
  ['/nodes?create=1', 'Nodes', 'Make a join token'],
  ['/import', 'Import', 'Nothing is stored by a dry run'],
];

describe('every page', () => {
  let view: ConsolePage;
  beforeAll(async () => {
    view = await ConsolePage.open(browser, installation.control, desk);
    await view.signIn();
    // The one refusal that belongs here: nobody was signed in when the sign-in page asked.
    expect(view.errors.filter((line) => !line.includes('status of 401'))).toEqual([]);
    view.errors.length = 0;
  }, 60_000);
  afterAll(() => view.close());

  it.each(pages)('%s opens in light and dark, at a desk and on a phone', { timeout: 60_000 }, async (address, heading, content) => {
    const { page } = view;
    const path = address.replace('DESTINATION', String(destination)).replace('NODE', node);
    const shown = async (scheme: 'light' | 'dark', rules: readonly string[]): Promise<void> => {
      await page.emulateMedia({ colorScheme: scheme });
      await page.locator(`html[data-mantine-color-scheme=${scheme}]`).waitFor();
      expect({ scheme, violations: await view.violations(rules) }).toEqual({ scheme, violations: [] });
    };
    try {
      await page.setViewportSize(desk);
      await view.goto(path);
      await page.getByRole('heading', { name: heading, level: 1, includeHidden: true }).waitFor();
      await page.getByText(content).filter({ visible: true }).first().waitFor();
      await shown('light', []);
      await shown('dark', ['color-contrast']);
      await page.setViewportSize(phone);
      await shown('light', phoneRules);
      const wider = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
      expect({ wider, errors: view.errors }).toEqual({ wider: 0, errors: [] });
    } catch (error) {
      process.stderr.write(await view.describe());
      throw error;
    } finally {
      view.errors.length = 0;
    }
  });
});

describe('the dispatcher on a phone', () => {
  it('shows every address whole', { timeout: 30_000 }, async () => {
    const view = await ConsolePage.open(browser, installation.control, phone);
    try {
      await view.signIn();
      await view.goto('/dispatcher');
      await view.page.getByText(down).first().waitFor();
      const cut = await view.page.evaluate(`[...document.querySelectorAll('table[aria-label^="Dispatcher sets"] .mono')].filter((each) => each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 1).map((each) => each.textContent)`);
      expect(cut).toEqual([]);
    } finally {
      await view.close();
    }
  });
});

describe('the console', () => {
  it('imports db_text tables after a dry run that stores nothing', { timeout: 60_000 }, async () => {
    const view = await ConsolePage.open(browser, installation.control);
    const { page } = view;
    try {
      await view.signIn();
      await view.goto('/import');
      const tables = dbTextFiles({ v4: ['sip:127.0.0.1:9', 'sip:127.0.0.1:9'], v6: ['sip:[::1]:9', 'sip:[::1]:9'] });
      const files = Object.entries(tables).map(([name, text]) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) }));
      await page.locator('input[type=file]').setInputFiles(files);
      await page.getByRole('button', { name: 'Dry run' }).click();
      await page.getByRole('heading', { name: 'Dry run: nothing is stored yet' }).waitFor();
      await page.getByText('sip.customer01.com').first().waitFor();
      expect(await view.violations()).toEqual([]);
      expect((await installation.api.get<{ readonly items: readonly unknown[] }>('/domains?q=customer01')).items).toEqual([]);
      await page.getByRole('button', { name: /^Apply \d+ changes$/ }).click();
      await page.getByRole('heading', { name: /Imported as revision \d+/ }).waitFor();
      const fewer = files.map((file) => ({ ...file, buffer: Buffer.from(file.buffer.toString().replaceAll('127.0.0.1', '127.0.0.2')) }));
      await page.locator('input[type=file]').setInputFiles(fewer);
      await page.getByRole('button', { name: 'Dry run' }).click();
      await page.getByText(/destinations\s*: \d added, \d removed/).first().waitFor();
      await page.getByRole('listitem').filter({ hasText: /^removed\s*sip:127\.0\.0\.1/ }).first().waitFor();
      expect(await view.violations()).toEqual([]);
      await view.goto('/domains');
      await page.getByRole('link', { name: 'sip.customer01.com' }).first().click();
      await page.getByText('Name and owner').waitFor();
    } catch (error) {
      process.stderr.write(await view.describe());
      throw error;
    } finally {
      await view.close();
    }
  });

  it('loads less than 250 kB of compressed scripts at first', { timeout: 30_000 }, async () => {
    const view = await ConsolePage.open(browser, installation.control);
    const scripts = new Map<string, Promise<number>>();
    const bare: string[] = [];
    view.page.on('response', (response) => {
      if (response.request().resourceType() !== 'script') return;
      scripts.set(response.url(), response.body().then((body) => gzipSync(body).length));
      if (response.headers()['content-encoding'] === undefined) bare.push(response.url());
    });
    try {
      await view.signIn();
      await view.live();
      const sizes = await Promise.all(scripts.values());
      expect(sizes.length).toBeGreaterThan(3);
      // Only files too small to be worth it travel as they are.
      expect(bare.length).toBeLessThan(sizes.length / 2);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(250_000);
    } finally {
      await view.close();
    }
  });

  it('keeps what is typed while the palette loads', { timeout: 30_000 }, async () => {
    const view = await ConsolePage.open(browser, installation.control);
    const { page } = view;
    try {
      await view.signIn();
      await view.live();
      let load = (): void => {};
      const held = new Promise<void>((resolve) => { load = resolve; });
      await page.route(/CommandPalette/, async (route) => {
        await held;
        await route.continue();
      });
      await page.keyboard.press('Control+k');
      await page.keyboard.type('six');
      await page.keyboard.press('Backspace');
      await page.keyboard.type('p.ac');
      load();
      const field = page.getByRole('textbox', { name: 'Search and jump' });
      await field.waitFor();
      await page.keyboard.type('me');
      await expect.poll(() => field.inputValue()).toBe('sip.acme');
      await page.getByRole('button', { name: /sip\.acme\.example/ }).waitFor();
    } finally {
      await view.close();
    }
  });

  it('finds a domain from the keyboard and goes there', { timeout: 30_000 }, async () => {
    const view = await ConsolePage.open(browser, installation.control);
    try {
      await view.signIn();
      await view.live();
      await view.page.keyboard.press('Control+k');
      await view.page.getByRole('textbox', { name: 'Search and jump' }).fill('sip.acme');
      await view.page.getByRole('button', { name: /sip\.acme\.example/ }).waitFor();
      expect(await view.violations()).toEqual([]);
      await view.page.keyboard.press('ArrowDown');
      await view.page.keyboard.press('Enter');
      await view.page.getByText('Name and owner').waitFor();
      expect(view.path).toBe('/domains?open=sip.acme.example');
    } finally {
      await view.close();
    }
  });
});
