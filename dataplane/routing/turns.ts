/**
 * Whose turn it is: what the algorithms remember between calls, and the chance that some of them take. One `Turns` a
 * worker. Positions belong to destination ids, so they survive every configuration change of anything else.
 */
import type { ConfigView } from './view.ts';
import type { DispatcherSet } from './dispatcher-set.ts';
import { mix32 } from './hash.ts';
import { OverloadControl } from './overload.ts';

/** Positions of one set, aligned with `set.destinations` of the version they were last used with. */
export interface Turn {
  set: DispatcherSet;
  /** Round robin: when each destination was chosen last (a count); 0 = never. */
  lastTaken: Float64Array;
  /** Weights: how much each destination is owed (smooth weighted round robin). */
  owed: Float64Array;
  count: number;
}

/** Sets remembered before those that left the configuration are dropped. */
const sweepAbove = 4_096;

export class Turns {
  private readonly turns = new Map<number, Turn>();
  private sweepAt = sweepAbove;
  private seed: number;
  /** What destinations have asked for (algorithm 64). */
  readonly overload: OverloadControl;

  /** @param seed where the chance begins; another one in each worker, or all would draw the same */
  constructor(seed = 1, overload = new OverloadControl()) {
    this.seed = seed | 0;
    this.overload = overload;
  }

  /** The next number of a reproducible sequence, in [0, 1): a choice can be foretold, and nothing secret rests on it. */
  random(): number {
    this.seed = (this.seed + 0x6d2b79f5) | 0;
    return (mix32(this.seed) >>> 0) / 4_294_967_296;
  }

  /** Number of sets that positions are kept for. */
  get size(): number {
    return this.turns.size;
  }

  /** Positions of a set, carried over by destination id when the set is a newer version. */
  of(set: DispatcherSet, view: ConfigView): Turn {
    const turn = this.turns.get(set.id);
    if (turn === undefined) {
      if (this.turns.size >= this.sweepAt) this.sweep(view);
      const size = set.destinations.length;
      const fresh: Turn = { set, lastTaken: new Float64Array(size), owed: new Float64Array(size), count: 0 };
      this.turns.set(set.id, fresh);
      return fresh;
    }
    if (turn.set !== set) carryOver(turn, set);
    return turn;
  }

  /** Independent positions, for explanations that must not take anybody's turn. */
  copy(): Turns {
    const copy = new Turns(this.seed, this.overload.copy());
    for (const [id, turn] of this.turns) {
      copy.turns.set(id, { set: turn.set, lastTaken: turn.lastTaken.slice(), owed: turn.owed.slice(), count: turn.count });
    }
    return copy;
  }

  private sweep(view: ConfigView): void {
    for (const id of this.turns.keys()) if (view.set(id) === null) this.turns.delete(id);
    this.sweepAt = Math.max(sweepAbove, this.turns.size * 2);
  }
}

function carryOver(turn: Turn, set: DispatcherSet): void {
  const lastTaken = new Float64Array(set.destinations.length);
  const owed = new Float64Array(set.destinations.length);
  const before = new Map<number, number>();
  for (const [index, destination] of turn.set.destinations.entries()) before.set(destination.id, index);
  for (const [index, destination] of set.destinations.entries()) {
    const was = before.get(destination.id);
    if (was === undefined) continue;
    lastTaken[index] = turn.lastTaken[was] ?? 0;
    // What was owed under other weights would let one destination run ahead.
    if (turn.set.weights[was] === set.weights[index]) owed[index] = turn.owed[was] ?? 0;
  }
  turn.set = set;
  turn.lastTaken = lastTaken;
  turn.owed = owed;
}
