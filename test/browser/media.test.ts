/** Calls with audio in the console: how they sound at a glance, both directions in a drawer, the node's media, and what runs out. */
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Installation } from '../harness/installation.ts';
import { connect, hangUp, type MediaPeer } from '../harness/media-peer.ts';
import { phoneOf, relayingInstallation, relayTo } from '../harness/relaying.ts';
import { ConsolePage, launchChromium } from './console-page.ts';

let installation: Installation;
let browser: Browser;
let stop = (): Promise<void> => Promise.resolve();
let view: ConsolePage;
let caller: MediaPeer;
let callee: MediaPeer;
let quiet: MediaPeer;

beforeAll(async () => {
  installation = await relayingInstallation();
  stop = () => installation.stop();
  browser = installation.with(await launchChromium());
  callee = await phoneOf(installation);
  caller = await phoneOf(installation);
  quiet = await phoneOf(installation);
  const relayed = await relayTo(installation.api, callee, 'acme');
  const direct = await relayTo(installation.api, quiet, 'plain', 'direct');
  await connect(caller, callee, relayed);
  caller.media.talk();
  callee.media.talk();
  await connect(await phoneOf(installation), quiet, direct);
  view = await ConsolePage.open(browser, installation.control);
  await view.setUp(installation.control);
}, 90_000);

afterAll(() => stop());

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') process.stderr.write(await view.describe());
});

const steps = { timeout: 40_000 };
const row = (text: string) => view.page.getByRole('row').filter({ hasText: text });
const drawer = () => view.page.getByRole('dialog');

describe('the calls page', () => {
  it('shows the engine and the quality of each call at a glance', steps, async () => {
    await view.page.getByRole('link', { name: 'Live calls', exact: true }).click();
    await row(caller.callId).getByText('worker', { exact: true }).waitFor();
    await row(caller.callId).getByText(/^MOS 4\.\d, good$/).waitFor();
    await row(quiet.callId).getByText('direct', { exact: true }).waitFor();
    expect(await view.violations()).toEqual([]);
  });

  it('says who calls whom and where it went, and finds a call by what was dialled, and both by their caller', steps, async () => {
    const search = view.page.getByRole('textbox', { name: 'Caller, callee, Call-ID or decision' });
    await row(caller.callId).getByText('1001@acme.example', { exact: true }).waitFor();
    await row(caller.callId).getByText(callee.sip.uri).waitFor();
    await search.fill('1001@PLAIN');
    await view.page.getByText('1 in all', { exact: true }).waitFor();
    await row(quiet.callId).waitFor();
    await search.fill('alice@acme');
    await view.page.getByText('2 in all', { exact: true }).waitFor();
    await search.fill('');
  });

  it('opens a call with the figures of both directions, and follows them', steps, async () => {
    await row(caller.callId).getByRole('link', { name: caller.callId }).click();
    const ways = drawer().getByText(/^[\d,]+ packets, \d+\.\d % lost, jitter [\d.]+ ms$/);
    await ways.nth(1).waitFor();
    await drawer().getByText('caller → callee').waitFor();
    await drawer().getByText('callee → caller').waitFor();
    await drawer().getByText(/^MOS 4\.\d, good$/).nth(1).waitFor();
    const packets = async (): Promise<number> => Number((await ways.first().innerText()).split(' ')[0]?.replaceAll(',', ''));
    const before = await packets();
    await expect.poll(packets, { timeout: 12_000 }).toBeGreaterThan(before);
    expect(await view.violations()).toEqual([]);
  });

  it('says when only one side sends, and opens from a link', steps, async () => {
    callee.media.hush();
    await view.page.reload();
    await drawer().getByText('only the caller sends').waitFor({ timeout: 20_000 });
    await drawer().getByText(/the last one [\d.]+ s ago/).waitFor();
    callee.media.talk();
  });

  it('says that a call is over', steps, async () => {
    await hangUp(caller, callee);
    await drawer().getByText('This call is not up any more.').waitFor({ timeout: 12_000 });
    expect(view.errors).toEqual([]);
  });

  it('says of a direct call why there is nothing to show', steps, async () => {
    await drawer().getByRole('button', { name: 'Close' }).click();
    await row(quiet.callId).getByRole('link', { name: quiet.callId }).click();
    await drawer().getByText('Goes from end to end without us', { exact: false }).waitFor();
    expect(await view.violations()).toEqual([]);
  });
});

describe('the nodes page', () => {
  it("shows the engine and the ports of a node's media", steps, async () => {
    await view.goto('/nodes');
    await row('ams-1').getByText('worker', { exact: true }).waitFor();
    await row('ams-1').getByRole('link', { name: 'ams-1' }).click();
    await drawer().getByText('threads of the node move the packets', { exact: false }).waitFor();
    await drawer().getByText(/^\d+ in use, \d+ free( \(\d+ resting\))?$/).waitFor();
    expect(await view.violations()).toEqual([]);
  });
});

describe('the tenant form', () => {
  it('says what each media policy does, and stores it', steps, async () => {
    await view.goto('/tenants?open=acme');
    await drawer().getByLabel('Media policy').click();
    await view.page.getByRole('option', { name: /^Auto/ }).click();
    await drawer().getByText('Relayed when an end is behind NAT', { exact: false }).waitFor();
    await drawer().getByRole('button', { name: 'Save' }).click();
    await expect.poll(async () => (await installation.api.get<{ policies: { media: string } }>('/tenants/acme')).policies.media).toBe('auto');
    expect(await view.violations()).toEqual([]);
    expect(view.errors).toEqual([]);
  });
});
