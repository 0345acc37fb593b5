/** Holds a batch that takes away too much: an accidental mass delete or a half-read database must not empty a node. */
import type { Shrink, ShrinkAllowance } from '../contract/wire.ts';

/** Both must be exceeded. */
export const shrinkLimits = { share: 0.2, rows: 100 } as const;

/** A table before and after a batch: rows it had, rows of them that vanish, rows it has then. */
export interface TableChange extends Shrink {
  readonly left: number;
}

/** The tables that shrink too much and are not allowed to; empty = the batch may pass. */
export function findShrinks(changes: readonly TableChange[], allowed: ShrinkAllowance): readonly Shrink[] {
  return changes.filter(({ table, had, removed, left }) => {
    const emptied = had > 0 && left === 0;
    const mass = removed > shrinkLimits.rows && removed > had * shrinkLimits.share;
    return (emptied || mass) && removed > (allowed[table] ?? 0);
  }).map(({ table, had, removed }) => ({ table, had, removed }));
}
