/** First line of a db_text table: `name(type[,attribute])` separated by blanks. PURE. */
import type { Result } from '../../dataplane/contract/result.ts';
import { err, ok } from '../../dataplane/contract/result.ts';
import type { ImportFault } from './report.ts';

export type DbTextType = 'int' | 'double' | 'string' | 'blob' | 'time';

export interface DbTextColumn {
  readonly name: string;
  readonly type: DbTextType;
  readonly nullable: boolean;
  /** At most one, an int: an empty field is numbered. */
  readonly auto: boolean;
}

/** Kamailio looks at the first letter of the type only. `str` and `string` are one type here. */
const typeLetters: Readonly<Record<string, DbTextType>> = { i: 'int', d: 'double', s: 'string', b: 'blob', t: 'time' };

const maxColumns = 64;
const columnForm = /^([A-Za-z0-9_]{1,64})\(\s*([A-Za-z]{1,16})\s*(?:,\s*([A-Za-z]{1,16})\s*)?\)/;

/** Parses the header line (a CR at its end is ignored). Columns may stand in any order; readers go by name. */
export function parseDbTextHeader(file: string, rawLine: string): Result<readonly DbTextColumn[], ImportFault> {
  const line = rawLine.endsWith('\r') ? rawLine.slice(0, -1) : rawLine;
  const fault = (column: number, code: string, message: string): Result<never, ImportFault> =>
    err({ code, file, line: 1, column, message });
  if (line.trim() === '') return fault(1, 'header-missing', 'The first line is empty; it must name the columns, for example "id(int,auto) domain(string)".');
  const columns: DbTextColumn[] = [];
  let at = 0;
  while (at < line.length) {
    if (line[at] === ' ' || line[at] === '\t') {
      at += 1;
      continue;
    }
    const match = columnForm.exec(line.slice(at, at + 256));
    if (match === null) {
      return fault(at + 1, 'bad-column', 'A column is written name(type) or name(type,attribute), without blanks before "(".');
    }
    const [whole, name = '', typeWord = '', attribute] = match;
    const type = typeLetters[typeWord.charAt(0).toLowerCase()];
    if (type === undefined) {
      return fault(at + 1, 'unknown-type', `Column "${name}" has the type "${typeWord}"; accepted are int, double, string, str, blob and time.`);
    }
    const flag = attribute?.toLowerCase();
    if (flag !== undefined && flag !== 'auto' && flag !== 'null') {
      return fault(at + 1, 'unknown-attribute', `Column "${name}" has the attribute "${attribute}"; accepted are auto and null.`);
    }
    if (flag === 'auto' && (type !== 'int' || columns.some((column) => column.auto))) {
      return fault(at + 1, 'bad-auto', `Column "${name}" cannot be "auto": one int column of a table can.`);
    }
    if (columns.some((column) => column.name === name)) return fault(at + 1, 'duplicate-column', `Column "${name}" is there twice.`);
    if (columns.length >= maxColumns) return fault(at + 1, 'too-many-columns', `More than ${maxColumns} columns.`);
    columns.push({ name, type, nullable: flag === 'null', auto: flag === 'auto' });
    at += whole.length;
    if (at < line.length && line[at] !== ' ' && line[at] !== '\t') return fault(at + 1, 'bad-column', 'Columns are separated by a blank.');
  }
  return ok(columns);
}
