import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../../harness/deadline.ts';
import { Installation } from '../../harness/installation.ts';
import { Kamailio } from '../../harness/kamailio.ts';
import { Sipp } from '../../harness/sipp.ts';
import { putTenant, untilHealth } from '../../harness/tenant.ts';

const calls = 1_000;
const transports = ['udp', 'tcp'] as const;
type Transport = (typeof transports)[number];
const probing = { mode: 'always', intervalMs: 5_000, timeoutMs: 1_000, downAfter: 2, upAfter: 1, codes: [200] };
const numbers: Readonly<Record<Transport, number>> = { udp: 1, tcp: 2 };
const domainOf = (transport: Transport): string => `${transport}.acme.example`;

let site: Installation;
const backends = new Map<Transport, Sipp[]>();

beforeAll(async () => {
  site = await Installation.start();
  for (const transport of transports) {
    const pair = [site.with(await Sipp.backend(`pbx-a-${transport}`, { transport })), site.with(await Sipp.backend(`pbx-b-${transport}`, { transport }))];
    backends.set(transport, pair);
    await putTenant(site.api, {
      key: `acme-${transport}`, domain: domainOf(transport), routeSet: numbers[transport], set: numbers[transport], destinations: pair.map(({ uri }) => ({ uri })), probing,
    });
  }
  const registrar = site.with(await Kamailio.start('test/e2e/phone/registrar.cfg'));
  await putTenant(site.api, { key: 'phones', domain: 'phones.example', routeSet: 3, set: 3, destinations: [{ uri: registrar.uri }], probing });
  for (const set of [1, 2, 3]) await untilHealth(site.api, set);
}, 60_000);
afterAll(() => site?.stop());

it.each(transports.flatMap((from) => transports.map((to) => [from, to] as const)))('sipp places 1,000 calls over %s to backends on %s: none fails, both backends serve half', async (from, to) => {
  const answered = (): number[] => (backends.get(to) ?? []).map((backend) => backend.statistics()?.successful ?? 0);
  const before = answered();
  const caller = await Sipp.caller('caller', { edge: site.edge, domain: domainOf(to), rate: 200, calls, holdMs: 100 }, { transport: from });
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

it.each(transports)('sipp registers 300 phones over %s and takes them back: the node has seen each', async (transport) => {
  const phones = await Sipp.caller('phones', { edge: site.edge, domain: 'phones.example', user: `${transport}-`, rate: 100, calls: 300, holdMs: 2_000, registers: true }, { transport });
  try {
    const registered = async (): Promise<number> => Number(/^signalbox_registrations (\d+)$/m.exec(await (await fetch(`http://127.0.0.1:${site.edge.httpPort}/metrics`)).text())?.[1]);
    await until('phones to be registered', 10_000, async () => (await registered()) >= 100);
    expect(await phones.finished(60_000), phones.errors()).toMatchObject({ successful: 300, failed: 0 });
    await until('all of them to be gone', 10_000, async () => (await registered()) === 0);
  } finally {
    await phones.stop();
  }
}, 90_000);
