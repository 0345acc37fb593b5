/** The change log for people: who changed what when. */
import type { Change, ChangeDetail } from '../contract/changes.ts';
import type { Page } from '../contract/query.ts';
import type { ConfigRevision, PrismaClient } from '../db/generated/client.ts';
import { pageOf } from './paging.ts';
import { visibleRow } from './visible-row.ts';

const shownChanges = 1_000;

export interface ChangeFilter {
  /** Revisions before this one; null = from the newest. */
  readonly before: number | null;
  readonly limit: number;
  /** Only revisions that changed this wire table / row. */
  readonly table: string | undefined;
  readonly key: string | undefined;
  readonly actor: string | undefined;
}

function present(row: ConfigRevision): Change {
  return {
    rev: Number(row.rev), atMs: row.at.getTime(), actor: row.actor, address: row.address, requestId: row.requestId, summary: row.summary, ops: row.ops,
  };
}

/** Newest first. */
export async function listChanges(db: PrismaClient, filter: ChangeFilter): Promise<Page<Change>> {
  const row = { ...(filter.table === undefined ? {} : { table: filter.table }), ...(filter.key === undefined ? {} : { key: filter.key }) };
  const rows = await db.configRevision.findMany({
    where: {
      ...(filter.before === null ? {} : { rev: { lt: filter.before } }),
      ...(filter.actor === undefined ? {} : { actor: filter.actor }),
      ...(Object.keys(row).length === 0 ? {} : { changes: { some: row } }),
    },
    orderBy: { rev: 'desc' }, take: filter.limit + 1,
  });
  return pageOf(rows, filter.limit, (one) => Number(one.rev), present);
}

/** One revision with its rows, or null when the log does not hold it. */
export async function findChange(db: PrismaClient, rev: number): Promise<ChangeDetail | null> {
  const row = await db.configRevision.findUnique({ where: { rev }, include: { changes: { orderBy: { seq: 'asc' }, take: shownChanges } } });
  if (row === null) return null;
  return {
    ...present(row),
    changes: row.changes.map(({ table, key, before, after, noteBefore, noteAfter }) => ({
      table, key, before: shown(table, before, noteBefore), after: shown(table, after, noteAfter),
    })),
    truncated: row.ops > row.changes.length,
  };
}

/** The row as people see it: the wire row with its comment and external id. */
function shown(table: string, json: string | null, note: unknown): unknown {
  const row = visibleRow(table, json);
  return row !== null && typeof note === 'object' && note !== null ? { ...row, ...note } : row;
}
