import { describe, expect, it } from 'vitest';
import { findServers, type Found } from '../../../dataplane/dns/find-servers.ts';
import type { ProberOptions } from '../../../dataplane/health/prober.ts';
import { until } from '../../harness/deadline.ts';
import { ZoneSource } from '../../unit/dns/zone.ts';
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

describe('probing that is switched off', () => {
  it('forgets what probes found, as none would find otherwise: calls may try it', async () => {
    const rig = new ProberRig([set(1, {}, quick), at(1, 9)]);
    await rig.until(1, 'down');
    const kept = rig.prober.saved();
    const off = set(1, {}, { ...quick, mode: 'never' });
    rig.change(off);
    expect(rig.changes.at(-1)).toMatchObject({ from: 'down', to: 'unknown', reason: { kind: 'operator', detail: 'probing was switched off' } });
    expect(rig.worker.state(1)).toBe('unknown');
    expect((await rig.prober.probeNow(1))).toMatchObject({ ok: true, value: { outcome: 'icmp' } });
    expect(rig.state(1)).toBe('unknown');
    expect(new ProberRig([off, at(1, 9)], { initial: kept }).state(1)).toBe('unknown');
  });
});

describe('the time since when a destination is in service', () => {
  it('begins when it is new, recovered or enabled again; a doubt in between changes nothing', () => {
    let nowMs = 1_000_000_000;
    const rig = new ProberRig([set(1, {}, { ...quick, mode: 'never' }), at(1, 9)], { nowMs: () => nowMs });
    const later = (change: () => void): number => {
      nowMs += 60_000;
      change();
      return rig.worker.upSince(1) - 1_000_000;
    };
    const state = (to: 'up' | 'probing' | 'down') => () => rig.prober.override(1, to, 'test');
    expect(rig.worker.upSince(1)).toBe(1_000_000);
    expect([later(state('down')), later(state('up')), later(state('probing')), later(state('up'))]).toEqual([0, 120, 120, 120]);
    expect([later(() => rig.change(at(1, 9, { admin: 'draining' }))), later(() => rig.change(at(1, 9))), later(() => rig.change(at(1, 9, { weight: 3 })))]).toEqual([120, 360, 360]);
  });

  it('is long ago for one that was up before this process', () => {
    const rig = new ProberRig([set(1, {}, { ...quick, mode: 'never' }), at(1, 9)], { initial: [{ id: 1, uri: 'sip:127.0.0.1:9', state: 'up', reason: { kind: 'new' }, sinceMs: 5 }] });
    expect([rig.worker.state(1), rig.worker.upSince(1)]).toEqual(['up', 0]);
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
    const rig = new ProberRig([set(1, {}, { ...quick, mode: 'never' }), at(1, pbx.port, { admin: 'disabled' }), destination(2, { uri: 'sip:127.0.0.1;transport=sctp' })]);
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
  const port5060 = { priority: 10, weight: 0 };
  const finder = (source: ZoneSource): Partial<ProberOptions> => ({ find: (wish, reach) => findServers(source, reach, wish) });
  const order = (rig: ProberRig, family: 4 | 6 = 4): string[] => rig.worker.targets(1, family).map(({ address, port }) => `${address} ${port}`);

  it('are located and published; a destination is up while any of its places answers, and calls try that one first', async () => {
    const six = await udp('::1');
    const rig = new ProberRig([set(1, {}, { ...quick, downAfter: 9 }), destination(1, { uri: `sip:pbx.test:${six.port}` })], finder(new ZoneSource({ addresses: { 'pbx.test': ['127.0.0.1', '::1'] } })));
    await rig.until(1, 'up');
    // Nobody listens at the IPv4 address.
    expect([rig.worker.families(1), order(rig, 4), order(rig, 6)]).toEqual([3, [`::1 ${six.port}`, `127.0.0.1 ${six.port}`], [`::1 ${six.port}`, `127.0.0.1 ${six.port}`]]);
    rig.change(destination(1, { uri: 'sip:10.255.255.1' }));
    expect(rig.worker.families(1)).toBe(0);
  });

  it('lead to servers by SRV; the one that comes back is first again', async () => {
    const [first, second] = [await udp(), await udp()];
    first.answer = 503;
    const source = new ZoneSource({
      srv: { '_sip._udp.pbx.test': [{ ...port5060, port: second.port, target: 'host.test', priority: 20 }, { ...port5060, port: first.port, target: 'host.test' }] }, addresses: { 'host.test': ['127.0.0.1'] },
    });
    const rig = new ProberRig([set(1, {}, quick), destination(1, { uri: 'sip:pbx.test;transport=udp' })], finder(source));
    await rig.until(1, 'up');
    expect(order(rig)).toEqual([`127.0.0.1 ${second.port}`, `127.0.0.1 ${first.port}`]);
    first.answer = 200;
    await until('the first server in front again', 5_000, () => order(rig)[0] === `127.0.0.1 ${first.port}`);
    second.answer = 'silence';
    const probes = second.received.length;
    await until('a probe of the second server', 5_000, () => second.received.length > probes + 1);
    expect(rig.state(1)).toBe('up');
  });

  it('are asked for again when their time is over, and silence of DNS takes nothing away', async () => {
    const [old, young] = [await udp(), await udp('127.0.0.2')];
    const source = new ZoneSource({ ttlMs: 1_000, addresses: { 'pbx.test': ['127.0.0.1'] } });
    const rig = new ProberRig([set(1, {}, { ...quick, mode: 'never' }), destination(1, { uri: `sip:pbx.test:${young.port}` })], finder(source));
    await until('the first address', 5_000, () => order(rig)[0] === `127.0.0.1 ${young.port}`);
    source.zone = { ...source.zone, silent: ['A pbx.test'] };
    await until('a question without an answer', 5_000, () => source.log.length >= 2);
    expect(order(rig)).toEqual([`127.0.0.1 ${young.port}`]);
    source.zone = { ttlMs: 1_000, addresses: { 'pbx.test': ['127.0.0.2'] } };
    await until('the second address', 10_000, () => order(rig)[0] === `127.0.0.2 ${young.port}`);
    expect([old.received, young.received]).toEqual([[], []]);
  }, 20_000);

  it('without a server go down with the reason', async () => {
    const rig = new ProberRig([set(1, {}, { ...quick, downAfter: 1 }), destination(1, { uri: 'sip:no.test:5060' }), destination(2, { uri: 'sip:empty.test' })], finder(new ZoneSource({ silent: ['A no.test'] })));
    expect((await rig.until(1, 'down')).reason).toEqual({ kind: 'dns', detail: 'DNS does not answer for no.test' });
    expect((await rig.until(2, 'down')).reason).toEqual({ kind: 'dns', detail: 'DNS has no server for empty.test that this node can reach' });
  });

  it('whose DNS never answers hold no other probe up', async () => {
    const pbx = await udp();
    const never = new Promise<Found>(() => undefined);
    const many = Array.from({ length: 20 }, (_, n) => destination(n + 2, { uri: `sip:slow${n}.test` }));
    const rig = new ProberRig([set(1, {}, quick), ...many, at(1, pbx.port)], { maxInFlight: 2, find: () => never });
    await rig.until(1, 'up');
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
