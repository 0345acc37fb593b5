import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeFailures, startCalls } from '../../harness/call-load.ts';
import { until } from '../../harness/deadline.ts';
import { Installation } from '../../harness/installation.ts';
import { putTenant, untilHealth } from '../../harness/tenant.ts';
import { Uac } from '../../harness/uac.ts';
import { Uas } from '../../harness/uas.ts';

interface NodeView {
  readonly id: string;
  readonly state: string;
}

let site: Installation;
let uacs: Uac[];
let uas: Uas;

beforeAll(async () => {
  site = await Installation.start();
  uacs = await Promise.all(Array.from({ length: 10 }, async () => site.with(await Uac.open())));
  uas = site.with(await Uas.open('pbx-a'));
  await putTenant(site.api, {
    key: 'acme', domain: 'sip.acme.example', routeSet: 1, set: 1, destinations: [{ uri: uas.uri }],
    probing: { mode: 'always', intervalMs: 500, timeoutMs: 2_000, downAfter: 5, upAfter: 1, codes: [200] }, failover: { frMs: 20_000, maxAttempts: 1 },
  });
  await untilHealth(site.api, 1);
}, 60_000);
afterAll(() => site?.stop());

it('an upgrade under load keeps the node’s one session with the control plane: no call fails, and changes go on', async () => {
  const nodes = (): Promise<readonly NodeView[]> => site.api.get<readonly NodeView[]>('/nodes');
  const before = await nodes();
  const load = startCalls(uacs, 50, 200, () => ({ uri: 'sip:1001@sip.acme.example', via: site.edge }));
  await until('some calls', 20_000, () => load.ended.length > 50);
  const first = await site.edge.takeOver();
  // The old process is still there: a change reaches the new one, which alone is the node now.
  await site.api.put('/domains/new.example?wait=applied', { tenant: 'acme', routeSet: 1, enabled: true });
  expect(await uacs[0]?.invite({ uri: 'sip:1001@new.example', via: site.edge }).complete()).toMatchObject({ ok: true });
  expect((await nodes()).map(({ id, state }) => [id, state])).toEqual(before.map(({ id, state }) => [id, state]));
  await site.edge.takeOver();
  await until('some more calls', 20_000, () => load.ended.length > 200);
  const ended = await load.stop();
  expect(ended.filter((call) => !call.ok), describeFailures(ended)).toEqual([]);
  await until('no call to be left', 10_000, async () => (await site.edge.metric('calls')) === 0);
  // 32 s after its last answer.
  expect(await first.exit(60_000)).toBe(0);
}, 150_000);
