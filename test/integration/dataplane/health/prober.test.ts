import { afterEach, describe, expect, it } from 'vitest';
import type { HealthState } from '../../../../dataplane/contract/health.ts';
import type { RowOp } from '../../../../dataplane/contract/rows.ts';
import { HealthBoard } from '../../../../dataplane/health/board.ts';
import { Prober } from '../../../../dataplane/health/prober.ts';
import type { HealthChange, ProberOptions } from '../../../../dataplane/health/prober.ts';
import { WorkerHealth } from '../../../../dataplane/health/worker-health.ts';
import { applyOps } from '../../../../dataplane/routing/build.ts';
import type { ConfigView } from '../../../../dataplane/routing/view.ts';
import { until } from '../../../harness/deadline.ts';
import { destination, domain, set, view } from '../../../unit/dataplane/routing/rows.ts';
import { closedPort, tcpResponder, udpResponder } from './responder.ts';
import type { Responder } from './responder.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** A prober with a worker's view of its board, and everything it said. */
class Bench {
  readonly changes: HealthChange[] = [];
  readonly faults: unknown[] = [];
  readonly worker: WorkerHealth;
  readonly board: HealthBoard;
  readonly prober: Prober;
  config: ConfigView;
  private readonly wakes = new Set<() => void>();

  constructor(rows: readonly RowOp[], over: Partial<ProberOptions> = {}) {
    this.board = new HealthBoard(1, (update) => this.worker.update(update));
    this.worker = new WorkerHealth(this.board.image(), 0);
    this.prober = new Prober({
      board: this.board, userAgent: 'Signalbox test', advertised: { udp4: { host: '192.0.2.99', port: 5099 }, udp6: null, tcp4: null, tcp6: null },
      onChange: (change) => {
        this.changes.push(change);
        for (const wake of this.wakes) wake();
      },
      onFault: (error) => this.faults.push(error),
      ...over,
    });
    open.push(() => this.prober.close());
    this.config = view(...rows);
    this.prober.apply(this.config);
  }

  change(...ops: RowOp[]): void {
    this.config = applyOps(this.config, ops, 'epoch', this.config.rev + 1);
    this.prober.apply(this.config);
  }

  /** Waits until the destination has changed to `to`, after the first `skip` changes of all. */
  async until(id: number, to: HealthState, skip = 0): Promise<HealthChange> {
    const find = (): HealthChange | undefined => this.changes.slice(skip).find((change) => change.destinationId === id && change.to === to);
    const limit = AbortSignal.timeout(8_000);
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      await new Promise<void>((resolve, reject) => {
        const wake = (): void => {
          this.wakes.delete(wake);
          resolve();
        };
        this.wakes.add(wake);
        limit.addEventListener('abort', () => reject(new Error(`destination ${id} did not become ${to}: ${JSON.stringify(this.changes)}`)), { once: true });
      });
    }
  }

  state(id: number): HealthState | undefined {
    return this.prober.snapshot().find((health) => health.id === id)?.state;
  }
}

async function udp(address?: string): Promise<Responder> {
  const responder = await udpResponder(address);
  open.push(() => responder.close());
  return responder;
}

const quick = { intervalMs: 500, timeoutMs: 200 };
const at = (id: number, port: number, over: Parameters<typeof destination>[1] = {}): RowOp => destination(id, { uri: `sip:127.0.0.1:${port}`, ...over });

describe('a destination that answers', () => {
  it('is up at once, with latency, on the board and in the snapshot', async () => {
    const pbx = await udp();
    const bench = new Bench([set(1, {}, quick), at(1, pbx.port)]);
    expect(bench.worker.state(1)).toBe('unknown');
    const change = await bench.until(1, 'up');
    expect(change).toMatchObject({ destinationId: 1, setId: 1, uri: `sip:127.0.0.1:${pbx.port}`, from: 'unknown', to: 'up', reason: { kind: 'code', code: 200 } });
    expect(change.lastPacket).toMatch(/^SIP\/2\.0 200 Test\r\n/);
    expect(bench.worker.state(1)).toBe('up');
    expect(bench.worker.latencyMs(1)).toBeGreaterThan(0);
    const [health] = bench.prober.snapshot();
    expect(health).toMatchObject({ id: 1, state: 'up', calls: 0 });
    expect(health?.latencyMs.last).toBeGreaterThan(0);
    expect(pbx.received[0]).toMatch(/^OPTIONS sip:127\.0\.0\.1:\d+ SIP\/2\.0\r\nVia: SIP\/2\.0\/UDP 192\.0\.2\.99:\d+;rport;/);
    expect(pbx.received[0]).toContain('\r\nContact: <sip:192.0.2.99:5099>\r\n');
    bench.worker.callStarted(1);
    expect(bench.prober.snapshot()[0]?.calls).toBe(1);
    expect(bench.faults).toEqual([]);
  });

  it('over TCP and over IPv6, too', async () => {
    const tcp = await tcpResponder();
    open.push(() => tcp.close());
    const six = await udp('::1');
    const bench = new Bench([set(1, {}, quick), at(1, tcp.port, { uri: `sip:127.0.0.1:${tcp.port};transport=tcp` }), destination(2, { uri: `sip:[::1]:${six.port}` })]);
    await Promise.all([bench.until(1, 'up'), bench.until(2, 'up')]);
    expect(tcp.received[0]).toMatch(/\r\nVia: SIP\/2\.0\/TCP 127\.0\.0\.1:\d+;rport;/);
    expect(six.received[0]).toMatch(/\r\nVia: SIP\/2\.0\/UDP \[::1\]:\d+;rport;/);
  });

  it('with a code that the set accepts', async () => {
    const [odd, strict] = [await udp(), await udp()];
    odd.answer = 404;
    strict.answer = 404;
    const bench = new Bench([set(1, {}, { ...quick, codes: [200, 404] }), set(2, {}, { ...quick, downAfter: 1 }), at(1, odd.port), at(2, strict.port, { set: 2 })]);
    expect((await bench.until(1, 'up')).reason).toEqual({ kind: 'code', code: 404 });
    expect((await bench.until(2, 'down')).reason).toEqual({ kind: 'code', code: 404 });
  });

  it('after a lost datagram: the probe is repeated', async () => {
    const pbx = await udp();
    pbx.answer = 'silence';
    const bench = new Bench([set(1, {}, { intervalMs: 60_000, timeoutMs: 5_000, downAfter: 1 }), at(1, pbx.port)]);
    const asked = bench.prober.probeNow(1);
    await until('the first probe', 5_000, () => pbx.received.length > 0);
    pbx.answer = 200;
    expect((await asked).ok).toBe(true);
    expect(bench.state(1)).toBe('up');
    expect(pbx.received.length).toBeGreaterThanOrEqual(2);
    expect(pbx.received[1]).toBe(pbx.received[0]);
  });
});

describe('a destination that does not answer', () => {
  it('goes through probing to down by time-outs, and comes back after upAfter answers', async () => {
    const pbx = await udp();
    const bench = new Bench([set(1, {}, { ...quick, downAfter: 2, upAfter: 2 }), at(1, pbx.port)]);
    await bench.until(1, 'up');
    pbx.answer = 'silence';
    const down = await bench.until(1, 'down');
    expect(down).toMatchObject({ from: 'probing', reason: { kind: 'timeout' } });
    expect(down.lastPacket).toMatch(/^OPTIONS /);
    expect(bench.worker.state(1)).toBe('down');
    const before = pbx.received.length;
    pbx.answer = 200;
    await bench.until(1, 'up', 3);
    expect(bench.changes.map((change) => change.to)).toEqual(['up', 'probing', 'down', 'up']);
    expect(pbx.received.length - before).toBeGreaterThanOrEqual(2);
  });

  it('is down at once when its port is closed: ICMP', async () => {
    const bench = new Bench([set(1, {}, { ...quick, downAfter: 5, timeoutMs: 5_000 }), at(1, await closedPort())]);
    expect(await bench.until(1, 'down')).toMatchObject({ from: 'unknown', reason: { kind: 'icmp', detail: 'port unreachable or refused' } });
  });

  it('is down at once when it refuses TCP, hangs up or talks something else', async () => {
    const tcp = await tcpResponder();
    open.push(() => tcp.close());
    const other = await tcpResponder();
    open.push(() => other.close());
    tcp.answer = 'hang-up';
    other.answer = 'garbage';
    const refused = await tcpResponder();
    await refused.close();
    const uri = (port: number): string => `sip:127.0.0.1:${port};transport=tcp`;
    const bench = new Bench([
      set(1, {}, { ...quick, downAfter: 5, timeoutMs: 5_000 }), destination(1, { uri: uri(refused.port) }), destination(2, { uri: uri(tcp.port) }),
    ]);
    expect((await bench.until(1, 'down')).reason).toEqual({ kind: 'icmp', detail: 'port unreachable or refused' });
    expect((await bench.until(2, 'down')).reason).toEqual({ kind: 'icmp', detail: 'closed the connection without an answer' });
  });

  it('is not saved by provisional answers or noise', async () => {
    const [trying, noise] = [await udp(), await udp()];
    trying.answer = 'trying';
    noise.answer = 'garbage';
    const bench = new Bench([set(1, {}, { ...quick, downAfter: 1 }), at(1, trying.port), at(2, noise.port)]);
    for (const id of [1, 2]) expect((await bench.until(id, 'down')).reason).toEqual({ kind: 'timeout' });
  });

  it('is left waiting over TCP no longer than the time-out', async () => {
    const tcp = await tcpResponder();
    open.push(() => tcp.close());
    tcp.answer = 'silence';
    const bench = new Bench([set(1, {}, { ...quick, downAfter: 1 }), destination(1, { uri: `sip:127.0.0.1:${tcp.port};transport=tcp` })]);
    expect((await bench.until(1, 'down')).reason).toEqual({ kind: 'timeout' });
  });
});

describe('configuration changes', () => {
  it('of anything else leave health alone; another URI starts afresh; removal forgets', async () => {
    const [first, second] = [await udp(), await udp()];
    const bench = new Bench([set(1, {}, { ...quick, intervalMs: 60_000 }), at(1, first.port)]);
    await bench.until(1, 'up');
    const since = bench.prober.snapshot()[0]?.sinceMs;
    bench.change(domain('a.example'), set(1, { name: 'renamed' }, { ...quick, intervalMs: 50_000 }), at(1, first.port, { weight: 7, admin: 'draining' }), at(2, second.port));
    await bench.until(2, 'up');
    expect(bench.prober.snapshot().find((health) => health.id === 1)).toMatchObject({ state: 'up', sinceMs: since });
    expect(first.received.length).toBe(1);
    second.answer = 'silence';
    bench.change(at(1, second.port));
    expect(bench.worker.state(1)).toBe('unknown');
    bench.change({ table: 'destination', key: '1', row: null });
    expect([bench.state(1), bench.worker.state(1)]).toEqual([undefined, 'unknown']);
    bench.change({ table: 'dispatcherSet', key: '1', row: null });
    expect(bench.prober.snapshot()).toEqual([]);
  });

  it('move a destination to another set with its health', async () => {
    const pbx = await udp();
    const bench = new Bench([set(1, {}, quick), set(2, {}, { ...quick, intervalMs: 60_000 }), at(1, pbx.port)]);
    await bench.until(1, 'up');
    bench.change(at(1, pbx.port, { set: 2 }));
    expect([bench.state(1), bench.worker.state(1)]).toEqual(['up', 'up']);
  });

  it('that enable a destination or its probing have it probed at once', async () => {
    const pbx = await udp();
    const bench = new Bench([set(1, {}, { ...quick, intervalMs: 60_000, mode: 'never' }), at(1, pbx.port, { admin: 'disabled' })]);
    bench.change(at(1, pbx.port));
    expect(bench.state(1)).toBe('unknown');
    bench.change(set(1, {}, { ...quick, intervalMs: 60_000 }));
    await bench.until(1, 'up');
    bench.change(at(1, pbx.port, { admin: 'disabled' }));
    pbx.answer = 503;
    bench.change(at(1, pbx.port));
    expect((await bench.until(1, 'probing')).reason).toEqual({ kind: 'code', code: 503 });
  });
});

describe('calls', () => {
  it('that fail bring a probe forward; one that finds nobody ends the matter', async () => {
    const pbx = await udp();
    const bench = new Bench([set(1, {}, { intervalMs: 3_600_000, timeoutMs: 5_000, mode: 'failing' }), at(1, pbx.port)]);
    await bench.until(1, 'up');
    await pbx.close();
    open.splice(0, 1);
    bench.prober.passive(1, 'timeout');
    expect(bench.changes.at(-1)).toMatchObject({ to: 'probing', reason: { kind: 'passive', detail: 'calls time out' }, lastPacket: '' });
    expect((await bench.until(1, 'down')).reason.kind).toBe('icmp');
  });

  it('that fail in a row take it down, though it answers probes; in a row means in a row', async () => {
    const pbx = await udp();
    const bench = new Bench([set(1, {}, { ...quick, intervalMs: 60_000 }), at(1, pbx.port)]);
    await bench.until(1, 'up');
    for (const outcome of ['unavailable', 'timeout', 'ok', 'unavailable', 'transport'] as const) bench.prober.passive(1, outcome);
    expect(bench.state(1)).toBe('up');
    bench.prober.passive(1, 'unavailable', 'to 1001');
    expect(bench.changes.at(-1)).toMatchObject({ to: 'down', reason: { kind: 'passive', detail: 'calls are answered 503: to 1001' } });
    bench.prober.passive(99, 'timeout');
    await bench.until(1, 'up', 2);
  });
});

describe('the operator', () => {
  it('probes now, whatever the schedule says, and gets the answer', async () => {
    const pbx = await udp();
    const bench = new Bench([set(1, {}, { ...quick, mode: 'never' }), at(1, pbx.port, { admin: 'disabled' }), destination(2, { uri: 'sip:127.0.0.1;transport=tls' })]);
    const [first, second] = await Promise.all([bench.prober.probeNow(1), bench.prober.probeNow(1)]);
    expect(first).toMatchObject({ ok: true, value: { outcome: 'reply', code: 200, detail: 'answered 200', address: '127.0.0.1' } });
    expect(second.ok).toBe(true);
    expect(bench.state(1)).toBe('up');
    expect(await bench.prober.probeNow(77)).toEqual({ ok: false, error: 'unknown-destination' });
    expect(await bench.prober.probeNow(2)).toEqual({ ok: false, error: 'unroutable' });
    await bench.prober.close();
    expect(await bench.prober.probeNow(1)).toEqual({ ok: false, error: 'closed' });
  });

  it('sets the state', async () => {
    const pbx = await udp();
    const bench = new Bench([set(1, {}, { ...quick, intervalMs: 60_000 }), at(1, pbx.port)]);
    await bench.until(1, 'up');
    bench.prober.override(1, 'unknown', 'reset by ops@example');
    expect(bench.changes.at(-1)).toMatchObject({ from: 'up', to: 'unknown', reason: { kind: 'operator', detail: 'reset by ops@example' } });
    await bench.until(1, 'up', 2);
    bench.prober.override(99, 'up', 'nobody');
  });

  it('pauses probing and takes it up again', async () => {
    const pbx = await udp();
    const bench = new Bench([set(1, {}, quick)]);
    bench.prober.pause(true);
    bench.change(at(1, pbx.port));
    expect((await bench.prober.probeNow(1)).ok).toBe(true);
    expect(pbx.received.length).toBe(1);
    bench.prober.override(1, 'unknown', 'again');
    bench.prober.pause(false);
    await bench.until(1, 'up', 2);
  });
});

describe('host names', () => {
  it('are resolved, published, and followed to the address that answers', async () => {
    const six = await udp('::1');
    const bench = new Bench([set(1, {}, { ...quick, downAfter: 9 }), destination(1, { uri: `sip:pbx.test:${six.port}` })], {
      resolve: (host) => Promise.resolve(host === 'pbx.test' ? ['127.0.0.1', '::1', 'not an address'] : []),
    });
    // Nobody listens at the IPv4 address.
    expect((await bench.until(1, 'down')).reason.kind).toBe('icmp');
    await bench.until(1, 'up');
    expect([bench.worker.families(1), bench.worker.address(1, 4), bench.worker.address(1, 6)]).toEqual([3, '127.0.0.1', '::1']);
    bench.change(destination(1, { uri: 'sip:10.255.255.1' }));
    expect(bench.worker.families(1)).toBe(0);
  });

  it('without address go down with the reason', async () => {
    const bench = new Bench([set(1, {}, { ...quick, downAfter: 1 }), destination(1, { uri: 'sip:no.test' }), destination(2, { uri: 'sip:empty.test' })], {
      resolve: (host) => (host === 'no.test' ? Promise.reject(new Error('getaddrinfo ENOTFOUND no.test')) : Promise.resolve([])),
    });
    expect((await bench.until(1, 'down')).reason).toEqual({ kind: 'dns', detail: 'getaddrinfo ENOTFOUND no.test' });
    expect((await bench.until(2, 'down')).reason).toEqual({ kind: 'dns', detail: 'the name has no address' });
  });

  it('of this system work without any help', async () => {
    const pbx = await udp();
    const bench = new Bench([set(1, {}, { ...quick, downAfter: 9 }), destination(1, { uri: `sip:localhost:${pbx.port}` })]);
    await bench.until(1, 'up');
  });
});

describe('a process', () => {
  it('starts from the health that the former one kept, for the same URI only', async () => {
    const pbx = await udp();
    const bench = new Bench([set(1, {}, { ...quick, intervalMs: 60_000 }), at(1, pbx.port)]);
    await bench.until(1, 'up');
    const kept = bench.prober.saved();
    await bench.prober.close();
    pbx.answer = 'silence';
    const next = new Bench([set(1, {}, quick), at(1, pbx.port), at(2, pbx.port + 1)], { initial: [...kept, { id: 2, uri: 'sip:other', state: 'up', reason: { kind: 'new' }, sinceMs: 1 }] });
    expect([next.state(1), next.worker.state(1), next.state(2)]).toEqual(['up', 'up', 'unknown']);
    expect(next.prober.snapshot()[0]?.reason).toEqual({ kind: 'code', code: 200 });
    await next.until(1, 'probing');
  });

  it('probes many at once within its limit and ends cleanly in the middle of it', async () => {
    const pbx = await udp();
    const many = Array.from({ length: 150 }, (_, i) => at(i + 1, pbx.port));
    const bench = new Bench([set(1, {}, { ...quick, intervalMs: 60_000, timeoutMs: 5_000 }), ...many], { maxInFlight: 16 });
    await bench.until(150, 'up');
    expect(bench.changes.filter((change) => change.to === 'up')).toHaveLength(150);
    pbx.answer = 'silence';
    const asked = many.map((_, i) => bench.prober.probeNow(i + 1));
    await bench.prober.close();
    const results = await Promise.all(asked);
    expect(results.every((result) => result.ok && result.value.outcome === 'timeout' && result.value.detail === 'given up')).toBe(true);
    expect(bench.faults).toEqual([]);
    bench.change(at(500, pbx.port));
    expect(bench.state(500)).toBeUndefined();
  });
});
