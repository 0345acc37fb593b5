import { describe, expect, it } from 'vitest';
import { until } from '../../harness/deadline.ts';
import { holdThread } from '../../harness/hold.ts';
import { destination, set } from '../../unit/routing/rows.ts';
import { ProberRig, at, quick, tcp, udp } from './prober-rig.ts';
import { closedPort, tcpResponder } from './responder.ts';

describe('a destination that answers', () => {
  it('is up at once, with latency, on the board and in the snapshot', async () => {
    const pbx = await udp();
    const rig = new ProberRig([set(1, {}, quick), at(1, pbx.port)]);
    expect(rig.worker.state(1)).toBe('unknown');
    const change = await rig.until(1, 'up');
    expect(change).toMatchObject({ destinationId: 1, setId: 1, uri: `sip:127.0.0.1:${pbx.port}`, from: 'unknown', to: 'up', reason: { kind: 'code', code: 200 } });
    expect(change.lastPacket).toMatch(/^SIP\/2\.0 200 Test\r\n/);
    expect(rig.worker.state(1)).toBe('up');
    expect(rig.worker.latencyMs(1)).toBeGreaterThan(0);
    const [health] = rig.prober.snapshot();
    expect(health).toMatchObject({ id: 1, state: 'up', calls: 0 });
    expect(health?.latencyMs.last).toBeGreaterThan(0);
    expect(pbx.received[0]).toMatch(/^OPTIONS sip:127\.0\.0\.1:\d+ SIP\/2\.0\r\nVia: SIP\/2\.0\/UDP 192\.0\.2\.99:\d+;rport;/);
    expect(pbx.received[0]).toContain('\r\nContact: <sip:192.0.2.99:5099>\r\n');
    rig.worker.callStarted(1);
    expect(rig.prober.snapshot()[0]?.calls).toBe(1);
    expect(rig.faults).toEqual([]);
  });

  it('is awaited until its first probe has ended, unless calls may use it before', async () => {
    const [pbx, other] = [await udp(), await udp()];
    const rig = new ProberRig([
      set(1, {}, { ...quick, useUnknown: false }), set(2, {}, { ...quick, useUnknown: true }),
      at(1, pbx.port), at(2, other.port, { set: 2 }), at(3, other.port, { admin: 'disabled' }),
    ]);
    expect(rig.prober.awaited).toBe(1);
    rig.prober.pause(true);
    expect(rig.prober.awaited).toBe(0);
    rig.prober.pause(false);
    await rig.until(1, 'up');
    expect(rig.prober.awaited).toBe(0);
  });

  it('over TCP and over IPv6, too', async () => {
    const backend = await tcp();
    const six = await udp('::1');
    const rig = new ProberRig([set(1, {}, quick), at(1, backend.port, { uri: `sip:127.0.0.1:${backend.port};transport=tcp` }), destination(2, { uri: `sip:[::1]:${six.port}` })]);
    await Promise.all([rig.until(1, 'up'), rig.until(2, 'up')]);
    expect(backend.received[0]).toMatch(/\r\nVia: SIP\/2\.0\/TCP 127\.0\.0\.1:\d+;rport;/);
    expect(six.received[0]).toMatch(/\r\nVia: SIP\/2\.0\/UDP \[::1\]:\d+;rport;/);
  });

  it('with a code that the set accepts', async () => {
    const [odd, strict] = [await udp(), await udp()];
    odd.answer = 404;
    strict.answer = 404;
    const rig = new ProberRig([set(1, {}, { ...quick, codes: [200, 404] }), set(2, {}, { ...quick, downAfter: 1 }), at(1, odd.port), at(2, strict.port, { set: 2 })]);
    expect((await rig.until(1, 'up')).reason).toEqual({ kind: 'code', code: 404 });
    expect((await rig.until(2, 'down')).reason).toEqual({ kind: 'code', code: 404 });
  });

  it.each(['udp', 'tcp'] as const)('over %s by what came in time, though this thread was held up until the time was over', async (transport) => {
    const pbx = transport === 'udp' ? await udp() : await tcp();
    const timeoutMs = 300;
    // Its answer is on its way when the thread stops.
    pbx.answered = () => holdThread(timeoutMs + 50);
    const rig = new ProberRig([set(1, {}, { intervalMs: 60_000, timeoutMs, downAfter: 1 }), destination(1, { uri: `sip:127.0.0.1:${pbx.port};transport=${transport}` })]);
    await until('a verdict', 8_000, () => rig.changes.length > 0);
    expect(rig.changes.map(({ to }) => to)).toEqual(['up']);
  });

  it('after a lost datagram: the probe is repeated', async () => {
    const pbx = await udp();
    pbx.answer = 'silence';
    const rig = new ProberRig([set(1, {}, { intervalMs: 60_000, timeoutMs: 5_000, downAfter: 1 }), at(1, pbx.port)]);
    const asked = rig.prober.probeNow(1);
    await until('the first probe', 5_000, () => pbx.received.length > 0);
    pbx.answer = 200;
    expect((await asked).ok).toBe(true);
    expect(rig.state(1)).toBe('up');
    expect(pbx.received.length).toBeGreaterThanOrEqual(2);
    expect(pbx.received[1]).toBe(pbx.received[0]);
  });
});

describe('a destination that does not answer', () => {
  it('goes through probing to down by time-outs, and comes back after upAfter answers', async () => {
    const pbx = await udp();
    const rig = new ProberRig([set(1, {}, { ...quick, downAfter: 2, upAfter: 2 }), at(1, pbx.port)]);
    await rig.until(1, 'up');
    pbx.answer = 'silence';
    const down = await rig.until(1, 'down');
    expect(down).toMatchObject({ from: 'probing', reason: { kind: 'timeout' } });
    expect(down.lastPacket).toMatch(/^OPTIONS /);
    expect(rig.worker.state(1)).toBe('down');
    const before = pbx.received.length;
    pbx.answer = 200;
    await rig.until(1, 'up', 3);
    expect(rig.changes.map((change) => change.to)).toEqual(['up', 'probing', 'down', 'up']);
    expect(pbx.received.length - before).toBeGreaterThanOrEqual(2);
  });

  it('is down at once when its port is closed: ICMP', async () => {
    const rig = new ProberRig([set(1, {}, { ...quick, downAfter: 5, timeoutMs: 5_000 }), at(1, await closedPort())]);
    expect(await rig.until(1, 'down')).toMatchObject({ from: 'unknown', reason: { kind: 'icmp', detail: 'port unreachable or refused' } });
  });

  it('is down at once when it refuses TCP, or hangs up', async () => {
    const backend = await tcp();
    backend.answer = 'hang-up';
    const refused = await tcpResponder();
    await refused.close();
    const uri = (port: number): string => `sip:127.0.0.1:${port};transport=tcp`;
    const rig = new ProberRig([
      set(1, {}, { ...quick, downAfter: 5, timeoutMs: 5_000 }), destination(1, { uri: uri(refused.port) }), destination(2, { uri: uri(backend.port) }),
    ]);
    expect((await rig.until(1, 'down')).reason).toEqual({ kind: 'icmp', detail: 'port unreachable or refused' });
    expect((await rig.until(2, 'down')).reason).toEqual({ kind: 'icmp', detail: 'closed the connection without an answer' });
  });

  it('is not saved by provisional answers or noise', async () => {
    const [trying, noise] = [await udp(), await udp()];
    trying.answer = 'trying';
    noise.answer = 'garbage';
    const rig = new ProberRig([set(1, {}, { ...quick, downAfter: 1 }), at(1, trying.port), at(2, noise.port)]);
    for (const id of [1, 2]) expect((await rig.until(id, 'down')).reason).toEqual({ kind: 'timeout' });
  });

  it('is left waiting over TCP no longer than the time-out', async () => {
    const backend = await tcp();
    backend.answer = 'silence';
    const rig = new ProberRig([set(1, {}, { ...quick, downAfter: 1 }), destination(1, { uri: `sip:127.0.0.1:${backend.port};transport=tcp` })]);
    expect((await rig.until(1, 'down')).reason).toEqual({ kind: 'timeout' });
  });
});
