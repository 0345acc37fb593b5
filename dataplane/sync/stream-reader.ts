/**
 * From gzip chunks to rows in slices: a chunk is unpacked off the main thread, and rows are handed on for at most 2 ms at a
 * time, so that SIP on the same thread hardly notices a snapshot of a million rows. Chunks and what follows them stay in order.
 */
import { gunzip } from 'node:zlib';
import { promisify } from 'node:util';
import { setImmediate as pause } from 'node:timers/promises';
import { parseRowLine } from '../contract/frames.ts';
import type { WireRow } from '../contract/wire.ts';
import { channel } from '../contract/wire.ts';
import { limits } from '../contract/limits.ts';
import type { NodeEvent } from './node-events.ts';

const unpack = promisify(gunzip);
/** Longest work between two turns of the event loop, and rows between two looks at the clock. */
export const sliceMs = 2;
const rowsPerLook = 16;

/** A chunk may not grow beyond that: a full chunk or one row of the largest size, in up to 3 bytes a character. */
const unpackedBytes = 3 * (channel.chunkBytes + 2 * limits.rowBytes);

/** Unpacks one chunk and feeds its rows; `step` takes each event at once. @param now a monotonic clock in milliseconds. */
export async function feedChunk(chunk: { readonly batch: number; readonly seq: number; readonly body: Buffer }, step: (event: NodeEvent) => void, now: () => number): Promise<void> {
  const { batch, seq, body } = chunk;
  let text: string;
  try {
    text = (await unpack(body, { maxOutputLength: unpackedBytes })).toString('utf8');
  } catch (error) {
    step({ type: 'chunk-broken', batch, detail: error instanceof Error ? error.message : String(error) });
    return;
  }
  let sliceStart = now();
  let rows: WireRow[] = [];
  let count = 0;
  for (let start = 0; start < text.length;) {
    const end = text.indexOf('\n', start);
    const line = text.slice(start, end < 0 ? text.length : end);
    start = end < 0 ? text.length : end + 1;
    const row = parseRowLine(line);
    if (row === null || ++count > limits.chunkRows) {
      step({ type: 'chunk-broken', batch, detail: row === null ? 'a line is no row' : `more than ${limits.chunkRows} rows` });
      return;
    }
    rows.push(row);
    if (rows.length < rowsPerLook) continue;
    step({ type: 'rows', batch, seq, rows });
    rows = [];
    if (now() - sliceStart < sliceMs) continue;
    await pause();
    sliceStart = now();
  }
  if (rows.length > 0) step({ type: 'rows', batch, seq, rows });
  step({ type: 'chunk-end', batch, seq });
}
