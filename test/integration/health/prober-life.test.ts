import { describe, expect, it } from 'vitest';
import { destination, domain, set } from '../../unit/routing/rows.ts';
import { ProberRig, at, quick, udp } from './prober-rig.ts';

describe('configuration changes', () => {
  it('of anything else leave health alone; another URI starts afresh; removal forgets', async () => {
    const [first, second] = [await udp(), await udp()];
    const rig = new ProberRig([set(1, {}, { ...quick, intervalMs: 60_000 }), at(1, first.port)]);
    await rig.until(1, 'up');
    const since = rig.prober.snapshot()[0]?.sinceMs;
    rig.change(domain('a.example'), set(1, { name: 'renamed' }, { ...quick, intervalMs: 50_000 }), at(1, first.port, { weight: 7, admin: 'draining' }), at(2, second.port));
    await rig.until(2, 'up');
    expect(rig.prober.snapshot().find((health) => health.id === 1)).toMatchObject({ state: 'up', sinceMs: since });
    expect(first.received.length).toBe(1);
    second.answer = 'silence';
    rig.change(at(1, second.port));
    expect(rig.worker.state(1)).toBe('unknown');
    rig.change({ table: 'destination', key: '1', row: null });
    expect([rig.state(1), rig.worker.state(1)]).toEqual([undefined, 'unknown']);
    rig.change({ table: 'dispatcherSet', key: '1', row: null });
    expect(rig.prober.snapshot()).toEqual([]);
  });

  it('move a destination to another set with its health', async () => {
    const pbx = await udp();
    const rig = new ProberRig([set(1, {}, quick), set(2, {}, { ...quick, intervalMs: 60_000 }), at(1, pbx.port)]);
    await rig.until(1, 'up');
    rig.change(at(1, pbx.port, { set: 2 }));
    expect([rig.state(1), rig.worker.state(1)]).toEqual(['up', 'up']);
  });

  it('that enable a destination or its probing have it probed at once', async () => {
    const pbx = await udp();
    const rig = new ProberRig([set(1, {}, { ...quick, intervalMs: 60_000, mode: 'never' }), at(1, pbx.port, { admin: 'disabled' })]);
    rig.change(at(1, pbx.port));
    expect(rig.state(1)).toBe('unknown');
    rig.change(set(1, {}, { ...quick, intervalMs: 60_000 }));
    await rig.until(1, 'up');
    rig.change(at(1, pbx.port, { admin: 'disabled' }));
    pbx.answer = 503;
    rig.change(at(1, pbx.port));
    expect((await rig.until(1, 'probing')).reason).toEqual({ kind: 'code', code: 503 });
  });
});

describe('calls', () => {
  it('that fail bring a probe forward; one that finds nobody ends the matter', async () => {
    const pbx = await udp();
    const rig = new ProberRig([set(1, {}, { intervalMs: 3_600_000, timeoutMs: 5_000, mode: 'failing' }), at(1, pbx.port)]);
    await rig.until(1, 'up');
    await pbx.close();
    rig.prober.passive(1, 'timeout');
    expect(rig.changes.at(-1)).toMatchObject({ to: 'probing', reason: { kind: 'passive', detail: 'calls time out' }, lastPacket: '' });
    expect((await rig.until(1, 'down')).reason.kind).toBe('icmp');
  });

  it('that fail in a row take it down, though it answers probes; in a row means in a row', async () => {
    const pbx = await udp();
    const rig = new ProberRig([set(1, {}, { ...quick, intervalMs: 60_000 }), at(1, pbx.port)]);
    await rig.until(1, 'up');
    for (const outcome of ['unavailable', 'timeout', 'ok', 'unavailable', 'transport'] as const) rig.prober.passive(1, outcome);
    expect(rig.state(1)).toBe('up');
    rig.prober.passive(1, 'unavailable', 'to 1001');
    expect(rig.changes.at(-1)).toMatchObject({ to: 'down', reason: { kind: 'passive', detail: 'calls are answered 503: to 1001' } });
    rig.prober.passive(99, 'timeout');
    await rig.until(1, 'up', 2);
  });
});

describe('the operator', () => {
  it('probes now, whatever the schedule says, and gets the answer', async () => {
    const pbx = await udp();
    const rig = new ProberRig([set(1, {}, { ...quick, mode: 'never' }), at(1, pbx.port, { admin: 'disabled' }), destination(2, { uri: 'sip:127.0.0.1;transport=tls' })]);
    const [first, second] = await Promise.all([rig.prober.probeNow(1), rig.prober.probeNow(1)]);
    expect(first).toMatchObject({ ok: true, value: { outcome: 'reply', code: 200, detail: 'answered 200', address: '127.0.0.1' } });
    expect(second.ok).toBe(true);
    expect(rig.state(1)).toBe('up');
    expect(await rig.prober.probeNow(77)).toEqual({ ok: false, error: 'unknown-destination' });
    expect(await rig.prober.probeNow(2)).toEqual({ ok: false, error: 'unroutable' });
    await rig.prober.close();
    expect(await rig.prober.probeNow(1)).toEqual({ ok: false, error: 'closed' });
  });

  it('sets the state', async () => {
    const pbx = await udp();
    const rig = new ProberRig([set(1, {}, { ...quick, intervalMs: 60_000 }), at(1, pbx.port)]);
    await rig.until(1, 'up');
    rig.prober.override(1, 'unknown', 'reset by ops@example');
    expect(rig.changes.at(-1)).toMatchObject({ from: 'up', to: 'unknown', reason: { kind: 'operator', detail: 'reset by ops@example' } });
    await rig.until(1, 'up', 2);
    rig.prober.override(99, 'up', 'nobody');
  });

  it('pauses probing and takes it up again', async () => {
    const pbx = await udp();
    const rig = new ProberRig([set(1, {}, quick)]);
    rig.prober.pause(true);
    rig.change(at(1, pbx.port));
    expect((await rig.prober.probeNow(1)).ok).toBe(true);
    expect(pbx.received.length).toBe(1);
    rig.prober.override(1, 'unknown', 'again');
    rig.prober.pause(false);
    await rig.until(1, 'up', 2);
  });
});

describe('host names', () => {
  it('are resolved, published, and followed to the address that answers', async () => {
    const six = await udp('::1');
    const rig = new ProberRig([set(1, {}, { ...quick, downAfter: 9 }), destination(1, { uri: `sip:pbx.test:${six.port}` })], {
      resolve: (host) => Promise.resolve(host === 'pbx.test' ? ['127.0.0.1', '::1', 'not an address'] : []),
    });
    // Nobody listens at the IPv4 address.
    expect((await rig.until(1, 'down')).reason.kind).toBe('icmp');
    await rig.until(1, 'up');
    expect([rig.worker.families(1), rig.worker.address(1, 4), rig.worker.address(1, 6)]).toEqual([3, '127.0.0.1', '::1']);
    rig.change(destination(1, { uri: 'sip:10.255.255.1' }));
    expect(rig.worker.families(1)).toBe(0);
  });

  it('without address go down with the reason', async () => {
    const rig = new ProberRig([set(1, {}, { ...quick, downAfter: 1 }), destination(1, { uri: 'sip:no.test' }), destination(2, { uri: 'sip:empty.test' })], {
      resolve: (host) => (host === 'no.test' ? Promise.reject(new Error('getaddrinfo ENOTFOUND no.test')) : Promise.resolve([])),
    });
    expect((await rig.until(1, 'down')).reason).toEqual({ kind: 'dns', detail: 'getaddrinfo ENOTFOUND no.test' });
    expect((await rig.until(2, 'down')).reason).toEqual({ kind: 'dns', detail: 'the name has no address' });
  });

  it('of this system work without any help', async () => {
    const pbx = await udp();
    const rig = new ProberRig([set(1, {}, { ...quick, downAfter: 9 }), destination(1, { uri: `sip:localhost:${pbx.port}` })]);
    await rig.until(1, 'up');
  });
});

describe('a process', () => {
  it('starts from the health that the former one kept, for the same URI only', async () => {
    const pbx = await udp();
    const rig = new ProberRig([set(1, {}, { ...quick, intervalMs: 60_000 }), at(1, pbx.port)]);
    await rig.until(1, 'up');
    const kept = rig.prober.saved();
    await rig.prober.close();
    pbx.answer = 'silence';
    const next = new ProberRig([set(1, {}, quick), at(1, pbx.port), at(2, pbx.port + 1)], { initial: [...kept, { id: 2, uri: 'sip:other', state: 'up', reason: { kind: 'new' }, sinceMs: 1 }] });
    expect([next.state(1), next.worker.state(1), next.state(2)]).toEqual(['up', 'up', 'unknown']);
    expect(next.prober.snapshot()[0]?.reason).toEqual({ kind: 'code', code: 200 });
    await next.until(1, 'probing');
  });

  it('probes many at once within its limit and ends cleanly in the middle of it', async () => {
    const pbx = await udp();
    const many = Array.from({ length: 150 }, (_, i) => at(i + 1, pbx.port));
    const rig = new ProberRig([set(1, {}, { ...quick, intervalMs: 60_000, timeoutMs: 5_000 }), ...many], { maxInFlight: 16 });
    await rig.until(150, 'up');
    expect(rig.changes.filter((change) => change.to === 'up')).toHaveLength(150);
    pbx.answer = 'silence';
    const asked = many.map((_, i) => rig.prober.probeNow(i + 1));
    await rig.prober.close();
    const results = await Promise.all(asked);
    expect(results.every((result) => result.ok && result.value.outcome === 'timeout' && result.value.detail === 'given up')).toBe(true);
    expect(rig.faults).toEqual([]);
    rig.change(at(500, pbx.port));
    expect(rig.state(500)).toBeUndefined();
  });
});
