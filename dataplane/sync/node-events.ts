/** What happens to a node's end of the channel, and what it wants done: data only (see reducer.ts). */
import type { NodeMessage, ServerMessage, Shrink, WireRow } from '../contract/wire.ts';
import type { ConfigChange } from './ports.ts';
import type { Replica } from './replica.ts';

export type NodeEvent =
  | { readonly type: 'opened' }
  | { readonly type: 'closed' }
  | { readonly type: 'message'; readonly message: ServerMessage }
  /** A slice of a chunk's rows; slices of one chunk come in order. */
  | { readonly type: 'rows'; readonly batch: number; readonly seq: number; readonly rows: readonly WireRow[] }
  | { readonly type: 'chunk-end'; readonly batch: number; readonly seq: number }
  | { readonly type: 'chunk-broken'; readonly batch: number; readonly detail: string }
  | { readonly type: 'settle' }
  | { readonly type: 'committed'; readonly tookMs: number }
  | { readonly type: 'commit-failed'; readonly detail: string }
  | { readonly type: 'beat' };

/** What is written down about an applied batch: the delta's rows, or null when the whole replica must be written. */
export interface AppliedDelta {
  readonly from: number;
  readonly rows: readonly WireRow[];
}

export type NodeEffect =
  | { readonly type: 'send'; readonly message: NodeMessage }
  /** Call back with `settle` as soon as there is time. */
  | { readonly type: 'settle' }
  | { readonly type: 'commit'; readonly change: ConfigChange }
  | { readonly type: 'persist'; readonly replica: Replica; readonly delta: AppliedDelta | null }
  | { readonly type: 'close'; readonly reason: string }
  | { readonly type: 'held'; readonly shrink: readonly Shrink[] };

export type NodePhase = 'offline' | 'placing' | 'live' | 'receiving' | 'settling' | 'committing';

export interface NodeIntroduction {
  readonly boot: string;
  readonly version: string;
  readonly capabilities: readonly string[];
}
