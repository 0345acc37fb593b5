/**
 * Packs a big table. Rows are taken in as they come, in growing columns; `finish` lays them into one SharedArrayBuffer and
 * builds the index, in slices, so that whoever packs goes on with other things in between.
 */
import { flag, measureWords, PackedBase, packedLayout, placeHash, printOf, textHash } from './packed-base.ts';
import type { BigTableName, Fields, PackedKind } from './packed-kinds.ts';
import { newFields } from './packed-kinds.ts';

/** Rows, and bytes, that are handled between two yields of `finish`: well under 2 ms. */
const sliceRows = 4_096;
const sliceBytes = 512 * 1024;
/** Slots a row: 0.6 of them are taken, so that a stranger costs some three prints, which lie side by side. */
const slotsPerRow = 1.6;
const longestText = 255;
const startRows = 64;

const scratch = newFields();
const encoder = new TextEncoder();

export class PackedDraft<T extends BigTableName = BigTableName> {
  readonly kind: PackedKind<T>;
  /** Rows taken in, superseded ones included. */
  rows = 0;
  private textBytes = 0;
  private y = new Float64Array(startRows);
  private places = new Uint32Array(startRows);
  private spaces = new Int32Array(startRows);
  private x = new Int32Array(startRows);
  private flags = new Uint8Array(startRows);
  private texts = new Uint8Array(startRows * 32);
  private readonly measures = new Int32Array(measureWords);

  constructor(kind: PackedKind<T>) {
    this.kind = kind;
  }

  /** Takes a row in; one of the same key supersedes it later. False = it has not the form of a packed row, and is not taken. */
  add(fields: Fields): boolean {
    const { text, extra } = fields;
    if ((fields.space | 0) !== fields.space || (fields.x | 0) !== fields.x || text.length > longestText || extra.length > longestText) return false;
    this.reserve(text.length + 2 + 3 * extra.length);
    const { texts } = this;
    let end = this.textBytes;
    texts[end++] = text.length;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 255) return false;
      texts[end++] = code;
    }
    if (extra !== '') {
      const { written } = encoder.encodeInto(extra, texts.subarray(end + 1));
      if (written > longestText || !extra.isWellFormed()) return false;
      texts[end] = written;
      end += 1 + written;
    }
    this.append(fields.space, fields.x, fields.y, (fields.enabled ? flag.enabled : 0) | (extra === '' ? 0 : flag.extra), end);
    this.note(this.kind.measure(fields));
    return true;
  }

  /** Takes over a row as it was packed before. */
  addFrom(base: PackedBase, row: number): void {
    const flags = base.flags[row] as number;
    const start = base.places[row] as number;
    let stop = start + 1 + (base.texts[start] as number);
    if ((flags & flag.extra) !== 0) stop += 1 + (base.texts[stop] as number);
    this.reserve(stop - start);
    let end = this.textBytes;
    for (let i = start; i < stop; i++) this.texts[end++] = base.texts[i] as number;
    this.append(base.spaces[row] as number, base.x[row] as number, base.y[row] as number, flags, end);
  }

  /** Measures of rows that `addFrom` took: those of the base at most. */
  noteMeasures(measures: Int32Array): void {
    for (let i = 0; i < measureWords; i++) this.measures[i] = (this.measures[i] as number) | (measures[i] as number);
  }

  /**
   * The packed table. Of rows of one key the last counts; `superseded` is told the numbers of the others. The draft is
   * spent and its memory given back.
   */
  *finish(superseded: (base: PackedBase<T>, row: number) => void = ignore): Generator<undefined, PackedBase<T>> {
    const { rows, textBytes } = this;
    const capacity = Math.ceil(rows * slotsPerRow) + 2;
    const at = packedLayout(rows, capacity, textBytes);
    const buffer = new SharedArrayBuffer(at.bytes);
    PackedBase.label(buffer, rows, rows, capacity, textBytes);
    const base = new PackedBase(this.kind, buffer);
    base.measures.set(this.measures);
    yield* move(this.y, base.y);
    yield* move(this.places, base.places);
    yield* move(this.spaces, base.spaces);
    yield* move(this.x, base.x);
    yield* move(this.flags, base.flags);
    yield* move(this.texts, base.texts);
    let size = rows;
    for (let row = 0; row < rows; row++) {
      if (enter(base, row, superseded)) size--;
      if (row % sliceRows === sliceRows - 1) yield;
    }
    PackedBase.label(buffer, rows, size, capacity, textBytes);
    return size === rows ? base : new PackedBase(this.kind, buffer);
  }

  /** Gives the memory back without packing. */
  drop(): void {
    for (const column of [this.y, this.places, this.spaces, this.x, this.flags, this.texts]) free(column);
    this.rows = 0;
  }

  private append(space: number, x: number, y: number, flags: number, end: number): void {
    const row = this.rows++;
    this.spaces[row] = space;
    this.x[row] = x;
    this.y[row] = y;
    this.flags[row] = flags;
    this.places[row] = this.textBytes;
    this.textBytes = end;
  }

  private note(measure: number): void {
    if (measure >= 0) this.measures[measure >>> 5] = (this.measures[measure >>> 5] as number) | (1 << (measure & 31));
  }

  private reserve(bytes: number): void {
    if (this.textBytes + bytes > this.texts.length) this.texts = grown(this.texts, new Uint8Array(2 * this.texts.length + bytes));
    if (this.rows < this.flags.length) return;
    const rows = 2 * this.flags.length;
    this.y = grown(this.y, new Float64Array(rows));
    this.places = grown(this.places, new Uint32Array(rows));
    this.spaces = grown(this.spaces, new Int32Array(rows));
    this.x = grown(this.x, new Int32Array(rows));
    this.flags = grown(this.flags, new Uint8Array(rows));
  }
}

type Column = Float64Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

const ignore = (): void => undefined;

/** Gives memory back now: the collector sees only a small object and would take its time. */
function free(column: Column): void {
  column.buffer.transfer(0);
}

function grown<C extends Column>(from: C, to: C): C {
  to.set(from);
  free(from);
  return to;
}

/** Copies a column in slices and frees it. */
function* move(from: Column, to: Float64Array | Uint32Array | Int32Array | Uint8Array): Generator<undefined, void> {
  const step = sliceBytes / from.BYTES_PER_ELEMENT;
  for (let at = 0; at < to.length; at += step) {
    to.set(from.subarray(at, Math.min(at + step, to.length)), at);
    yield;
  }
  free(from);
}

/** Enters a row into the index. True when it took the place of another. */
function enter<T extends BigTableName>(base: PackedBase<T>, row: number, superseded: (base: PackedBase<T>, row: number) => void): boolean {
  base.read(row, scratch);
  const { space, text, x } = scratch;
  const hash = placeHash(textHash(text, 0, text.length), space);
  let slot = base.home(hash);
  for (let found = base.seek(slot, hash, space, text, 0, text.length); found >= 0; found = base.seek(base.after(found), hash, space, text, 0, text.length)) {
    const other = base.slots[found] as number;
    if (base.kind.multiple && base.x[other] !== x) continue;
    superseded(base, other);
    base.flags[other] = (base.flags[other] as number) | flag.dead;
    base.slots[found] = row;
    return true;
  }
  while (base.prints[slot] !== 0) slot = base.after(slot);
  base.prints[slot] = printOf(hash);
  base.slots[slot] = row;
  return false;
}
