import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeFailures, startCalls } from '../../harness/call-load.ts';
import { until } from '../../harness/deadline.ts';
import { Installation } from '../../harness/installation.ts';
import { seconds } from '../../harness/length.ts';
import { putTenant, untilHealth } from '../../harness/tenant.ts';
import { Uac } from '../../harness/uac.ts';
import { Uas } from '../../harness/uas.ts';

const rate = 200;

let site: Installation;
let uac: Uac;
let uas: Uas;

beforeAll(async () => {
  site = await Installation.start();
  uac = site.with(await Uac.open({ keep: false }));
  uas = site.with(await Uas.open('pbx-a', { keep: false }));
  await putTenant(site.api, { key: 'acme', domain: 'sip.acme.example', routeSet: 1, set: 1, destinations: [{ uri: uas.uri }] });
  await untilHealth(site.api, 1);
}, 60_000);
afterAll(() => site?.stop());

it('loses no call while the control plane is gone, and hears of changes again when it is back', async () => {
  const load = startCalls([uac], rate, 100, () => ({ uri: 'sip:1001@sip.acme.example', via: site.edge }));
  const placed = (count: number): Promise<unknown> => until(`${count} calls placed`, 90_000, () => load.started >= count);
  await placed(rate);
  await site.control.kill();
  await placed(load.started + rate * seconds(5, 60));
  await site.control.restart();
  await placed(load.started + rate);
  const calls = await load.stop();
  expect(calls.filter((call) => !call.ok), describeFailures(calls)).toEqual([]);
  expect(calls.length).toBeGreaterThan(rate * 6);

  const other = site.with(await Uas.open('pbx-b', { keep: false }));
  await until('the node to be back in step', 40_000, async () => {
    const nodes = await site.api.get<{ items?: { state: string }[] } | { state: string }[]>('/nodes');
    const items = Array.isArray(nodes) ? nodes : (nodes.items ?? []);
    return items.length === 1 && items[0]?.state === 'in-step';
  });
  const written = await site.api.put('/dispatcher-sets/1?wait=applied', { name: 'acme', tenant: 'acme', algorithm: 4, probing: { mode: 'never', useUnknown: true }, destinations: [{ uri: other.uri }] });
  expect(written.applied).toHaveLength(1);
  const call = uac.invite({ uri: 'sip:1001@sip.acme.example', via: site.edge });
  expect(await call.complete()).toMatchObject({ ok: true });
  expect(call.backend).toBe('pbx-b');
}, 180_000);
