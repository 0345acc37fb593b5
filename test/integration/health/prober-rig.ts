/** A prober with a worker's view of its board, everything it said, and backends for it; all closed at the end of a test. */
import { createSecureContext } from 'node:tls';
import { afterEach } from 'vitest';
import type { HealthState } from '../../../dataplane/contract/health.ts';
import type { RowOp } from '../../../dataplane/contract/rows.ts';
import { findServers } from '../../../dataplane/dns/find-servers.ts';
import { SystemDns } from '../../../dataplane/dns/system-dns.ts';
import { HealthBoard } from '../../../dataplane/health/board.ts';
import { Prober } from '../../../dataplane/health/prober.ts';
import type { HealthChange, ProberOptions } from '../../../dataplane/health/prober.ts';
import { WorkerHealth } from '../../../dataplane/health/worker-health.ts';
import { applyOps } from '../../../dataplane/routing/build.ts';
import { monotonicClock } from '../../../dataplane/runtime/clock.ts';
import type { ConfigView } from '../../../dataplane/routing/view.ts';
import { destination, view } from '../../unit/routing/rows.ts';
import { tcpResponder, udpResponder } from './responder.ts';
import type { Responder } from './responder.ts';

const systemDns = new SystemDns(monotonicClock, []);

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

export class ProberRig {
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
      board: this.board, userAgent: 'Signalbox test', tls: () => ({ context: createSecureContext(), verify: true }), advertised: { udp4: { host: '192.0.2.99', port: 5099 }, udp6: null, tcp4: null, tcp6: null },
      onChange: (change) => {
        this.changes.push(change);
        for (const wake of this.wakes) wake();
      },
      onFault: (error) => this.faults.push(error),
      reach: () => ({ v4: true, v6: true }), find: (wish, reach) => findServers(systemDns, reach, wish),
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

export async function udp(address?: string): Promise<Responder> {
  const responder = await udpResponder(address);
  open.push(() => responder.close());
  return responder;
}

export async function tcp(): Promise<Responder> {
  const responder = await tcpResponder();
  open.push(() => responder.close());
  return responder;
}

/** Probes as often as a set may have them. */
export const quick = { intervalMs: 500, timeoutMs: 200 };
export const at = (id: number, port: number, over: Parameters<typeof destination>[1] = {}): RowOp => destination(id, { uri: `sip:127.0.0.1:${port}`, ...over });
