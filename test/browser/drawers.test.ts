/** Leaving a drawer: what was typed and is not saved is asked about first, and nothing else is. */
import { describe, expect, it } from 'vitest';
import type { Tenant } from '../../controlplane/contract/index.ts';
import type { Installation } from '../harness/installation.ts';
import { putTenant } from '../harness/tenant.ts';
import type { ConsolePage } from './console-page.ts';
import { onConsole } from './console-site.ts';

let installation: Installation;
let view: ConsolePage;

onConsole((site) => ({ installation, view } = site), { width: 1280 }, (installation) => putTenant(installation.api, { key: 'acme', domain: 'sip.acme.example', routeSet: 1, set: 10, destinations: [{ uri: 'sip:127.0.0.1:9' }] }));

const steps = { timeout: 40_000 };
const drawer = () => view.page.getByRole('dialog');
const saved = () => drawer().getByText(/revision \d+: 1\/1 node/).waitFor();

describe('what was typed into a drawer', () => {
  const question = () => view.page.getByRole('dialog', { name: 'Leave without saving?' });

  it('is asked about before Escape, Back or a click throws it away', steps, async () => {
    const { page } = view;
    await view.goto('/tenants');
    await page.getByRole('link', { name: 'acme' }).first().click();
    const name = drawer().getByRole('textbox', { name: 'Name', exact: true });
    await name.fill('half typed');
    await page.keyboard.press('Escape');
    await question().waitFor();
    expect(await view.violations()).toEqual([]);
    // Escape again stays: it closes the question, not the drawer.
    await page.keyboard.press('Escape');
    await question().waitFor({ state: 'detached' });
    expect(await name.inputValue()).toBe('half typed');
    await page.goBack();
    await question().getByRole('button', { name: 'Stay here' }).click();
    await question().waitFor({ state: 'detached' });
    expect(await name.inputValue()).toBe('half typed');
    await drawer().getByRole('button', { name: 'Close' }).click();
    await question().getByRole('button', { name: 'Discard' }).click();
    await drawer().waitFor({ state: 'detached' });
    expect(view.path).toBe('/tenants');
    expect(await installation.api.get<Tenant>('/tenants/acme')).not.toMatchObject({ name: 'half typed' });
  });

  it('is not asked about when there is nothing', steps, async () => {
    const { page } = view;
    for (const path of ['/tenants?open=acme', '/tenants?create=1', '/route-sets?open=1', '/dispatcher?open=10', '/domains?open=sip.acme.example', '/trunks?create=1', '/access?create=token']) {
      await view.goto(path);
      await drawer().getByRole('textbox').first().waitFor();
      await page.keyboard.press('Escape');
      await drawer().waitFor({ state: 'detached' });
    }
  });

  it('is not asked about when it was taken back, saved or deleted', steps, async () => {
    const { page } = view;
    await view.goto('/tenants?open=acme');
    const name = drawer().getByRole('textbox', { name: 'Name', exact: true });
    const before = await name.inputValue();
    await name.fill('typed');
    await name.fill(before);
    await page.keyboard.press('Escape');
    await drawer().waitFor({ state: 'detached' });
    await view.goto('/tenants?open=acme');
    await name.fill('Acme Ltd');
    await drawer().getByRole('button', { name: 'Save' }).click();
    await saved();
    await page.keyboard.press('Escape');
    await drawer().waitFor({ state: 'detached' });
    await view.goto('/tenants?create=1');
    await drawer().getByRole('textbox', { name: 'Name', exact: true }).fill('Short lived');
    await drawer().getByRole('button', { name: 'Create tenant' }).click();
    await drawer().getByRole('button', { name: 'Delete tenant' }).waitFor();
    await drawer().getByRole('textbox', { name: 'Name', exact: true }).fill('Shorter');
    await drawer().getByRole('button', { name: 'Delete tenant' }).click();
    await page.getByRole('dialog', { name: /^Delete / }).getByRole('button', { name: 'Delete tenant' }).click();
    await expect.poll(() => drawer().count(), { timeout: 5_000 }).toBe(0);
  });
});
