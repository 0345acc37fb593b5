/** Reads the columns that an importer needs from a db_text table, by name, with faults that point at the field. PURE. */
import type { Result } from '../../dataplane/contract/result.ts';
import { err, ok } from '../../dataplane/contract/result.ts';
import type { DbTextCell, DbTextRow, DbTextTable } from './db-text.ts';
import type { DbTextType } from './db-text-header.ts';
import type { ImportFault, Notes } from './report.ts';

export interface WantedColumn {
  readonly name: string;
  readonly type: 'int' | 'string';
  readonly required: boolean;
}

/** One row's access by column name. */
export interface NamedRow {
  readonly line: number;
  /** `dispatcher:3` */
  readonly where: string;
  int(name: string): number | null;
  text(name: string): string | null;
  /** A fault at the field, for values that parse but mean nothing. */
  fault(name: string, code: string, message: string): ImportFault;
}

const fits: Readonly<Record<WantedColumn['type'], readonly DbTextType[]>> = {
  int: ['int', 'time'],
  string: ['string', 'blob'],
};

/** Checks the header against `wanted` and returns the rows; columns not wanted are named in a warning. */
export function readRows(table: DbTextTable, wanted: readonly WantedColumn[], ignored: readonly string[], warnings: Notes): Result<readonly NamedRow[], ImportFault> {
  const index = new Map(table.columns.map((column, at) => [column.name, at]));
  for (const want of wanted) {
    const at = index.get(want.name);
    const column = at === undefined ? undefined : table.columns[at];
    if (column === undefined) {
      if (!want.required) continue;
      return err({ code: 'missing-column', file: table.file, line: 1, column: null, message: `The column "${want.name}" is missing; the table needs ${wanted.filter((one) => one.required).map((one) => one.name).join(', ')}.` });
    }
    if (!fits[want.type].includes(column.type)) {
      return err({ code: 'wrong-type', file: table.file, line: 1, column: null, message: `The column "${want.name}" has the type ${column.type}; accepted is ${want.type}.` });
    }
  }
  const known = new Set([...wanted.map((want) => want.name), ...ignored]);
  for (const column of table.columns) {
    if (!known.has(column.name)) warnings.add('column-ignored', `${table.file}:1`, `The column "${column.name}" is not known here and is left out.`);
  }
  const rows = table.rows.map((row) => namedRow(table.file, row, index));
  for (const row of table.rows) {
    const nul = row.cells.find((cell) => typeof cell.value === 'string' && cell.value.includes('\0'));
    if (nul !== undefined) {
      return err({ code: 'nul-in-value', file: table.file, line: row.line, column: nul.at, message: 'The value holds "\\0"; Kamailio cuts a text there, and no name, URI or attribute has one.' });
    }
  }
  return ok(rows);
}

function namedRow(file: string, row: DbTextRow, index: ReadonlyMap<string, number>): NamedRow {
  const cell = (name: string): DbTextCell | undefined => {
    const at = index.get(name);
    return at === undefined ? undefined : row.cells[at];
  };
  return {
    line: row.line,
    where: `${file}:${row.line}`,
    int: (name) => {
      const value = cell(name)?.value ?? null;
      return typeof value === 'number' ? value : null;
    },
    text: (name) => {
      const value = cell(name)?.value ?? null;
      return typeof value === 'string' ? value : null;
    },
    fault: (name, code, message) => ({ code, file, line: row.line, column: cell(name)?.at ?? null, message }),
  };
}
