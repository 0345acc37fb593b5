/** Binary frames of a stream: `u8 kind = 1 | u32 batch | u32 seq | gzip(NDJSON)`, one row change a line. */
import { isTableName } from './decode.ts';
import type { WireRow } from './wire.ts';
import type { TableName } from './rows.ts';

const chunkKind = 1;
export const chunkHeaderBytes = 9;

/** The header that goes in front of a shared gzip body. `seq` counts from 0. */
export function chunkHeader(batch: number, seq: number): Buffer {
  const header = Buffer.alloc(chunkHeaderBytes);
  header.writeUInt8(chunkKind, 0);
  header.writeUInt32BE(batch, 1);
  header.writeUInt32BE(seq, 5);
  return header;
}

/** null when the frame is no chunk. The body is a view, not a copy. */
export function parseChunk(frame: Buffer): { readonly batch: number; readonly seq: number; readonly body: Buffer } | null {
  if (frame.length < chunkHeaderBytes || frame.readUInt8(0) !== chunkKind) return null;
  return { batch: frame.readUInt32BE(1), seq: frame.readUInt32BE(5), body: frame.subarray(chunkHeaderBytes) };
}

/** One line of NDJSON: `["domain","sip.example",{...}]`, or null in the third place for a removal. No line end. */
export function rowLine(table: TableName, key: string, json: string | null): string {
  return `["${table}",${JSON.stringify(key)},${json ?? 'null'}]`;
}

/**
 * The inverse of `rowLine`, without parsing the row: its text is kept byte for byte because it is what is hashed.
 * null when the line has another form; whether the row is JSON at all is the decoder's question.
 */
export function parseRowLine(line: string): WireRow | null {
  if (!line.startsWith('["') || !line.endsWith(']')) return null;
  const tableEnd = line.indexOf('"', 2);
  const table = line.slice(2, tableEnd);
  if (tableEnd < 0 || !isTableName(table) || !line.startsWith(',"', tableEnd + 1)) return null;
  const keyStart = tableEnd + 2;
  const keyEnd = stringEnd(line, keyStart);
  if (keyEnd < 0 || line[keyEnd] !== ',') return null;
  const key = unquote(line.slice(keyStart, keyEnd));
  const json = line.slice(keyEnd + 1, -1);
  return key === null || json === '' ? null : [table, key, json === 'null' ? null : json];
}

/** Offset behind the JSON string that starts at `start`; -1 = unterminated. */
function stringEnd(line: string, start: number): number {
  for (let i = start + 1; i < line.length; i++) {
    const code = line.charCodeAt(i);
    if (code === 0x5c) i++;
    else if (code === 0x22) return i + 1;
  }
  return -1;
}

function unquote(text: string): string | null {
  if (!text.includes('\\')) return text.slice(1, -1);
  try {
    return String(JSON.parse(text));
  } catch {
    return null;
  }
}
