import { afterAll, beforeAll, expect, it } from 'vitest';
import { BackendProcess } from '../../harness/backend-process.ts';
import { describeFailures, startCalls } from '../../harness/call-load.ts';
import { until } from '../../harness/deadline.ts';
import { Installation } from '../../harness/installation.ts';
import { seconds } from '../../harness/length.ts';
import { putTenant, untilHealth } from '../../harness/tenant.ts';
import { Uac } from '../../harness/uac.ts';

const rate = 200;

let site: Installation;
let uac: Uac;
let backends: [BackendProcess, BackendProcess];

beforeAll(async () => {
  site = await Installation.start();
  uac = site.with(await Uac.open({ keep: false }));
  backends = [site.with(await BackendProcess.start('pbx-a')), site.with(await BackendProcess.start('pbx-b'))];
  await putTenant(site.api, {
    key: 'acme', domain: 'sip.acme.example', routeSet: 1, set: 1, destinations: backends.map(({ uri }) => ({ uri })),
    failover: { frMs: 1_000, frInviteMs: 30_000, on: ['timeout', 'transport', 500, 503], maxAttempts: 3 },
  });
  await untilHealth(site.api, 1);
}, 60_000);
afterAll(() => site?.stop());

it('survives kill -9 of one of two backends at 200 calls/s, and takes it back when it returns', async () => {
  const [first, second] = backends;
  const load = startCalls([uac], rate, 100, () => ({ uri: 'sip:1001@sip.acme.example', via: site.edge }));
  const placed = (count: number): Promise<unknown> => until(`${count} calls placed`, 30_000, () => load.started >= count);
  await placed(rate * 2);

  const killedMs = Date.now();
  await first.kill();
  const deadMs = Date.now();
  await untilHealth(site.api, 1, { [first.uri]: 'down' });
  const detectedMs = Date.now();
  await placed(load.started + rate * seconds(3, 20));

  await first.restart();
  await untilHealth(site.api, 1);
  const backMs = Date.now();
  await placed(load.started + rate * 2);
  const calls = await load.stop();

  // Every INVITE is answered, before, during and after. Who rang at the backend in the moment of its death (it answers at once) rings on
  // until timer C; of the calls that it held the BYE may be missed.
  const rangThere = calls.filter((call) => !call.answered && call.rang && call.startedMs <= deadMs);
  expect(rangThere.length, describeFailures(rangThere)).toBeLessThanOrEqual(3);
  const unanswered = calls.filter((call) => !call.answered && !rangThere.includes(call));
  expect(unanswered, describeFailures(unanswered)).toEqual([]);
  const cut = calls.filter((call) => !call.ok && !rangThere.includes(call));
  expect(cut.filter((call) => call.startedMs > detectedMs || call.backend !== first.name), describeFailures(cut)).toEqual([]);

  const inSetUp = calls.filter((call) => call.startedMs > killedMs - 50 && call.startedMs < detectedMs);
  const movedOn = await site.edge.metric('failovers_total');
  process.stdout.write(`detected after ${detectedMs - killedMs} ms; ${inSetUp.length} calls began meanwhile, ${movedOn} attempts moved on, ${cut.length} calls lost their BYE with the backend\n`);
  expect(movedOn).toBeGreaterThan(0);
  const during = calls.filter((call) => call.startedMs > detectedMs && call.startedMs < backMs - 1_000);
  expect(new Set(during.map((call) => call.backend))).toEqual(new Set([second.name]));
  const after = calls.filter((call) => call.startedMs > backMs);
  expect(new Set(after.map((call) => call.backend))).toEqual(new Set([first.name, second.name]));
}, 120_000);
