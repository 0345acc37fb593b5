/**
 * What the rest of the control plane may ask of the live side, and what the live side needs of the rest.
 * Facts are of this process's nodes; nothing here writes configuration.
 */
import type { DestinationRow, DispatcherSetRow } from '../../dataplane/contract/rows.ts';
import type { Change } from '../contract/changes.ts';
import type { DestinationLive } from '../contract/dispatcher-sets.ts';

/** For `GET dispatcher-sets/{id}` and the like. */
export interface LiveDestinations {
  /** What every connected node says about the destination, by node name; empty when none has reported it. */
  destination(id: number): readonly DestinationLive[];
}

/** A dispatcher set as the configuration's mirror holds it. */
export interface MirroredSet {
  readonly id: number;
  readonly row: DispatcherSetRow;
  readonly destinations: readonly MirroredDestination[];
}

export interface MirroredDestination {
  readonly id: number;
  readonly uri: string;
  readonly row: DestinationRow;
}

/** The change log's headlines. Implemented over the database. */
export interface RevisionLog {
  /** Newest first, at most `limit`. */
  latest(limit: number): Promise<readonly Change[]>;
  /** Revisions after `rev`, ascending, at most `limit`. */
  after(rev: number, limit: number): Promise<readonly Change[]>;
}
