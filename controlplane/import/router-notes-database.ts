/**
 * Reads the two tables of SIP Router Notes out of an uploaded SQLite file. The file is opened in memory and is not
 * trusted: plain tables only (a view or a generated column could run anything), bounded rows, no writing.
 */
import { DatabaseSync } from 'node:sqlite';
import type { Result } from '../../dataplane/contract/result.ts';
import { err, ok } from '../../dataplane/contract/result.ts';
import type { ImportFault, Notes } from './report.ts';

export const sqliteBounds = { bytes: 64 * 1024 * 1024, rows: 100_000, valueBytes: 16_384 } as const;

export interface NotesDomain {
  readonly domain: string;
  readonly setid: number;
  readonly enabled: boolean;
  readonly comment: string;
  readonly where: string;
}

export interface NotesDestination {
  readonly setid: number;
  readonly destination: string;
  readonly flags: number;
  readonly priority: number;
  readonly attrs: string | null;
  readonly where: string;
}

export interface NotesTables {
  readonly domains: readonly NotesDomain[];
  /** In the order of the file (row ids). */
  readonly destinations: readonly NotesDestination[];
}

type Row = Readonly<Record<string, unknown>>;
type Read<T> = Result<T, ImportFault>;

/** Reads both tables. Faults name the table, the row (its rowid) and what is accepted. */
export function readNotesDatabase(bytes: Uint8Array, warnings: Notes): Read<NotesTables> {
  if (bytes.length > sqliteBounds.bytes) return fault('too-large', '', `The file is larger than ${sqliteBounds.bytes / 1024 / 1024} MiB.`);
  if (!Buffer.from(bytes.subarray(0, 16)).equals(Buffer.from('SQLite format 3\0', 'latin1'))) {
    return fault('not-sqlite', '', 'The file is not an SQLite 3 database.');
  }
  const database = new DatabaseSync(':memory:', { enableForeignKeyConstraints: false, allowExtension: false });
  try {
    database.deserialize(withoutWal(bytes, warnings));
    database.enableDefensive(true);
    database.exec('PRAGMA trusted_schema = OFF; PRAGMA query_only = ON; PRAGMA cell_size_check = ON');
    const domains = readTable(database, 'sip_domains', ['domain', 'dispatcher_setid'], ['enabled', 'comment'], warnings);
    if (!domains.ok) return domains;
    const destinations = readTable(database, 'dispatcher', ['setid', 'destination'], ['id', 'flags', 'priority', 'attrs', 'description'], warnings);
    if (!destinations.ok) return destinations;
    const readDomains = collect('sip_domains', domains.value, toDomain);
    if (!readDomains.ok) return readDomains;
    const readDestinations = collect('dispatcher', destinations.value, toDestination);
    return readDestinations.ok ? ok({ domains: readDomains.value, destinations: readDestinations.value }) : readDestinations;
  } catch (error) {
    return fault('sqlite', '', `SQLite cannot read the file: ${error instanceof Error ? error.message : String(error)}.`);
  } finally {
    database.close();
  }
}

/** A database in WAL mode says so in bytes 18 and 19 of its header; in memory there is no WAL to look for. */
function withoutWal(bytes: Uint8Array, warnings: Notes): Uint8Array {
  const copy = Uint8Array.from(bytes);
  if (copy[18] === 2 || copy[19] === 2) {
    copy[18] = 1;
    copy[19] = 1;
    warnings.add('wal', 'file', 'The database is in WAL mode: changes that are still in its -wal file are not in this file. Run "PRAGMA wal_checkpoint(TRUNCATE)" before copying it.');
  }
  return copy;
}

function readTable(database: DatabaseSync, table: 'sip_domains' | 'dispatcher', required: readonly string[], optional: readonly string[], warnings: Notes): Read<readonly Row[]> {
  const [entry] = database.prepare('SELECT type FROM sqlite_schema WHERE name = ? COLLATE NOCASE').all(table) as Row[];
  if (entry === undefined) return fault('missing-table', table, `The database has no table "${table}"; sip_domains and dispatcher are needed.`);
  if (entry['type'] !== 'table') return fault('not-a-table', table, `"${table}" is a ${String(entry['type'])}; only a plain table is read.`);
  const columns = database.prepare('SELECT name, hidden FROM pragma_table_xinfo(?)').all(table) as Row[];
  if (columns.some((column) => column['hidden'] !== 0)) return fault('generated-column', table, `"${table}" has generated or hidden columns; only plain ones are read.`);
  const names = new Set(columns.map((column) => String(column['name']).toLowerCase()));
  const missing = required.filter((name) => !names.has(name));
  if (missing.length > 0) return fault('missing-column', table, `"${table}" has no column ${missing.join(', ')}; it needs ${required.join(', ')}.`);
  for (const name of names) {
    if (!required.includes(name) && !optional.includes(name)) warnings.add('column-ignored', table, `The column "${name.slice(0, 64)}" is not known here and is left out.`);
  }
  const wanted = [...required, ...optional].filter((name) => names.has(name));
  return boundedRows(database, table, wanted);
}

/**
 * Row by row, with lengths looked at before values: rows of a crafted file may all point at the same pages, so that a
 * small file claims to hold any amount. `octet_length` reads the length from the row's header.
 */
function boundedRows(database: DatabaseSync, table: string, columns: readonly string[]): Read<readonly Row[]> {
  const tooLong = columns.map((name) => `coalesce(octet_length("${name}"), 0) > ${sqliteBounds.valueBytes}`);
  const values = columns.map((name, index) => `iif(${tooLong[index] ?? '0'}, NULL, "${name}") AS "${name}"`);
  const rows: Row[] = [];
  let total = 0;
  const statement = database.prepare(`SELECT rowid AS row_number, (${tooLong.join(' OR ')}) AS too_long, ${values.join(', ')} FROM ${table} ORDER BY rowid LIMIT ${sqliteBounds.rows + 1}`);
  for (const row of statement.iterate() as Iterable<Row>) {
    if (rows.length >= sqliteBounds.rows) return fault('too-many-rows', table, `"${table}" has more than ${sqliteBounds.rows} rows.`);
    const where = `${table}:${String(row['row_number'])}`;
    if (row['too_long'] !== 0) return fault('value-too-long', where, `A value of the row is longer than ${sqliteBounds.valueBytes} bytes; no name, URI, attribute or comment is.`);
    for (const value of Object.values(row)) total += typeof value === 'string' || value instanceof Uint8Array ? value.length : 0;
    if (total > sqliteBounds.bytes) return fault('too-large', where, `The rows of "${table}" up to here hold more than ${sqliteBounds.bytes / 1024 / 1024} MiB.`);
    rows.push(row);
  }
  return ok(rows);
}

function collect<T>(table: string, rows: readonly Row[], read: (row: Row, where: string) => Read<T>): Read<readonly T[]> {
  const values: T[] = [];
  for (const row of rows) {
    const value = read(row, String(row['row_number']));
    if (!value.ok) return value;
    const nul = Object.entries(row).find(([, field]) => typeof field === 'string' && field.includes('\0'));
    if (nul !== undefined) return fault('nul-in-value', `${table}:${String(row['row_number'])}`, `"${nul[0]}" holds the character NUL; no name, URI or comment has one.`);
    values.push(value.value);
  }
  return ok(values);
}

function toDomain(row: Row, number: string): Read<NotesDomain> {
  const where = `sip_domains:${number}`;
  const domain = row['domain'];
  if (typeof domain !== 'string' || domain === '') return fault('empty-domain', where, 'The domain must be a text that is not empty.');
  const setid = integer(row['dispatcher_setid'], null);
  if (setid === null || setid < 0) return fault('bad-setid', where, `dispatcher_setid is ${shown(row['dispatcher_setid'])}; accepted are whole numbers from 0.`);
  const enabled = integer(row['enabled'], 1);
  if (enabled !== 0 && enabled !== 1) return fault('bad-enabled', where, `enabled is ${shown(row['enabled'])}; accepted are 0 and 1.`);
  return ok({ domain, setid, enabled: enabled === 1, comment: typeof row['comment'] === 'string' ? row['comment'] : '', where });
}

function toDestination(row: Row, number: string): Read<NotesDestination> {
  const where = `dispatcher:${number}`;
  const { destination, attrs } = row;
  if (typeof destination !== 'string' || destination === '') return fault('empty-destination', where, 'The destination must be a text that is not empty.');
  const setid = integer(row['setid'], null);
  if (setid === null || setid < 0) return fault('bad-setid', where, `setid is ${shown(row['setid'])}; accepted are whole numbers from 0.`);
  const flags = integer(row['flags'], 0);
  const priority = integer(row['priority'], 0);
  if (flags === null || flags < 0) return fault('bad-flags', where, `flags is ${shown(row['flags'])}; accepted are whole numbers from 0.`);
  if (priority === null) return fault('bad-priority', where, `priority is ${shown(row['priority'])}; accepted are whole numbers.`);
  return ok({ setid, destination, flags, priority, attrs: typeof attrs === 'string' && attrs !== '' ? attrs : null, where });
}

/** SQLite columns hold any type: "10" in an INTEGER column is 10, in a column without a type it stays text. NULL = `missing`. */
function integer(value: unknown, missing: number | null): number | null {
  if (value === null || value === undefined) return missing;
  const number = typeof value === 'string' && /^-?[0-9]{1,10}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && Math.abs(number) <= 2_147_483_647 ? number : null;
}

function shown(value: unknown): string {
  if (value instanceof Uint8Array) return 'a blob';
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' ? `"${String(value).slice(0, 40)}"` : 'NULL';
}

/** `place` is `table` or `table:rowid`. */
function fault(code: string, place: string, message: string): Result<never, ImportFault> {
  const [file = '', line] = place.split(':');
  return err({ code, file, line: line === undefined ? null : Number(line), column: null, message });
}
