/** Every page with real data: opens, says its name, breaks no rule of accessibility, writes nothing to the console. */
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Installation } from '../harness/installation.ts';
import { dbTextFiles } from '../harness/seeds.ts';
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
  const set = await untilHealth(api, 10, { [down]: 'down' });
  destination = set.destinations[0]?.id ?? 0;
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

const pages = (): readonly (readonly [path: string, heading: string, content: string])[] => [
  ['/', 'Overview', 'Recent changes'],
  ['/tenants', 'Tenants', 'acme'],
  ['/tenants?open=acme', 'Tenants', 'Concurrent calls'],
  ['/tenants?create=1', 'Tenants', 'A customer of this edge.'],
  ['/domains', 'Domains', 'sip.acme.example'],
  ['/domains?open=sip.acme.example', 'Domains', 'Name and owner'],
  ['/route-sets', 'Route sets', 'acme'],
  ['/route-sets?open=70', 'Route sets', '1500–1999 goes to rule 1, which stands above.'],
  ['/dispatcher', 'Dispatcher', down],
  ['/dispatcher?open=10', 'Dispatcher', 'Spreading calls'],
  [`/dispatcher?destination=${destination}`, 'Dispatcher', 'What the nodes see'],
  ['/dispatcher?state=down', 'Dispatcher', down],
  ['/trunks', 'Trunks', '192.0.2.0/24'],
  ['/trunks?open=carrier', 'Trunks', 'Source addresses'],
  ['/explain?uri=sip:1001@sip.acme.example', 'Explain', 'Goes to'],
  ['/changes', 'Changes', 'acme'],
  ['/changes?open=1', 'Changes', 'Author'],
  ['/nodes', 'Nodes', 'in step'],
  [`/nodes?open=${node}`, 'Nodes', 'Event-loop delay'],
  ['/nodes?create=1', 'Nodes', 'Make a join token'],
  ['/import', 'Import', 'Nothing is stored by a dry run'],
];

describe('every page', () => {
  it('opens in light and dark, at a desk and on a phone', { timeout: 240_000 }, async () => {
    const view = await ConsolePage.open(browser, installation.control, desk);
    const { page } = view;
    const shown = async (path: string, scheme: 'light' | 'dark', rules: readonly string[]): Promise<void> => {
      await page.emulateMedia({ colorScheme: scheme });
      await page.locator(`html[data-mantine-color-scheme=${scheme}]`).waitFor();
      expect({ path, scheme, violations: await view.violations(rules) }).toEqual({ path, scheme, violations: [] });
    };
    try {
      await view.signIn();
      // The one refusal that belongs here: nobody was signed in when the sign-in page asked.
      expect(view.errors.filter((line) => !line.includes('status of 401'))).toEqual([]);
      view.errors.length = 0;
      for (const [path, heading, content] of pages()) {
        await page.setViewportSize(desk);
        await view.goto(path);
        await page.getByRole('heading', { name: heading, level: 1, includeHidden: true }).waitFor();
        await page.getByText(content).filter({ visible: true }).first().waitFor();
        await shown(path, 'light', []);
        await shown(path, 'dark', ['color-contrast']);
        await page.setViewportSize(phone);
        await shown(path, 'light', phoneRules);
        const wider = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
        expect({ path, wider, errors: view.errors }).toEqual({ path, wider: 0, errors: [] });
      }
    } catch (error) {
      process.stderr.write(await view.describe());
      throw error;
    } finally {
      await view.close();
    }
  });

  it('imports db_text tables after a dry run that stores nothing', { timeout: 30_000 }, async () => {
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
      await page.getByRole('listitem').filter({ hasText: /^domain/ }).getByRole('link', { name: 'sip.customer01.com' }).click();
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
