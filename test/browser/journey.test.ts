/** The first job of the product: a new installation becomes a working edge in the browser. */
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Installation } from '../harness/installation.ts';
import { Uac } from '../harness/uac.ts';
import { Uas } from '../harness/uas.ts';
import { ConsolePage, launchChromium } from './console-page.ts';

let installation: Installation;
let browser: Browser;
let stop = (): Promise<void> => Promise.resolve();
let console_: ConsolePage;
let first: Uas;
let second: Uas;

beforeAll(async () => {
  installation = await Installation.start();
  stop = () => installation.stop();
  browser = installation.with(await launchChromium());
  first = installation.with(await Uas.open('first'));
  second = installation.with(await Uas.open('second'));
  console_ = await ConsolePage.open(browser, installation.control);
}, 90_000);

afterAll(() => stop());

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') process.stderr.write(await console_.describe());
});

const steps = { timeout: 40_000 };
/** The open drawer: one entity, or the form of a new one. */
const drawer = () => console_.page.getByRole('dialog');

describe('from the set-up link to the first call', () => {
  it('creates the owner account and shows the next step', steps, async () => {
    await console_.setUp(installation.control);
    const { page } = console_;
    await page.getByRole('heading', { name: 'Route your first call' }).waitFor();
    await console_.live();
    await page.getByText('1/1 @').first().waitFor();
    expect(await console_.violations()).toEqual([]);
  });

  it('creates a tenant and says when every node runs it', steps, async () => {
    const { page } = console_;
    await page.getByRole('link', { name: 'New tenant' }).click();
    await drawer().getByLabel('Name', { exact: true }).fill('Acme Ltd');
    expect(await drawer().getByLabel('Key', { exact: true }).inputValue()).toBe('acme-ltd');
    await drawer().getByLabel('Key', { exact: true }).fill('acme');
    await drawer().getByRole('button', { name: 'Create tenant' }).click();
    await drawer().getByText(/revision \d+: 1\/1 node, [\d.]+ (ms|s)/).waitFor();
    expect(console_.path).toBe('/tenants?open=acme');
    expect(await console_.violations()).toEqual([]);
  });

  it('creates a dispatcher set whose two destinations turn green by themselves', steps, async () => {
    const { page } = console_;
    await page.getByRole('link', { name: /Next: a dispatcher set/ }).click();
    await drawer().getByLabel('Address of destination 1').fill(first.uri);
    await drawer().getByLabel('Address of destination 2').fill('sip:nowhere:port');
    await drawer().getByLabel('Name', { exact: true }).fill('acme pbx');
    await drawer().getByRole('button', { name: 'Create dispatcher set' }).click();
    // The API's pointer /destinations/1/uri lands at the field that is wrong, and only there.
    const wrong = drawer().getByLabel('Address of destination 2');
    await expect.poll(() => wrong.getAttribute('aria-invalid')).toBe('true');
    expect(await drawer().getByLabel('Address of destination 1').getAttribute('aria-invalid')).not.toBe('true');
    expect(await console_.violations()).toEqual([]);
    await wrong.fill(second.uri);
    await drawer().getByRole('button', { name: 'Create dispatcher set' }).click();
    await drawer().getByText(/revision \d+: 1\/1 node/).first().waitFor();
    await drawer().getByRole('button', { name: 'Close' }).click();
    const rows = page.getByRole('table', { name: 'Dispatcher sets and their destinations' }).locator('tr').filter({ hasText: 'sip:' });
    await expect.poll(() => rows.filter({ hasText: 'up' }).count(), { timeout: 15_000 }).toBe(2);
    await page.getByText('2 up, 0 down').waitFor();
  });

  it('routes every number to the set', steps, async () => {
    const { page } = console_;
    // The list of all sets may be long in coming: the picker has its own.
    const allSets = (url: URL): boolean => url.pathname.endsWith('/dispatcher-sets') && url.searchParams.get('limit') === '500';
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => { release = resolve; });
    await page.route(allSets, async (route) => {
      await released;
      await route.continue();
    });
    await page.getByRole('link', { name: 'Route sets' }).click();
    await page.getByRole('button', { name: 'New route set' }).first().click();
    await drawer().getByLabel('Dispatcher sets, primary first').click();
    await page.getByRole('option', { name: /acme pbx/ }).click();
    await page.keyboard.press('Escape');
    // The set is Acme's, so the route set becomes Acme's, too.
    await expect.poll(() => drawer().getByRole('combobox', { name: 'Tenant' }).inputValue()).toBe('Acme Ltd');
    release();
    await drawer().getByLabel('Name', { exact: true }).fill('acme');
    await drawer().getByRole('button', { name: 'Create route set' }).click();
    await drawer().getByText(/revision \d+: 1\/1 node/).first().waitFor();
    expect(await console_.violations()).toEqual([]);
  });

  it('refuses a domain without a route set at that field, then creates it', steps, async () => {
    const { page } = console_;
    await drawer().getByRole('link', { name: 'Point a domain here' }).click();
    await drawer().getByLabel('Domain', { exact: true }).fill('sip.acme.example');
    await drawer().getByRole('button', { name: 'Create domain' }).click();
    await drawer().getByRole('alert').first().waitFor();
    await expect.poll(() => drawer().getByRole('combobox', { name: 'Route set' }).getAttribute('aria-invalid')).toBe('true');
    expect(await drawer().getByRole('combobox', { name: 'Tenant' }).inputValue()).toBe('Acme Ltd');
    await drawer().getByRole('combobox', { name: 'Route set' }).click();
    await page.getByRole('option', { name: /acme/ }).click();
    await drawer().getByRole('button', { name: 'Create domain' }).click();
    await drawer().getByText(/revision \d+: 1\/1 node/).first().waitFor();
    expect(await console_.violations()).toEqual([]);
  });

  it('does not overwrite a tenant when a new one gets its key', steps, async () => {
    const { page } = console_;
    await console_.goto('/tenants?create=1');
    await drawer().getByLabel('Name', { exact: true }).fill('Acme');
    await drawer().getByRole('button', { name: 'Create tenant' }).click();
    await drawer().getByText('acme exists. Open it from the list to change it.').waitFor();
    expect(await drawer().getByLabel('Key', { exact: true }).getAttribute('aria-invalid')).toBe('true');
    await page.getByRole('cell', { name: 'Acme Ltd', includeHidden: true }).waitFor();
  });

  it('carries a call, and the overview has no more steps to show', steps, async () => {
    const caller = await Uac.open();
    try {
      const call = caller.invite({ uri: 'sip:1001@sip.acme.example', via: installation.edge });
      expect((await call.final).status).toBe(200);
      expect((await call.bye()).status).toBe(200);
    } finally {
      await caller.close();
    }
    await console_.goto('/');
    await console_.page.getByRole('heading', { name: 'Recent changes' }).waitFor();
    await expect.poll(() => console_.page.getByRole('heading', { name: 'Route your first call' }).count()).toBe(0);
  });

  it('wrote nothing to the browser’s console but the refusals that were asked for', () => {
    expect(console_.errors.filter((line) => !/status of 4(00|12)/.test(line) && !line.includes('status of 401'))).toEqual([]);
  });
});
