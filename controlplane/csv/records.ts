/** CSV (RFC 4180) as a stream of records with named columns; every fault says line and column. */
import { CsvError, parse } from 'csv-parse';
import { err, ok } from '../../dataplane/contract/result.ts';
import type { Result } from '../../dataplane/contract/result.ts';
import type { ProblemField } from '../contract/problem.ts';

export interface CsvBounds {
  readonly lines: number;
  readonly bytes: number;
  readonly lineBytes: number;
}

export interface CsvRecord {
  /** Line of the file, from 1. */
  readonly line: number;
  /** The text of a column; '' when the line or the file has none. */
  get(column: string): string;
}

/** Faults of a file: at most 100, each with the pointer `line:column` (columns count from 1; 0 = the whole line). */
export class CsvFaults {
  readonly list: ProblemField[] = [];
  private readonly places: ReadonlyMap<string, number>;

  constructor(places: ReadonlyMap<string, number>) {
    this.places = places;
  }

  add(line: number, column: string, code: string, message: string): void {
    if (this.list.length < 100) this.list.push({ pointer: `${line}:${(this.places.get(column) ?? -1) + 1}`, code, message: column === '' ? message : `${column} ${message}` });
  }
}

/**
 * Reads a whole file. With a first line that names columns (`required` must be among them, others may stand anywhere), or,
 * when that line names none, with `columns` in this order. `take` gets each record as it comes.
 */
export async function readCsv(
  body: AsyncIterable<Buffer>, columns: readonly string[], required: readonly string[], bounds: CsvBounds, take: (record: CsvRecord, faults: CsvFaults) => void,
): Promise<Result<number, readonly ProblemField[]>> {
  const parser = parse({ bom: true, trim: true, skip_empty_lines: true, relax_column_count: true, max_record_size: bounds.lineBytes, info: true });
  const feeding = feed(body, parser, bounds);
  let places = new Map(columns.map((column, index) => [column, index]));
  let faults = new CsvFaults(places);
  let records = 0;
  let first = true;
  try {
    for await (const parsed of parser) {
      const { record, info } = parsed as { readonly record: readonly string[]; readonly info: { readonly lines: number } };
      if (first) {
        first = false;
        const named = namesOf(record, columns);
        if (named !== null) {
          const absent = required.filter((column) => !named.has(column));
          if (absent.length > 0) return refuse(info.lines, 'required', `the first line names columns, but not ${absent.join(', ')}; accepted: ${columns.join(', ')}`);
          places = named;
          faults = new CsvFaults(places);
          continue;
        }
      }
      if (++records > bounds.lines) return refuse(info.lines, 'too-long', `must have at most ${bounds.lines} lines`);
      take({ line: info.lines, get: (column) => record[places.get(column) ?? -1] ?? '' }, faults);
      if (faults.list.length >= 100) break;
    }
  } catch (error) {
    if (error instanceof Oversized) return refuse(0, 'too-long', `must have at most ${bounds.bytes} bytes`);
    if (error instanceof CsvError) return refuse(Number(error['lines'] ?? 0), 'format', csvSentence(error, bounds));
    throw error;
  } finally {
    parser.destroy();
    await feeding;
  }
  return faults.list.length > 0 ? err(faults.list) : ok(records);
}

class Oversized extends Error {}

/** Hands the body on; what goes wrong with it comes out of the parser. */
async function feed(body: AsyncIterable<Buffer>, parser: ReturnType<typeof parse>, bounds: CsvBounds): Promise<void> {
  let bytes = 0;
  try {
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > bounds.bytes) throw new Oversized();
      if (parser.destroyed) return;
      if (!parser.write(chunk)) await roomIn(parser);
    }
    parser.end();
  } catch (error) {
    parser.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

const roomIn = (parser: ReturnType<typeof parse>): Promise<void> => new Promise((resolve) => {
  const done = (): void => {
    parser.off('drain', done).off('close', done);
    resolve();
  };
  parser.on('drain', done).on('close', done);
});

/** Where each column stands when `record` is a line of names; null when it is data. */
function namesOf(record: readonly string[], columns: readonly string[]): Map<string, number> | null {
  const words = record.map((word) => word.toLowerCase());
  if (!words.some((word) => columns.some((column) => column.toLowerCase() === word))) return null;
  return new Map(columns.flatMap((column): [string, number][] => {
    const index = words.indexOf(column.toLowerCase());
    return index < 0 ? [] : [[column, index]];
  }));
}

function csvSentence(error: CsvError, bounds: CsvBounds): string {
  switch (error.code) {
    case 'CSV_MAX_RECORD_SIZE': return `a line must have at most ${bounds.lineBytes} bytes`;
    case 'CSV_QUOTE_NOT_CLOSED': return 'a quotation mark is not closed';
    case 'INVALID_OPENING_QUOTE': case 'CSV_INVALID_CLOSING_QUOTE': return 'a quotation mark stands inside a field that is not quoted';
    default: return 'is no CSV (RFC 4180): fields separated by commas, quoted with ""';
  }
}

const refuse = (line: number, code: string, message: string): Result<never, readonly ProblemField[]> => err([{ pointer: `${line}:0`, code, message }]);
