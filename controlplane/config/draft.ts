/**
 * The configuration as one write sees it: rows as they are in the database (loaded when asked for) with the
 * write's own changes laid over them. Nothing reaches the database before the writer stores the draft.
 */
import { canonicalJson } from '../../dataplane/contract/canonical.ts';
import { decodeOp } from '../../dataplane/contract/decode.ts';
import type { Rows, TableName } from '../../dataplane/contract/rows.ts';
import { tableNames } from '../../dataplane/contract/rows.ts';
import type { ProblemField } from '../contract/problem.ts';
import { RateChange } from './rate-change.ts';
import { emptyNote, sameNote } from './stored.ts';
import type { Note, Stored } from './stored.ts';
import type { Tx } from './table-store.ts';
import { nextIds, tableOf } from './tables.ts';
import type { NumberedTable } from './tables.ts';

export interface Entry<T extends TableName> {
  readonly original: Stored<T> | null;
  current: Stored<T> | null;
  /** JSON pointer of the request's part that set it. */
  at: string;
}

type Entries = { readonly [T in TableName]: Map<string, Entry<T>> };

/** Keys a query: far below the database's limit of parameters. */
const chunkKeys = 5_000;
const maxFaults = 100;

export class Draft {
  readonly tx: Tx;
  readonly nowMs: number;
  readonly faults: ProblemField[] = [];
  private rateChange: RateChange | null = null;
  private readonly entries: Entries = {
    setting: new Map(), tenant: new Map(), certificate: new Map(), dispatcherSet: new Map(), destination: new Map(), routeSet: new Map(),
    rule: new Map(), rate: new Map(), domain: new Map(), number: new Map(), alias: new Map(), trunk: new Map(), node: new Map(),
  };
  /** Keys of the rows that are or were in a group (see groupOf), so that finding a set's rows does not look at all. */
  private readonly groups = new Map<string, Set<string>>();
  /** Groups that were loaded as a whole. Nobody else writes configuration meanwhile: the head is locked. */
  private readonly whole = new Set<string>();
  private readonly spareIds: Record<NumberedTable, number[]> = { tenant: [], destination: [], rule: [] };
  private readonly handedOut: Record<NumberedTable, number> = { tenant: 0, destination: 0, rule: 0 };

  constructor(tx: Tx, nowMs: number) {
    this.tx = tx;
    this.nowMs = nowMs;
  }

  /** The change of whole rate tables that this write makes, begun when it is first asked for. */
  async changeRates(): Promise<RateChange> {
    return this.rateChange ??= await RateChange.open(this.tx);
  }

  /** null = no rate table changes as a whole. */
  get rates(): RateChange | null {
    return this.rateChange;
  }

  /** Entries of a table that this draft has looked at. */
  of<T extends TableName>(table: T): Map<string, Entry<T>> {
    return this.entries[table];
  }

  /** Loads rows that are not known yet. */
  async load(table: TableName, keys: Iterable<string>): Promise<void> {
    const entries: Map<string, Entry<TableName>> = this.entries[table];
    const unknown = [...new Set(keys)].filter((key) => !entries.has(key));
    for (let i = 0; i < unknown.length; i += chunkKeys) {
      const chunk = unknown.slice(i, i + chunkKeys);
      for (const stored of await tableOf(table).load(this.tx, chunk)) this.know(table, stored);
      for (const key of chunk) if (!entries.has(key)) entries.set(key, { original: null, current: null, at: '' });
    }
  }

  /** Adds a row that a query of the caller's own found. What the draft already knows stays. */
  know<T extends TableName>(table: T, stored: Stored<T>): void {
    const entries = this.of(table);
    if (entries.has(stored.key)) return;
    entries.set(stored.key, { original: stored, current: stored, at: '' });
    this.group(table, stored);
  }

  /** Rows of a group as they will be: the rules of a route set, the destinations of a set, the tenant of a key. Only known ones. */
  *inGroup<T extends TableName>(table: T, owner: string): Generator<Stored<T>> {
    for (const key of this.groups.get(`${table} ${owner}`) ?? []) {
      const current = this.of(table).get(key)?.current ?? null;
      if (current !== null && groupOf(table, current.row) === owner) yield current;
    }
  }

  /** Which of these groups were never asked for; they count as loaded from now on. */
  groupsToLoad(table: TableName, owners: Iterable<string>): readonly string[] {
    const unknown = [...new Set(owners)].filter((owner) => !this.whole.has(`${table} ${owner}`));
    for (const owner of unknown) this.whole.add(`${table} ${owner}`);
    return unknown;
  }

  /** The row as it will be, or null. */
  async find<T extends TableName>(table: T, key: string): Promise<Stored<T> | null> {
    await this.load(table, [key]);
    return this.of(table).get(key)?.current ?? null;
  }

  /**
   * Sets a row; `at` is where the request says so. A row that does not decode adds faults and is kept
   * undecoded, so that checking can go on. An equal row stays as it is, version included.
   */
  async put<T extends TableName>(table: T, key: string, row: Rows[T], note: Note = emptyNote, at = ''): Promise<Stored<T>> {
    await this.load(table, [key]);
    const json = canonicalJson(row);
    const decoded = decodeOp(table, key, json);
    if (!decoded.ok) for (const fault of decoded.error) this.fault(at + fault.pointer, fault.code, fault.message);
    if (!readable(note.comment)) this.fault(`${at}/comment`, 'format', 'must not contain control characters other than line breaks and tabs');
    if (!readable(note.externalId ?? '')) this.fault(`${at}/externalId`, 'format', 'must not contain control characters');
    const entry = this.entry(table, key);
    entry.at = at;
    const before = entry.original;
    const same = before !== null && before.json === json && sameNote(before.note, note);
    entry.current = same ? before : {
      key, row, json, note,
      version: (before?.version ?? 0) + 1, createdAtMs: before?.createdAtMs ?? this.nowMs, updatedAtMs: this.nowMs,
    };
    this.group(table, entry.current);
    return entry.current;
  }

  /** Removes a row that was loaded. */
  async remove(table: TableName, key: string, at = ''): Promise<void> {
    await this.load(table, [key]);
    const entry = this.entry(table, key);
    entry.current = null;
    entry.at = at;
  }

  /** A new version of a row whose parts changed, so that its ETag moves. */
  touch<T extends TableName>(table: T, key: string): void {
    const entry = this.entry(table, key);
    if (entry.current === null || entry.current !== entry.original) return;
    entry.current = { ...entry.current, version: entry.current.version + 1, updatedAtMs: this.nowMs };
  }

  /** An id that no row has had before. */
  async newId(table: NumberedTable): Promise<number> {
    const spare = this.spareIds[table];
    const next = spare.shift();
    if (next !== undefined) return next;
    // One at first, then ever larger blocks: a bulk write asks the database a few times only.
    this.handedOut[table] = Math.min(Math.max(1, this.handedOut[table] * 4), 1_000);
    const [first, ...rest] = await nextIds(this.tx, table, this.handedOut[table]);
    if (first === undefined) throw new Error(`the id sequence of ${table} gave nothing`);
    spare.push(...rest);
    // Nobody can have them: no need to ask.
    const entries: Map<string, Entry<TableName>> = this.entries[table];
    for (const id of [first, ...rest]) entries.set(String(id), { original: null, current: null, at: '' });
    return first;
  }

  fault(pointer: string, code: string, message: string): void {
    if (this.faults.length < maxFaults) this.faults.push({ pointer, code, message });
  }

  /** Rows that are new or different, in the order of the wire tables. */
  *changed(): Generator<{ readonly [T in TableName]: { readonly table: T; readonly entry: Entry<T> } }[TableName]> {
    for (const table of tableNames) {
      for (const entry of this.entries[table].values()) {
        // The entry comes from its own table's map; TypeScript cannot follow the union through the loop.
        if (entry.current !== entry.original) yield { table, entry } as { readonly table: 'tenant'; readonly entry: Entry<'tenant'> };
      }
    }
  }

  private group<T extends TableName>(table: T, stored: Stored<T>): void {
    const owner = groupOf(table, stored.row);
    if (owner === null) return;
    const name = `${table} ${owner}`;
    const keys = this.groups.get(name);
    if (keys === undefined) this.groups.set(name, new Set([stored.key]));
    else keys.add(stored.key);
  }

  private entry<T extends TableName>(table: T, key: string): Entry<T> {
    const entry = this.of(table).get(key);
    if (entry === undefined) throw new Error(`${table} ${key} was not loaded`);
    return entry;
  }
}

/** What a row is looked up by besides its key, or null. */
function groupOf(table: TableName, row: Rows[TableName]): string | null {
  if (table === 'rule' && 'routeSet' in row) return String(row.routeSet);
  if (table === 'destination' && 'set' in row) return String(row.set);
  if (table === 'tenant' && 'key' in row) return row.key;
  return null;
}

/** Text that people wrote: no control characters but tab and line breaks, no half of a surrogate pair. */
function readable(text: string): boolean {
  return text.isWellFormed() && !/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(text);
}
