/** Writers who want to know when their revision runs everywhere. */
import type { AppliedReport } from './api.ts';
import type { NodeIdentity, NodeState } from './ports.ts';

/** A node as a waiter sees it. */
export interface WatchedNode {
  readonly identity: NodeIdentity;
  readonly epoch: string;
  readonly rev: number;
  readonly state: NodeState;
}

interface Waiter {
  readonly epoch: string;
  readonly rev: number;
  readonly sinceMs: number;
  readonly pending: Map<string, { readonly identity: NodeIdentity; state: NodeState }>;
  readonly applied: { node: string; name: string; ms: number }[];
  readonly gone: { node: string; name: string; state: NodeState }[];
  readonly done: (report: AppliedReport) => void;
  timer: NodeJS.Timeout | null;
}

export class Waiters {
  private readonly waiting = new Set<Waiter>();
  private readonly now: () => number;

  /** @param now epoch milliseconds. */
  constructor(now: () => number) {
    this.now = now;
  }

  /** Resolves when all `nodes` run (epoch, rev) or later, or went away, or `timeoutMs` have passed. */
  wait(nodes: readonly WatchedNode[], epoch: string, rev: number, timeoutMs: number, sinceMs: number): Promise<AppliedReport> {
    return new Promise((resolve) => {
      const waiter: Waiter = { epoch, rev, sinceMs, pending: new Map(), applied: [], gone: [], done: resolve, timer: null };
      for (const { identity, state } of nodes) waiter.pending.set(identity.id, { identity, state });
      this.waiting.add(waiter);
      waiter.timer = setTimeout(() => { this.finish(waiter); }, timeoutMs);
      for (const node of nodes) if (node.epoch === epoch && node.rev >= rev) this.reached(waiter, node.identity);
      this.check(waiter);
    });
  }

  applied(identity: NodeIdentity, epoch: string, rev: number): void {
    for (const waiter of this.waiting) {
      if (waiter.epoch !== epoch || rev < waiter.rev) continue;
      this.reached(waiter, identity);
      this.check(waiter);
    }
  }

  state(identity: NodeIdentity, state: NodeState): void {
    for (const waiter of this.waiting) {
      const entry = waiter.pending.get(identity.id);
      if (entry !== undefined) entry.state = state;
    }
  }

  gone(identity: NodeIdentity): void {
    for (const waiter of this.waiting) {
      if (!waiter.pending.delete(identity.id)) continue;
      waiter.gone.push({ node: identity.id, name: identity.name, state: 'gone' });
      this.check(waiter);
    }
  }

  /** Answers everyone with what there is. */
  close(): void {
    for (const waiter of [...this.waiting]) this.finish(waiter);
  }

  private reached(waiter: Waiter, identity: NodeIdentity): void {
    if (!waiter.pending.delete(identity.id)) return;
    waiter.applied.push({ node: identity.id, name: identity.name, ms: Math.max(0, this.now() - waiter.sinceMs) });
  }

  private check(waiter: Waiter): void {
    if (waiter.pending.size === 0) this.finish(waiter);
  }

  private finish(waiter: Waiter): void {
    if (!this.waiting.delete(waiter)) return;
    if (waiter.timer !== null) clearTimeout(waiter.timer);
    const late = [...waiter.pending.values()].map(({ identity, state }) => ({ node: identity.id, name: identity.name, state }));
    waiter.done({ applied: waiter.applied, missing: [...waiter.gone, ...late] });
  }
}
