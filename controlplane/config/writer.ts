/**
 * The one write door of the configuration. In one transaction: lock the head row (so writes take turns and
 * revisions have no gaps), plan on a draft, decode every row with the data plane's own decoders, check what
 * refers to what, store rows, revision, changes and hashes, and notify. A dry run is the same, rolled back.
 */
import { applyChanges, emptyHashes } from '../../dataplane/contract/hash.ts';
import type { TableHashes } from '../../dataplane/contract/hash.ts';
import type { TableName } from '../../dataplane/contract/rows.ts';
import { tableNames } from '../../dataplane/contract/rows.ts';
import { err, ok } from '../../dataplane/contract/result.ts';
import type { Result } from '../../dataplane/contract/result.ts';
import type { RowChange } from '../contract/query.ts';
import type { Prisma, PrismaClient } from '../db/generated/client.ts';
import { checkReferences } from './references.ts';
import { Draft } from './draft.ts';
import type { ConfigFault } from './fault.ts';
import type { Note, Stored } from './stored.ts';
import type { TableStore, Tx } from './table-store.ts';
import { tables } from './tables.ts';
import { visibleRow } from './visible-row.ts';

/** The channel that carries nothing but "look at the head". */
export const configChannel = 'signalbox_config';

/** Who writes, and what the change log says about it. */
export interface WriteContext {
  readonly actor: string;
  readonly address: string;
  readonly requestId: string;
  /** One sentence: "Put domain sip.acme.example". */
  readonly summary: string;
  readonly dryRun: boolean;
}

export interface Written<T> {
  readonly value: T;
  /** The revision that holds the write; the present one when nothing changed. */
  readonly rev: number;
  readonly changed: boolean;
  readonly committedAtMs: number;
  /** On a dry run only: what would change. */
  readonly changes: readonly RowChange[] | null;
}

/** Plans a write; the returned function builds the answer once versions are final. */
export type Plan<T> = (draft: Draft) => Promise<Result<() => T, ConfigFault>>;

/** Ends the transaction without storing anything. */
class Abandoned<T> extends Error {
  readonly outcome: Result<Written<T>, ConfigFault>;
  constructor(outcome: Result<Written<T>, ConfigFault>) {
    super('rolled back');
    this.outcome = outcome;
  }
}

interface LoggedChange {
  readonly table: TableName;
  readonly key: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly noteBefore: Note | null;
  readonly noteAfter: Note | null;
}

/** The longest write is a price list of a million lines. */
const transactionMs = { maxWait: 10_000, timeout: 600_000 } as const;
const chunkRows = 1_000;
/** From so many changed rows of a table on, replacing them in bulk is cheaper than one UPDATE each. */
const replaceFrom = 100;
/** Rows that others hang on by cascade, or of which there is one, are always updated in place. */
const inPlace: ReadonlySet<TableName> = new Set(['node', 'setting']);

export class ConfigWriter {
  private readonly prisma: PrismaClient;
  private readonly now: () => number;
  private readonly committed: (rev: number) => void;

  /** @param committed called after each commit with the new revision; must not throw */
  constructor(prisma: PrismaClient, now: () => number, committed: (rev: number) => void) {
    this.prisma = prisma;
    this.now = now;
    this.committed = committed;
  }

  /**
   * Runs one write. An expected refusal is the error value; a failing database throws.
   * A plan that changes nothing writes no revision.
   */
  async write<T>(context: WriteContext, plan: Plan<T>): Promise<Result<Written<T>, ConfigFault>> {
    let outcome: Result<Written<T>, ConfigFault>;
    try {
      outcome = await this.prisma.$transaction((tx) => this.run(tx, context, plan), transactionMs);
    } catch (error) {
      if (error instanceof Abandoned) return (error as Abandoned<T>).outcome;
      throw error;
    }
    if (outcome.ok && outcome.value.changed) this.committed(outcome.value.rev);
    return outcome.ok ? ok({ ...outcome.value, committedAtMs: this.now() }) : outcome;
  }

  private async run<T>(tx: Tx, context: WriteContext, plan: Plan<T>): Promise<Result<Written<T>, ConfigFault>> {
    const head = await lockHead(tx);
    const draft = new Draft(tx, this.now());
    const planned = await plan(draft);
    if (!planned.ok) throw new Abandoned<T>(planned);
    if (draft.faults.length === 0) {
      const refused = await checkReferences(draft);
      if (refused !== null) throw new Abandoned<T>(err(refused));
    }
    if (draft.faults.length > 0) throw new Abandoned<T>(err({ code: 'invalid', errors: draft.faults }));

    await draft.rates?.settle();
    const changes = loggedChanges(draft);
    const ops = changes.length + (draft.rates?.size ?? 0);
    const changed = ops > 0;
    const rev = head.rev + (changed ? 1 : 0);
    if (changed || draft.changed().next().done !== true) await storeRows(draft);
    if (changed) await storeRevision(draft, rev, head.hashes, changes, context);
    const written: Written<T> = { value: planned.value(), rev, changed, committedAtMs: draft.nowMs, changes: context.dryRun ? [...shownChanges(changes), ...await draft.rates?.shown() ?? []] : null };
    // Deferred constraints must fail here: an adapter may swallow the failure of the COMMIT itself.
    await tx.$executeRaw`SET CONSTRAINTS ALL IMMEDIATE`;
    if (context.dryRun) throw new Abandoned<T>(ok({ ...written, rev: head.rev }));
    return ok(written);
  }
}

async function lockHead(tx: Tx): Promise<{ readonly rev: number; readonly hashes: TableHashes }> {
  const [head] = await tx.$queryRaw<{ rev: bigint; hashes: Prisma.JsonValue }[]>`SELECT rev, hashes FROM config_head WHERE id = 1 FOR UPDATE`;
  if (head === undefined) throw new Error('the configuration head row is missing');
  return { rev: Number(head.rev), hashes: readHashes(head.hashes) };
}

/** Hashes as a head or revision row keeps them; a table that was empty all along may be left out. */
export function readHashes(value: unknown): TableHashes {
  return { ...emptyHashes, ...(value as Partial<TableHashes>) };
}

function loggedChanges(draft: Draft): LoggedChange[] {
  const changes: LoggedChange[] = [];
  for (const { table, entry } of draft.changed()) {
    const { original, current } = entry;
    const touchedOnly = original !== null && current !== null && original.json === current.json
      && original.note.comment === current.note.comment && original.note.externalId === current.note.externalId;
    if (touchedOnly) continue;
    const key = original?.key ?? current?.key ?? '';
    changes.push({
      table, key, before: original?.json ?? null, after: current?.json ?? null, noteBefore: original?.note ?? null, noteAfter: current?.note ?? null,
    });
  }
  return changes;
}

/**
 * Removals first (what they free, an external id say, may be taken by the same write), then new and changed rows.
 * Keys and references are checked at the end, when the rows are whole.
 */
async function storeRows(draft: Draft): Promise<void> {
  await draft.tx.$executeRaw`SET CONSTRAINTS ALL DEFERRED`;
  await draft.rates?.storeRemovals();
  for (const table of tableNames.toReversed()) await removeRows(draft, table);
  for (const table of tableNames) await putRows(draft, table);
  await draft.rates?.storeRest();
}

async function removeRows<T extends TableName>(draft: Draft, table: T): Promise<void> {
  const removed = [...draft.of(table).values()].flatMap(({ original, current }) => (current === null && original !== null ? [original.key] : []));
  await inChunks(removed, (keys) => tables[table].remove(draft.tx, keys));
}

async function putRows<T extends TableName>(draft: Draft, table: T): Promise<void> {
  const store: TableStore<T> = tables[table];
  const inserts: Stored<T>[] = [];
  const updates: Stored<T>[] = [];
  let named = false;
  for (const { original, current } of draft.of(table).values()) {
    if (current === original || current === null) continue;
    if (original === null) {
      inserts.push(current);
    } else {
      updates.push(current);
      named ||= current.note.externalId !== null && current.note.externalId !== original.note.externalId;
    }
  }
  // Two rows may exchange their external ids, which one UPDATE after the other cannot.
  if ((named || updates.length >= replaceFrom) && !inPlace.has(table)) {
    await inChunks(updates, (rows) => store.remove(draft.tx, rows.map((row) => row.key)));
    inserts.push(...updates);
  } else {
    for (const row of updates) await store.update(draft.tx, row);
  }
  await inChunks(inserts, (rows) => store.insert(draft.tx, rows));
}

async function inChunks<R>(rows: readonly R[], act: (rows: readonly R[]) => Promise<void>): Promise<void> {
  for (let i = 0; i < rows.length; i += chunkRows) await act(rows.slice(i, i + chunkRows));
}

async function storeRevision(draft: Draft, rev: number, before: TableHashes, changes: readonly LoggedChange[], context: WriteContext): Promise<void> {
  const { tx, nowMs, rates } = draft;
  const ofRows = applyChanges(before, changes);
  const hashes = rates === null ? ofRows : { ...ofRows, rate: rates.hashAfter(ofRows.rate) };
  await tx.configRevision.create({
    data: {
      rev, at: new Date(nowMs), actor: context.actor, address: context.address, requestId: context.requestId,
      summary: context.summary, ops: changes.length + (rates?.size ?? 0), hashes,
    },
  });
  const rows = changes.map((change, seq) => ({
    seq, entity: change.table, key: change.key, before: change.before, after: change.after, note_before: change.noteBefore, note_after: change.noteAfter,
  }));
  // One JSON parameter for a thousand rows: a tenth of the work of as many times eight parameters.
  await inChunks(rows, async (chunk) => {
    await tx.$executeRaw`
      INSERT INTO config_change (rev, seq, entity, "key", "before", "after", note_before, note_after)
      SELECT ${BigInt(rev)}::bigint, r.* FROM jsonb_to_recordset(${JSON.stringify(chunk)}::jsonb)
        AS r (seq integer, entity text, "key" text, "before" text, "after" text, note_before jsonb, note_after jsonb)`;
  });
  await rates?.log(rev, changes.length);
  await tx.configHead.update({ where: { id: 1 }, data: { rev, hashes } });
  await tx.$queryRaw`SELECT pg_notify(${configChannel}, ${String(rev)})::text`;
}

function shownChanges(changes: readonly LoggedChange[]): RowChange[] {
  return changes.map(({ table, key, before, after }) => ({
    table, key, before: visibleRow(table, before), after: visibleRow(table, after),
  }));
}
