/** Rotation of the cluster keys as an owner does it in the console, and what a viewer sees of it. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { issue } from '../harness/certificate-authority.ts';
import { Installation } from '../harness/installation.ts';
import { ConsolePage, launchChromium } from './console-page.ts';

let installation: Installation;
let browser: Browser;
let view: ConsolePage;

const viewer = { email: 'viewer@edge.example', name: 'Vera', role: 'viewer', password: 'looks and touches nothing 7' };

beforeAll(async () => {
  installation = await Installation.start();
  browser = installation.with(await launchChromium());
  const leaf = issue({ subject: 'sip.acme.example', extensions: ['subjectAltName=DNS:sip.acme.example'] });
  await installation.api.put('/certificates/acme', { chain: leaf.cert, key: leaf.key });
  view = await ConsolePage.open(browser, installation.control);
  await view.setUp(installation.control);
  await installation.api.post('/users', viewer);
}, 90_000);
afterAll(() => installation?.stop());

const rows = (page: ConsolePage['page']) => page.getByRole('table', { name: 'Cluster keys' }).getByRole('row');

it('adds a key, takes it back, seals the certificates under the next one and retires the first, and is read-only to viewers', { timeout: 90_000 }, async () => {
  const { page } = view;
  try {
    await view.goto('/settings');
    await rows(page).filter({ hasText: 'signs' }).waitFor();
    await page.getByRole('button', { name: 'Add a key' }).click();
    await rows(page).filter({ hasText: 'told to nodes' }).waitFor();
    await page.getByRole('button', { name: 'Add a key' }).click();
    await page.getByRole('alert').filter({ hasText: 'does not sign yet' }).waitFor();
    await page.getByRole('button', { name: 'Retire' }).click();
    const dialog = page.getByRole('dialog', { name: 'Retire key 2?' });
    await dialog.getByText('nothing depends on it').waitFor();
    await dialog.getByRole('button', { name: 'Retire' }).click();
    await rows(page).filter({ hasText: 'told to nodes' }).waitFor({ state: 'detached' });

    await installation.api.post('/cluster-keys', { signsInMs: 5_000 });
    await page.reload();
    await rows(page).filter({ hasText: 'told to nodes' }).waitFor();
    await rows(page).filter({ hasText: 'opens only' }).waitFor();
    await page.getByRole('button', { name: 'Seal 1 certificate under the newest key' }).click();
    await page.getByRole('status').filter({ hasText: '1 certificate sealed anew.' }).waitFor();
    expect(await view.violations()).toEqual([]);
    await page.getByRole('button', { name: 'Retire' }).click();
    await page.getByRole('dialog', { name: 'Retire key 1?' }).getByText('cannot be changed or hung up').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Retire' }).click();
    await rows(page).filter({ hasText: 'opens only' }).waitFor({ state: 'detached' });
    expect(await installation.api.get('/cluster-keys')).toMatchObject([{ id: 3, state: 'signing', certificates: 1 }]);

    const other = await ConsolePage.open(browser, installation.control);
    await other.goto('/sign-in');
    await other.page.getByLabel('Email').fill(viewer.email);
    await other.page.getByLabel('Password', { exact: true }).fill(viewer.password);
    await other.page.getByRole('button', { name: 'Sign in' }).click();
    await other.page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
    await other.goto('/settings');
    await rows(other.page).filter({ hasText: 'signs' }).waitFor();
    expect(await other.page.getByRole('button', { name: /Add a key|Retire|Seal/ }).count()).toBe(0);
    await other.close();
  } catch (error) {
    process.stderr.write(await view.describe());
    throw error;
  }
});
