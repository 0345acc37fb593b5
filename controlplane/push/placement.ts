/** Where a node stands in the history, and therefore what it needs. Pure. */
import { sameHashes } from '../../dataplane/contract/hash.ts';
import type { Position } from '../../dataplane/contract/wire.ts';
import type { Batch } from './batches.ts';
import type { HistoryView } from './session-events.ts';

/** The server's safeguards by name; all on but in the model test, which shows what each is for. */
export interface SessionSafeguards {
  /** A node of another history gets a snapshot. */
  readonly epochOnResume: boolean;
  /** A node whose rows differ at its own revision gets a snapshot. */
  readonly hashOnResume: boolean;
  /** A node ahead of the server gets a snapshot. */
  readonly aheadGetsSnapshot: boolean;
}

export const allSessionSafeguards: SessionSafeguards = { epochOnResume: true, hashOnResume: true, aheadGetsSnapshot: true };

/** `batch` null with `resume` = the node is in step. */
export type Placement = { readonly need: 'resume'; readonly batch: Batch | null } | { readonly need: 'snapshot' };

/**
 * Places a node at `have`. `vouched` says that `have` was stated by the node just now (hello, resync), so its hashes are
 * compared with the log's; between batches the node compares by itself.
 */
export function place(have: Position, view: HistoryView, vouched: boolean, safeguards: SessionSafeguards): Placement {
  const { head, hashesAt, batch } = view;
  if (have.epoch === '' || (safeguards.epochOnResume && have.epoch !== head.epoch)) return { need: 'snapshot' };
  if (have.rev > head.rev) return safeguards.aheadGetsSnapshot ? { need: 'snapshot' } : { need: 'resume', batch: null };
  if (vouched && safeguards.hashOnResume && (hashesAt === null || !sameHashes(hashesAt, have.hashes))) return { need: 'snapshot' };
  if (have.rev === head.rev) return { need: 'resume', batch: null };
  return batch === null || batch.from !== have.rev ? { need: 'snapshot' } : { need: 'resume', batch };
}
