/**
 * Packs a big table. Records are taken in as rows come, in segments; `finish` lays them into one SharedArrayBuffer
 * and builds the index, in slices, so that whoever packs goes on with other things in between.
 */
import { flag, measureWords, PackedBase, placeHash, recordHead, textHash } from './packed-base.ts';
import type { BigTableName, Fields, PackedKind } from './packed-kinds.ts';
import { newFields } from './packed-kinds.ts';

/** Rows, and words, that are handled between two yields of `finish`: well under 2 ms. */
const sliceRows = 2_048;
/** Words of a segment: records are gathered in pieces of up to 512 KiB, because one growing buffer would have to be copied as it grows. */
const leastSegment = 1_024;
const mostSegment = 128 * 1024;
/** Slots a row: 0.6 of them are taken, so that a stranger costs some three slots, which lie side by side. */
const slotsPerRow = 1.6;
const longestText = 255;
const twoTo32 = 4_294_967_296;
/** Longest record: head, text, length byte, second text. */
const longestRecord = 22 + longestText + 1 + 3 * longestText + 3;

const scratch = newFields();
const encoder = new TextEncoder();

export class PackedDraft<T extends BigTableName = BigTableName> {
  readonly kind: PackedKind<T>;
  /** Rows taken in, superseded ones included. */
  rows = 0;
  private readonly head: number;
  private readonly full: Int32Array<ArrayBuffer>[] = [];
  private fullWords = 0;
  private words = new Int32Array(0);
  private bytes = new Uint8Array(0);
  private used = 0;
  private readonly measures = new Int32Array(measureWords);

  constructor(kind: PackedKind<T>) {
    this.kind = kind;
    this.head = recordHead(kind);
  }

  /** Takes a row in; one of the same key supersedes it later. False = it has not the form of a packed row, and is not taken. */
  add(fields: Fields): boolean {
    const { space, text, x, y, extra } = fields;
    if ((space | 0) !== space || (x | 0) !== x || !Number.isSafeInteger(y) || y < 0 || text.length > longestText || extra.length > longestText) return false;
    this.reserve(longestRecord >>> 2);
    const { words, bytes, used, head } = this;
    let end = 4 * used + head;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 255) return false;
      bytes[end++] = code;
    }
    if (extra !== '') {
      const { written } = encoder.encodeInto(extra, bytes.subarray(end + 1));
      if (written > longestText || !extra.isWellFormed()) return false;
      bytes[end] = written;
      end += 1 + written;
    }
    while ((end & 3) !== 0) bytes[end++] = 0;
    words[used] = space;
    words[used + 1] = x;
    words[used + 2] = y | 0;
    words[used + 3] = Math.floor(y / twoTo32);
    bytes[4 * used + head - 2] = text.length;
    bytes[4 * used + head - 1] = (fields.enabled ? flag.enabled : 0) | (extra === '' ? 0 : flag.extra);
    this.used = end >>> 2;
    this.rows++;
    this.note(this.kind.measure(fields));
    return true;
  }

  /** Takes a record over as it was packed before; its measure comes with `noteMeasures`. */
  addFrom(base: PackedBase, record: number): void {
    const length = base.length(record);
    this.reserve(length);
    const { words, used } = this;
    for (let word = 0; word < length; word++) words[used + word] = base.words[record + word] as number;
    this.used += length;
    this.rows++;
  }

  /** Measures that records taken over may have. */
  noteMeasures(measures: Int32Array): void {
    for (let i = 0; i < measureWords; i++) this.measures[i] = (this.measures[i] as number) | (measures[i] as number);
  }

  /**
   * The packed table. Of rows of one key the last counts; `superseded` is told the records of the others. The draft is
   * spent and its memory given back.
   */
  *finish(superseded: (base: PackedBase<T>, record: number) => void = ignore): Generator<undefined, PackedBase<T>> {
    const { rows } = this;
    this.closeSegment();
    const buffer = PackedBase.allocate(rows, Math.ceil(rows * slotsPerRow) + 2, 4 * this.fullWords);
    const base = new PackedBase(this.kind, buffer);
    base.measures.set(this.measures);
    const [first, end] = base.recordWords;
    let filled = first;
    for (const segment of this.full) {
      base.words.set(segment, filled);
      filled += segment.length;
      // Now: the collector sees only a small object and would take its time.
      segment.buffer.transfer(0);
      yield;
    }
    let size = rows;
    let looked = 0;
    for (let record = first; record < end; record += base.length(record)) {
      if (enter(base, record, superseded)) size--;
      if (++looked % sliceRows === 0) yield;
    }
    if (this.kind.multiple) yield* chain(base);
    return size === rows ? base : base.resized(size);
  }

  private note(measure: number): void {
    if (measure >= 0) this.measures[measure >>> 5] = (this.measures[measure >>> 5] as number) | (1 << (measure & 31));
  }

  private reserve(words: number): void {
    if (this.used + words <= this.words.length) return;
    this.closeSegment();
    this.words = new Int32Array(Math.min(mostSegment, Math.max(leastSegment, this.fullWords)));
    this.bytes = new Uint8Array(this.words.buffer);
  }

  private closeSegment(): void {
    if (this.used > 0) this.full.push(this.words.subarray(0, this.used));
    this.fullWords += this.used;
    this.used = 0;
    this.words = new Int32Array(0);
  }
}

const ignore = (): void => undefined;

/** Enters a record into the index. True when it took the place of another. */
function enter<T extends BigTableName>(base: PackedBase<T>, record: number, superseded: (base: PackedBase<T>, record: number) => void): boolean {
  base.read(record, scratch);
  const { space, text, x } = scratch;
  const hash = placeHash(textHash(text, 0, text.length), space);
  let slot = base.home(hash);
  for (let found = base.seek(slot, hash, space, text, 0, text.length); found >= 0; found = base.seek(base.after(found), hash, space, text, 0, text.length)) {
    const other = base.record(found);
    if (base.kind.multiple && base.x(other) !== x) continue;
    superseded(base, other);
    base.kill(other);
    base.slots[found] = base.slotValue(hash, record);
    return true;
  }
  while (base.slots[slot] !== 0) slot = base.after(slot);
  base.slots[slot] = base.slotValue(hash, record);
  return false;
}

/** Names for each record the one to go on with (see PackedBase.next). */
function* chain(base: PackedBase): Generator<undefined, void> {
  let looked = 0;
  for (const record of base.records()) {
    if (++looked % sliceRows === 0) yield;
    base.read(record, scratch);
    const { space, text } = scratch;
    const hash = placeHash(textHash(text, 0, text.length), space);
    let slot = base.seek(base.home(hash), hash, space, text, 0, text.length);
    // Whichever of them is found first does it for all that have its text.
    if (base.record(slot) !== record) continue;
    for (let last = record; ;) {
      slot = base.seek(base.after(slot), hash, space, text, 0, text.length);
      const next = slot < 0 ? shorter(base, space, text) : base.record(slot);
      base.words[last + 4] = next;
      if (slot < 0) break;
      last = next;
    }
  }
}

/** The first record of the longest text that `text` begins with, 0 = none. */
function shorter(base: PackedBase, space: number, text: string): number {
  for (let length = text.length - 1; length > 0; length--) {
    if (((base.measures[length >>> 5] as number) & (1 << (length & 31))) === 0) continue;
    const hash = placeHash(textHash(text, 0, length), space);
    const slot = base.seek(base.home(hash), hash, space, text, 0, length);
    if (slot >= 0) return base.record(slot);
  }
  return 0;
}
