/**
 * What the rest of the control plane may ask of the live side, and what the live side needs of the rest.
 * Facts are of this process's nodes; nothing here writes configuration.
 */
import type { DestinationHealth, HealthState } from '../../dataplane/contract/health.ts';

/** One node's view of one destination, as the REST API shows it below a dispatcher set. */
export interface DestinationLive {
  readonly node: string;
  readonly nodeName: string;
  readonly state: HealthState;
  readonly reason: DestinationHealth['reason'];
  /** The reason in words: "no answer in time", "answered 503". */
  readonly reasonText: string;
  readonly sinceMs: number;
  readonly latencyMs: DestinationHealth['latencyMs'];
  readonly calls: number;
}

/** For `GET dispatcher-sets/{id}` and the like. */
export interface LiveDestinations {
  /** What every connected node says about the destination, by node name; empty when none has reported it. */
  destination(id: number): readonly DestinationLive[];
}

/** One committed revision in a line, as SSE and the overview show it. */
export interface RevisionSummary {
  readonly rev: number;
  readonly actor: string;
  readonly summary: string;
  readonly atMs: number;
}

/** The change log's headlines. Implemented over the database. */
export interface RevisionLog {
  /** Newest first, at most `limit`. */
  latest(limit: number): Promise<readonly RevisionSummary[]>;
  /** Revisions after `rev`, ascending, at most `limit`. */
  after(rev: number, limit: number): Promise<readonly RevisionSummary[]>;
}
