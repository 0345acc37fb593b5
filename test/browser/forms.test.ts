/** What forms do beside saving: errors stand at their field, and nothing is lost that the form does not show or that somebody else saved. */
import type { Browser } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { Alias, Certificate, NodeItem, RouteSet, Setting, Trunk } from '../../controlplane/contract/index.ts';
import { issue } from '../harness/certificate-authority.ts';
import type { Installation } from '../harness/installation.ts';
import { putTenant } from '../harness/tenant.ts';
import { ConsolePage } from './console-page.ts';
import { onConsole } from './console-site.ts';

let installation: Installation;
let browser: Browser;
let view: ConsolePage;

onConsole((site) => ({ installation, browser, view } = site), { width: 1280 }, (installation) => putTenant(installation.api, { key: 'acme', domain: 'sip.acme.example', routeSet: 1, set: 10, destinations: [{ uri: 'sip:127.0.0.1:9' }] }));

const steps = { timeout: 40_000 };
const drawer = () => view.page.getByRole('dialog');
const saved = () => drawer().getByText(/revision \d+: 1\/1 node/).waitFor();

describe('a certificate', () => {
  const certificate = issue({ subject: 'sip.acme.example', extensions: ['subjectAltName=DNS:sip.acme.example'] });

  it('with the key of another one is refused at that field, and added with its own', steps, async () => {
    const { api } = installation;
    await view.goto('/certificates?create=1');
    await drawer().getByLabel('Name', { exact: true }).fill('acme');
    await drawer().getByLabel('Chain', { exact: true }).fill(certificate.cert);
    await drawer().getByLabel('Private key').fill(issue({ subject: 'other' }).key);
    await drawer().getByRole('button', { name: 'Add certificate' }).click();
    await drawer().getByRole('alert').first().waitFor();
    await expect.poll(() => drawer().getByLabel('Private key').getAttribute('aria-invalid')).toBe('true');
    expect(await drawer().getByLabel('Chain', { exact: true }).getAttribute('aria-invalid')).not.toBe('true');
    expect(await view.violations()).toEqual([]);
    await drawer().getByLabel('Private key').fill(certificate.key);
    await drawer().getByRole('button', { name: 'Add certificate' }).click();
    await saved();
    await drawer().getByText('SHA-256').waitFor();
    expect(await api.get<Certificate>('/certificates/acme')).toMatchObject({ names: ['sip.acme.example'] });
  });

  it('is not shown with its key again, and replaced by a renewed one', steps, async () => {
    const renewed = issue({ subject: 'sip.acme.example', extensions: ['subjectAltName=DNS:sip.acme.example,DNS:new.acme.example'] });
    expect(await drawer().getByLabel('Private key').inputValue()).toBe('');
    await drawer().getByLabel('Chain', { exact: true }).fill(renewed.cert);
    await drawer().getByLabel('Private key').fill(renewed.key);
    await drawer().getByRole('button', { name: 'Replace' }).click();
    await drawer().getByText('sip.acme.example, new.acme.example').waitFor();
    await expect.poll(() => drawer().getByLabel('Private key').inputValue()).toBe('');
  });
});

describe('a rule with hours', () => {
  const rules = async () => (await installation.api.get<RouteSet>('/route-sets/1')).rules;

  it('is made in the advanced fold; a wrong time is refused at its field', steps, async () => {
    const { page } = view;
    await view.goto('/route-sets?open=1');
    await drawer().getByRole('button', { name: /any number/ }).click();
    await drawer().getByRole('button', { name: /^Advanced/ }).click();
    await drawer().getByRole('button', { name: 'Add time window' }).click();
    const window = drawer().getByRole('group', { name: 'Window 1' });
    await window.getByLabel('From of window 1').fill('25:00');
    await window.getByLabel('Time zone of window 1').fill('Europe/Ber');
    await page.getByRole('option', { name: 'Europe/Berlin' }).click();
    await window.getByText('Sat', { exact: true }).click();
    await drawer().getByRole('button', { name: 'Save' }).click();
    await expect.poll(() => window.getByLabel('From of window 1').getAttribute('aria-invalid')).toBe('true');
    expect(await view.violations()).toEqual([]);
    await window.getByLabel('From of window 1').fill('09:00');
    await drawer().getByLabel('ENUM suffix').fill('e164.arpa');
    await drawer().getByRole('button', { name: 'Save' }).click();
    await saved();
    expect((await rules())[0]).toMatchObject({ windows: [{ timezone: 'Europe/Berlin', days: [1, 2, 3, 4, 5, 6], from: '09:00', to: '18:00' }], enumSuffix: 'e164.arpa' });
    await drawer().getByText('at times, ENUM').waitFor();
  });

  it('keeps them when something else of the route set is edited', steps, async () => {
    const before = await rules();
    await view.goto('/route-sets?open=1');
    await drawer().getByRole('textbox', { name: 'Name', exact: true }).fill('renamed');
    await drawer().getByRole('button', { name: 'Save' }).click();
    await saved();
    expect(await installation.api.get<RouteSet>('/route-sets/1')).toMatchObject({ name: 'renamed', rules: before });
  });
});

describe('a price list', () => {
  const list = (text: string) => ({ name: 'carrier.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
  const rates = async () => (await installation.api.ask('GET', '/rate-tables/7')).body;

  it('is counted by a dry run that stores nothing, then stored; a wrong line is named', steps, async () => {
    await view.goto('/rate-tables?create=1');
    await drawer().getByLabel('Number').fill('7');
    await drawer().locator('input[type=file]').setInputFiles(list('prefix,set,price\n+49,10,cheap\n'));
    await drawer().getByRole('button', { name: 'Dry run' }).click();
    await drawer().getByRole('alert').getByText(/2:\d+/).waitFor();
    await drawer().getByRole('button', { name: 'Clear the file' }).click();
    await drawer().locator('input[type=file]').setInputFiles(list('prefix,set,price\n+49,10,0.0123\n+4930,10,0.01\n'));
    await drawer().getByRole('button', { name: 'Dry run' }).click();
    await drawer().getByRole('button', { name: 'Apply 2 changes' }).waitFor();
    expect(await rates()).toMatchObject({ status: 404 });
    await drawer().getByRole('button', { name: 'Apply 2 changes' }).click();
    await drawer().getByText('0.012300').waitFor();
    expect(await rates()).toMatchObject({ items: [{ prefix: '+49', set: 10, price: 0.0123 }, { prefix: '+4930' }] });
  });
});

describe('a node', () => {
  it('is told to leave OPTIONS unanswered, and to answer them again', steps, async () => {
    const node = async () => (await installation.api.get<readonly NodeItem[]>('/nodes'))[0];
    await view.goto(`/nodes?open=${(await node())?.id ?? ''}`);
    const answering = drawer().getByRole('switch', { name: 'Answer OPTIONS' });
    // The switch shows what is saved, so it turns when the save is through.
    await answering.press('Space');
    await expect.poll(async () => (await node())?.answerOptions).toBe(false);
    await expect.poll(() => answering.isChecked()).toBe(false);
    await answering.press('Space');
    await expect.poll(async () => (await node())?.answerOptions).toBe(true);
  });
});

describe('a drawer', () => {
  it('goes on under the address that the new alias was stored under, and closes when it is deleted', steps, async () => {
    const { page } = view;
    await view.goto('/aliases?create=1&tenant=acme');
    await drawer().getByLabel('Alias').fill(' Sales@SIP.Acme.Example ');
    await drawer().getByLabel('Stands for').fill('100@sip.acme.example');
    await drawer().getByRole('button', { name: 'Create alias' }).click();
    await saved();
    expect(decodeURIComponent(view.path)).toContain('open=Sales@sip.acme.example');
    await drawer().getByLabel('Comment').fill('typed after it was made');
    await drawer().getByLabel('External id').press('Enter');
    await expect.poll(async () => (await installation.api.get<Alias>('/aliases/Sales@sip.acme.example')).comment).toBe('typed after it was made');
    await drawer().getByRole('button', { name: 'Delete alias' }).click();
    await page.getByRole('dialog', { name: 'Delete Sales@sip.acme.example?' }).getByRole('button', { name: 'Delete alias' }).click();
    await expect.poll(() => drawer().count()).toBe(0);
    expect(view.path).toBe('/aliases?tenant=acme');
    expect(await installation.api.ask('GET', '/aliases/Sales@sip.acme.example')).toMatchObject({ status: 404 });
  });

  it('says what still refers to what should be deleted, and keeps what was typed', steps, async () => {
    const { page } = view;
    await view.goto('/tenants?open=acme');
    await drawer().getByLabel('Comment').fill('not saved yet');
    await drawer().getByRole('button', { name: 'Delete tenant' }).click();
    const question = page.getByRole('dialog', { name: 'Delete acme?' });
    await question.getByRole('button', { name: 'Delete tenant' }).click();
    await question.getByRole('alert').getByText('refers to it').first().waitFor();
    expect(await view.violations()).toEqual([]);
    await question.getByRole('button', { name: 'Keep it' }).click();
    await question.waitFor({ state: 'detached' });
    expect(await drawer().getByLabel('Comment').inputValue()).toBe('not saved yet');
  });
});

describe('an edit', () => {
  it('that somebody else overtook is refused, and theirs stays', steps, async () => {
    const { api } = installation;
    await api.put('/trunks/carrier', { name: 'Carrier', tenant: 'acme', routeSet: 1, sources: ['192.0.2.0/24'], strip: 2, prepend: '+49' });
    await view.goto('/trunks?open=carrier');
    await drawer().getByLabel('Comment').fill('typed while it changed');
    await api.patch('/trunks/carrier', { sources: ['192.0.2.0/24', '198.51.100.7'] });
    // The list behind the drawer shows it, so the page knows the new version.
    await view.page.getByText('198.51.100.7').first().waitFor({ state: 'attached' });
    await drawer().getByRole('button', { name: 'Save' }).click();
    await drawer().getByText('Close this and open it again to see the present state').waitFor();
    expect(await drawer().getByLabel('Comment').inputValue()).toBe('typed while it changed');
    expect(await api.get<Trunk>('/trunks/carrier')).toMatchObject({ sources: expect.objectContaining({ length: 2 }) as unknown, comment: '', strip: 2, prepend: '+49' });
  });

  it('of the settings leaves what it does not touch', steps, async () => {
    const { api } = installation;
    const before = await api.get('/settings/global');
    await view.goto('/settings');
    await view.page.getByLabel('REGISTERs a second and node').fill('500');
    await view.page.getByRole('button', { name: 'Save settings' }).click();
    await view.page.getByText(/revision \d+: 1\/1 node/).waitFor();
    const { version: _version, updatedAtMs: _updated, ...rest } = before;
    expect(await api.get('/settings/global')).toMatchObject({ ...rest, registration: { perSecond: 500, spreadPercent: 0 } });
    expect(await view.violations()).toEqual([]);
  });

  it('of the settings edits the pool of rtpengines; a wrong address is refused at its row', steps, async () => {
    const { api } = installation;
    const { page } = view;
    await view.goto('/settings');
    for (let n = 0; n < 2; n++) await page.getByRole('button', { name: 'Add rtpengine' }).click();
    await page.getByLabel('Address of rtpengine 1').fill('192.0.2.9:2223');
    await page.getByLabel('Address of rtpengine 2').fill('192.0.2.10');
    await page.getByRole('button', { name: 'Save settings' }).click();
    await expect.poll(() => page.getByLabel('Address of rtpengine 2').getAttribute('aria-invalid')).toBe('true');
    expect(await page.getByLabel('Address of rtpengine 1').getAttribute('aria-invalid')).not.toBe('true');
    expect(await view.violations()).toEqual([]);
    await page.getByLabel('Address of rtpengine 2').fill('[2001:db8::10]:2223');
    await page.getByLabel('Weight of rtpengine 2').fill('0');
    await page.getByRole('combobox', { name: 'Calls without ports or engine are' }).click();
    await page.getByRole('option', { name: /^Direct/ }).click();
    await page.getByRole('button', { name: 'Save settings' }).click();
    const pool = [{ address: '192.0.2.9:2223', weight: 1, enabled: true }, { address: '[2001:db8::10]:2223', weight: 0, enabled: true }];
    await expect.poll(async () => (await api.get<Setting>('/settings/global')).media).toEqual({ rtpengines: pool, idleMs: 60_000, exhausted: 'direct', latching: 'sdp' });
    await page.getByRole('button', { name: 'Remove rtpengine 1' }).click();
    await page.getByRole('button', { name: 'Save settings' }).click();
    await expect.poll(async () => (await api.get<Setting>('/settings/global')).media.rtpengines).toEqual(pool.slice(1));
  });

  it('wrote nothing to the browser’s console but the refusals that were asked for', () => {
    expect(view.errors.filter((line) => !/status of 4(00|04|09|12)/.test(line) && !line.includes('status of 401'))).toEqual([]);
  });
});

describe('a viewer', () => {
  it('is told plainly of a wrong password, and can read what it may not change', steps, async () => {
    const { api, control } = installation;
    await api.ask('POST', '/users', JSON.stringify({ email: 'eve@edge.example', name: 'Eve', role: 'viewer', password: 'reads but never writes' }), { 'content-type': 'application/json' });
    const hers = await ConsolePage.open(browser, control);
    try {
      const { page } = hers;
      await hers.goto('/sign-in?next=%2Ftenants%3Fopen%3Dacme');
      await page.getByLabel('Email').fill('eve@edge.example');
      await page.getByLabel('Password', { exact: true }).fill('something else');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('alert').getByText('Not signed in').waitFor();
      await page.getByLabel('Password', { exact: true }).fill('reads but never writes');
      await page.getByRole('button', { name: 'Sign in' }).click();
      const name = page.getByRole('dialog').getByRole('textbox').first();
      expect(await name.isDisabled()).toBe(true);
      const look = await page.evaluate(`(() => {
        const { color, opacity } = getComputedStyle(document.querySelector('[role=dialog] fieldset input'));
        return { color, opacity, ink: getComputedStyle(document.body).color };
      })()`) as { readonly ink: string };
      expect(look).toEqual({ color: look.ink, opacity: '1', ink: look.ink });
    } finally {
      await hers.close();
    }
  });
});
