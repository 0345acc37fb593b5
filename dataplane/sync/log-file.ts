/**
 * The text of `config.log`: a header that names the snapshot it extends, then one line for each applied delta. Every line
 * starts with the SHA-256 of its JSON, so a torn or damaged tail is seen; replay stops in front of it.
 */
import { hash } from 'node:crypto';
import { readTableHashes } from '../contract/hash.ts';
import type { TableHashes } from '../contract/hash.ts';
import { isTableName } from '../contract/decode.ts';
import type { WireRow } from '../contract/wire.ts';
import { parseObject } from './snapshot-file.ts';

const magic = 'signalbox-config-log';

/** One applied delta. */
export interface LogRecord {
  readonly epoch: string;
  readonly from: number;
  readonly to: number;
  readonly hashes: TableHashes;
  readonly rows: readonly WireRow[];
}

/** First line of a log that extends the snapshot of (epoch, rev). */
export function logHeader(epoch: string, rev: number): string {
  return seal(JSON.stringify({ magic, epoch, rev }));
}

export function logLine(record: LogRecord): string {
  return seal(JSON.stringify(record));
}

/** What a log holds. `damaged` = the offset in lines of the first line that cannot be trusted, -1 when all can. */
export interface ReadLog {
  readonly epoch: string;
  readonly rev: number;
  readonly records: readonly LogRecord[];
  readonly damaged: number;
}

/** Reads a whole log; null when not even its header can be trusted. */
export function readLog(text: string): ReadLog | null {
  const lines = text.split('\n');
  const header = unseal(lines[0] ?? '');
  if (header?.['magic'] !== magic || typeof header['epoch'] !== 'string' || typeof header['rev'] !== 'number') return null;
  const records: LogRecord[] = [];
  let damaged = -1;
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i] ?? '';
    if (line === '' && i === lines.length - 1) break;
    const record = readRecord(line);
    // The last line without its end was being written when the node died.
    if (record === null || i === lines.length - 1) {
      damaged = i;
      break;
    }
    records.push(record);
  }
  return { epoch: header['epoch'], rev: header['rev'], records, damaged };
}

function readRecord(line: string): LogRecord | null {
  const record = unseal(line);
  if (record === null) return null;
  const { epoch, from, to, hashes, rows } = record;
  const sums = readTableHashes(hashes);
  if (typeof epoch !== 'string' || typeof from !== 'number' || typeof to !== 'number' || sums === null || !Array.isArray(rows) || !rows.every(isWireRow)) return null;
  return { epoch, from, to, hashes: sums, rows };
}

function isWireRow(value: unknown): value is WireRow {
  return Array.isArray(value) && value.length === 3 && isTableName(value[0]) && typeof value[1] === 'string' && (value[2] === null || typeof value[2] === 'string');
}

const seal = (json: string): string => `${hash('sha256', json, 'hex')} ${json}\n`;

function unseal(line: string): Readonly<Record<string, unknown>> | null {
  const json = line.slice(65);
  return line[64] === ' ' && hash('sha256', json, 'hex') === line.slice(0, 64) ? parseObject(json) : null;
}
