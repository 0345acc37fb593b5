/**
 * Views whose big tables are packed by whoever builds them, for readers beside the workers (these get packed tables handed
 * in): a whole configuration as it is loaded, and one whose overlays have grown long.
 */
import { isBigTable, packedKinds, fieldsOf, newFields, bigTables } from './packed-kinds.ts';
import type { BigTableName } from './packed-kinds.ts';
import type { RowOp } from '../contract/rows.ts';
import { packAgain } from './big-table.ts';
import type { BigTable } from './big-table.ts';
import { emptyView, ViewDraft } from './build.ts';
import { PackedDraft } from './packed-draft.ts';
import type { ConfigView } from './view.ts';

/** Rows that a table holds beside its packed ones before it is packed anew: so many, and 1 % of it. */
const overlayRows = 4_000;
const overlayShare = 0.01;

const fields = newFields();

/** A configuration on its way: `apply` each row once, then `finish`. */
export class ViewLoad {
  private readonly drafts = new Map<BigTableName, PackedDraft>(bigTables.map((table) => [table, new PackedDraft(packedKinds[table])]));
  private readonly others: RowOp[] = [];

  apply(op: RowOp): void {
    const draft = isBigTable(op.table) ? this.drafts.get(op.table) : undefined;
    if (draft === undefined || !fieldsOf(op, fields) || !draft.add(fields)) this.others.push(op);
  }

  /** The view; yields between slices of work. */
  *finish(epoch: string, rev: number): Generator<undefined, ConfigView> {
    const view = new ViewDraft(emptyView());
    for (const [table, draft] of this.drafts) view.rebase({ table, buffer: (yield* draft.finish()).buffer });
    for (const op of this.others) view.apply(op);
    return view.commit(epoch, rev);
  }
}

function grown<T extends BigTableName>(table: BigTable<T>): boolean {
  return table.overlay.size > overlayRows && table.overlay.size > overlayShare * table.base.size;
}

/** The same view with long overlays packed; yields between slices of work. */
export function* packView(view: ConfigView): Generator<undefined, ConfigView> {
  const { domains, numbers, rates } = view.tables;
  const long: readonly BigTable<BigTableName>[] = [domains.rows, numbers.rows, rates.rows].filter(grown);
  if (long.length === 0) return view;
  const draft = new ViewDraft(view);
  for (const table of long) {
    const { base, overlay } = yield* packAgain(table);
    draft.rebase({ table: base.kind.table, buffer: base.buffer });
    for (const [key, row] of overlay.entries()) draft.apply({ table: base.kind.table, key, row } as RowOp);
  }
  return draft.commit(view.epoch, view.rev);
}
