/** Who may come in, in the browser: people, API tokens, one's own password; and what those see who may not manage them. */
import type { Browser } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { ApiToken, User } from '../../controlplane/contract/index.ts';
import type { Installation } from '../harness/installation.ts';
import { ConsolePage, owner } from './console-page.ts';
import { onConsole } from './console-site.ts';

let installation: Installation;
let browser: Browser;
let view: ConsolePage;

onConsole((site) => ({ installation, browser, view } = site));

const steps = { timeout: 40_000 };
const drawer = () => view.page.getByRole('dialog');
const rowOf = (name: string) => view.page.getByRole('row').filter({ hasText: name });
const users = async (): Promise<readonly User[]> => (await installation.api.get<{ readonly items: readonly User[] }>('/users')).items;
const tokens = async (): Promise<readonly ApiToken[]> => (await installation.api.get<{ readonly items: readonly ApiToken[] }>('/tokens')).items;
/** The status that the API answers to a bearer token. */
const statusFor = async (token: string): Promise<number> => (await fetch(`http://127.0.0.1:${installation.control.port}/api/v1/tenants`, { headers: { authorization: `Bearer ${token}` } })).status;

const eve = { email: 'eve@edge.example', password: 'reads but never writes' } as const;

async function asEve<T>(act: (hers: ConsolePage) => Promise<T>, password: string = eve.password): Promise<T> {
  const hers = await ConsolePage.open(browser, installation.control);
  try {
    await hers.signIn({ email: eve.email, password });
    return await act(hers);
  } finally {
    await hers.close();
  }
}

describe('a user', () => {
  it('is added by an owner; a short password is refused at its field', steps, async () => {
    await view.page.getByRole('link', { name: 'Access' }).click();
    await view.page.getByRole('button', { name: 'Add user' }).click();
    await drawer().getByLabel('Email').fill(eve.email);
    await drawer().getByRole('combobox', { name: 'Role' }).click();
    await view.page.getByRole('option', { name: 'Viewer' }).click();
    await drawer().getByLabel('Password', { exact: true }).fill('short');
    await drawer().getByRole('button', { name: 'Add user' }).click();
    await drawer().getByText('Must be text of 10 to 256 characters', { exact: true }).waitFor();
    expect(await view.violations()).toEqual([]);
    await drawer().getByLabel('Password', { exact: true }).fill(eve.password);
    await drawer().getByRole('button', { name: 'Add user' }).click();
    await rowOf(eve.email).getByText('viewer').waitFor();
    expect(await view.violations()).toEqual([]);
    expect(await users()).toMatchObject([{ email: owner.email }, { email: eve.email, role: 'viewer' }]);
  });

  it('who is no owner is told why there is nothing to manage, and changes the own password', steps, async () => {
    await asEve(async (hers) => {
      const { page } = hers;
      await hers.goto('/access?create=token');
      await page.getByText('Your role is viewer.').waitFor();
      expect(await page.getByRole('dialog').count()).toBe(0);
      expect(await page.getByRole('button', { name: 'Add user' }).count()).toBe(0);
      expect(await hers.violations()).toEqual([]);
      await page.getByRole('button', { name: 'Change my password' }).click();
      await page.getByLabel('Present password').fill('something else');
      await page.getByLabel('New password').fill('reads and reads and reads');
      await page.keyboard.press('Enter');
      await page.getByText('Is not your present password', { exact: true }).waitFor();
      await page.getByLabel('Present password').fill(eve.password);
      await page.getByRole('button', { name: 'Change password' }).click();
      await page.getByText('Your password is changed').waitFor();
    });
    await asEve((hers) => hers.page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor(), 'reads and reads and reads');
  });

  it('gets another role and password, is disabled, and removed after a question', steps, async () => {
    await view.goto('/access');
    await view.page.getByRole('link', { name: eve.email }).click();
    await drawer().getByRole('combobox', { name: 'Role' }).click();
    await view.page.getByRole('option', { name: 'Operator' }).click();
    await drawer().getByLabel('New password').fill('writes what it reads');
    await drawer().getByRole('switch', { name: 'Disabled' }).click();
    expect(await view.violations()).toEqual([]);
    await drawer().getByRole('button', { name: 'Save' }).click();
    await rowOf(eve.email).getByText('disabled').waitFor();
    expect(await users()).toMatchObject([{}, { email: eve.email, role: 'operator', disabled: true }]);
    await view.page.getByRole('link', { name: eve.email }).click();
    await drawer().getByRole('button', { name: 'Delete user' }).click();
    await view.page.getByRole('dialog', { name: `Delete ${eve.email}?` }).getByRole('button', { name: 'Delete user' }).click();
    await expect.poll(async () => (await users()).length).toBe(1);
    await rowOf(eve.email).waitFor({ state: 'detached' });
  });

  it('who is the last owner stays one', steps, async () => {
    await view.page.getByRole('link', { name: owner.email }).click();
    await drawer().getByRole('switch', { name: 'Disabled' }).click();
    await drawer().getByRole('button', { name: 'Save' }).click();
    await drawer().getByText('make somebody else an owner first').waitFor();
    expect(await users()).toMatchObject([{ role: 'owner', disabled: false }]);
  });
});

describe('an API token', () => {
  it('is made with less than its role, and its secret, shown once, works', steps, async () => {
    await view.goto('/access');
    await view.page.getByRole('button', { name: 'New API token' }).first().click();
    await drawer().getByLabel('Name').fill('provisioning');
    await drawer().getByRole('combobox', { name: 'Expires' }).click();
    await view.page.getByRole('option', { name: 'In 30 days' }).click();
    await drawer().getByLabel('Probe destinations').uncheck();
    expect(await view.violations()).toEqual([]);
    await drawer().getByRole('button', { name: 'Create API token' }).click();
    await drawer().getByRole('button', { name: 'Copy the token' }).waitFor();
    expect(await view.violations()).toEqual([]);
    const secret = await drawer().locator('code').first().innerText();
    expect(await statusFor(secret)).toBe(200);
    await drawer().getByRole('button', { name: 'Done' }).click();
    await rowOf('provisioning').getByText('config.read, config.write, live.read').waitFor();
    expect(await view.page.getByText(secret).count()).toBe(0);
    expect(await tokens()).toMatchObject([{ name: 'provisioning', role: 'operator', scopes: ['config.read', 'config.write', 'live.read'] }]);
    await view.page.getByRole('button', { name: 'Revoke provisioning' }).click();
    await view.page.getByRole('dialog', { name: 'Revoke provisioning?' }).getByRole('button', { name: 'Revoke' }).click();
    await view.page.getByText('No program has a token').waitFor();
    expect(await statusFor(secret)).toBe(401);
  });
});
