import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../../harness/deadline.ts';
import { Installation } from '../../harness/installation.ts';
import { Sipp } from '../../harness/sipp.ts';
import { putTenant, untilHealth } from '../../harness/tenant.ts';

const calls = 1_000;
let site: Installation;
let backends: Sipp[];

beforeAll(async () => {
  site = await Installation.start();
  backends = [site.with(await Sipp.backend('pbx-a')), site.with(await Sipp.backend('pbx-b'))];
  await putTenant(site.api, {
    key: 'acme', domain: 'sip.acme.example', routeSet: 1, set: 1, destinations: backends.map(({ uri }) => ({ uri })),
    probing: { mode: 'always', intervalMs: 5_000, timeoutMs: 1_000, downAfter: 2, upAfter: 1, codes: [200] },
  });
  await untilHealth(site.api, 1);
}, 60_000);
afterAll(() => site?.stop());

it.each(['udp', 'tcp'] as const)('sipp places 1,000 calls over %s: none fails, both backends serve half', async (transport) => {
  const answered = (): number[] => backends.map((backend) => backend.statistics()?.successful ?? 0);
  const before = answered();
  const caller = await Sipp.caller('caller', { edge: site.edge, domain: 'sip.acme.example', rate: 200, calls, holdMs: 100 }, { transport });
  try {
    const statistics = await caller.finished(60_000);
    expect(statistics, caller.errors()).toMatchObject({ successful: calls, failed: 0 });
    // sipp writes its statistics once a second; probes that a backend answered count as calls of its own.
    const spread = await until('both backends to have counted their calls', 5_000, () => {
      const counts = answered().map((count, index) => count - (before[index] ?? 0));
      return counts.reduce((sum, count) => sum + count, 0) >= calls ? counts : null;
    });
    for (const count of spread) expect(count).toBeGreaterThan(calls * 0.45);
  } finally {
    await caller.stop();
  }
}, 90_000);
