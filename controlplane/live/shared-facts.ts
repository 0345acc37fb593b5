/**
 * Facts that replicas of the control plane share over the database, so that each shows every node, whoever holds its
 * socket. A replica writes those of its own nodes every few seconds; what is older than `staleMs` counts as gone.
 */
import type { DestinationHealth } from '../../dataplane/contract/health.ts';
import type { MediaReport } from '../../dataplane/contract/media.ts';
import type { NodeState, QuarantinedRow } from '../push/ports.ts';
import type { NodeFacts } from './node-facts.ts';

export const sharing = { everyTicks: 2, staleMs: 15_000, destinations: 5_000 } as const;

/** One node as its replica sees it. */
export interface SharedFacts {
  readonly replica: string;
  readonly atMs: number;
  readonly boot: string;
  readonly version: string;
  readonly address: string;
  readonly state: NodeState;
  readonly detail: string;
  readonly rev: number;
  readonly epoch: string;
  readonly connectedSinceMs: number | null;
  readonly quarantined: readonly QuarantinedRow[];
  readonly gauges: Readonly<Record<string, number>>;
  /** Absent = written by a replica of a former version. */
  readonly media?: MediaReport | null;
  readonly callsPerSecond: number;
  readonly invites: { readonly total: number; readonly failed: number };
  readonly health: readonly DestinationHealth[];
}

export interface SharedFactsStore {
  save(nodeId: string, facts: SharedFacts): Promise<void>;
  /** Says that a node is no longer here, unless another replica has it by now. */
  leave(nodeId: string, replica: string): Promise<void>;
  /** Of all nodes that any were written of, by id. */
  load(): Promise<ReadonlyMap<string, SharedFacts>>;
}

export function toShared(node: NodeFacts, replica: string, nowMs: number): SharedFacts {
  return {
    replica, atMs: nowMs, boot: node.boot, version: node.version, address: node.address, state: node.state, detail: node.detail,
    rev: node.rev, epoch: node.epoch, connectedSinceMs: node.connectedSinceMs, quarantined: node.quarantined, gauges: node.gauges, media: node.media,
    callsPerSecond: node.callsPerSecond(nowMs), invites: node.invites(), health: [...node.health.values()].slice(0, sharing.destinations),
  };
}

/** Checks what another replica, perhaps of another version, wrote. */
export function readShared(json: unknown): SharedFacts | null {
  if (typeof json !== 'object' || json === null) return null;
  const { replica, atMs, state, rev, epoch, quarantined, gauges, health, invites } = json as Partial<Record<keyof SharedFacts, unknown>>;
  const whole = typeof replica === 'string' && typeof atMs === 'number' && typeof state === 'string' && typeof rev === 'number' && typeof epoch === 'string'
    && Array.isArray(quarantined) && typeof gauges === 'object' && gauges !== null && Array.isArray(health) && typeof invites === 'object' && invites !== null;
  return whole ? json as SharedFacts : null;
}
