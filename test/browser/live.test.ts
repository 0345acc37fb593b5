/** What changes outside is shown without a reload, over one event stream; what is done inside reaches the nodes. */
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Installation } from '../harness/installation.ts';
import { putTenant, untilHealth } from '../harness/tenant.ts';
import { Uas } from '../harness/uas.ts';
import { ConsolePage, launchChromium } from './console-page.ts';

let installation: Installation;
let browser: Browser;
let stop = (): Promise<void> => Promise.resolve();
let view: ConsolePage;
let first: Uas;
let second: Uas;
let streams = 0;

beforeAll(async () => {
  installation = await Installation.start();
  stop = () => installation.stop();
  browser = installation.with(await launchChromium());
  first = installation.with(await Uas.open('first'));
  second = installation.with(await Uas.open('second'));
  await putTenant(installation.api, { key: 'acme', domain: 'sip.acme.example', routeSet: 1, set: 10, destinations: [{ uri: first.uri }, { uri: second.uri }] });
  await untilHealth(installation.api, 10);
  view = await ConsolePage.open(browser, installation.control);
  view.page.on('request', (request) => {
    if (request.resourceType() === 'eventsource') streams += 1;
  });
  await view.setUp(installation.control);
  await view.page.getByRole('link', { name: 'Dispatcher', exact: true }).click();
  await view.live();
}, 90_000);

afterAll(() => stop());

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') process.stderr.write(await view.describe());
});

const steps = { timeout: 40_000 };
const row = (uas: Uas) => view.page.getByRole('row').filter({ hasText: uas.uri });

describe('the console follows the edge', () => {
  it('shows a backend going down and coming back, with the reason', steps, async () => {
    await row(second).getByText('up', { exact: true }).waitFor();
    second.behaviour = { ...second.behaviour, options: 503 };
    await row(second).getByText('down', { exact: true }).waitFor();
    await row(second).getByText(/503/).waitFor();
    await view.page.getByText('1 up, 1 down').first().waitFor();
    second.behaviour = { ...second.behaviour, options: 200 };
    await row(second).getByText('up', { exact: true }).waitFor();
    await view.page.getByText('2 up, 0 down').waitFor();
  });

  it('drains and enables a destination from its row and says when the nodes do it', steps, async () => {
    await row(first).getByRole('button', { name: `Acts on ${first.uri}` }).click();
    await view.page.getByRole('menuitem', { name: 'Drain: stop new calls, 0 calls in progress' }).click();
    await row(first).getByText('drained').waitFor();
    await view.page.getByText(/revision \d+: 1\/1 node, [\d.]+ (ms|s)/).waitFor();
    expect(await view.violations()).toEqual([]);
    await row(first).getByRole('button', { name: `Acts on ${first.uri}` }).click();
    await view.page.getByRole('menuitem', { name: 'Enable: take new calls again' }).click();
    await row(first).getByText('up', { exact: true }).waitFor();
  });

  it('probes on request', steps, async () => {
    const before = first.count('OPTIONS');
    await row(first).getByRole('button', { name: `Probe ${first.uri} now` }).click();
    await view.page.getByText(`Probing ${first.uri}`).waitFor();
    await expect.poll(() => first.count('OPTIONS')).toBeGreaterThan(before);
  });

  it('shows what somebody else configured', steps, async () => {
    await installation.api.put('/dispatcher-sets/11', { name: 'made elsewhere', tenant: 'acme', destinations: [{ uri: 'sip:127.0.0.1:9' }] });
    await view.page.getByText('made elsewhere').waitFor();
  });

  it('says that the control plane is gone, and is live again when it comes back', { timeout: 60_000 }, async () => {
    await installation.control.kill();
    await view.page.getByRole('status').filter({ hasText: 'Reconnecting' }).waitFor();
    // What was known stays on the screen.
    await row(first).getByText('up', { exact: true }).waitFor();
    await installation.control.restart();
    await view.page.getByRole('status').filter({ hasText: 'Live' }).waitFor({ timeout: 30_000 });
    await row(first).getByText('up', { exact: true }).waitFor({ timeout: 30_000 });
  });

  it('needed no reload and never more than one stream at a time', () => {
    // One for the session, and those that the restart of the control plane cost.
    expect(streams).toBeGreaterThanOrEqual(1);
    expect(view.errors.filter((line) => !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|status of 40[13]|ERR_EMPTY_RESPONSE|status of 503/.test(line))).toEqual([]);
  });
});
