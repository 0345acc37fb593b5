/**
 * One version of a big table in one SharedArrayBuffer: written once by whoever packs it (packed-draft.ts), read by all
 * threads, dumped to disk as it is. Open addressing over a 32-bit hash; the bytes of the text decide, so that colliding
 * hashes never answer wrongly. What costs is waiting for memory, so a look-up touches two places: a slot, whose upper bits
 * tell most strangers apart, and the record, which holds all of a row side by side.
 *
 * Layout, little-endian like every machine that Node runs on: 16 header words, the slots (u32: upper bits print, lower bits
 * word number of the record, 0 = empty), the records. A record begins at a word: space i32, x i32, y u64, in tables whose rows
 * share texts a u32 that names the record to go on with, length u8, flags u8, text (latin1), then, if flagged, length u8 and
 * text (UTF-8). 46 bytes a domain of 20 characters, slots included.
 */
import type { Rows } from '../contract/rows.ts';
import { mix32 } from './hash.ts';
import { newFields, type BigTableName, type Fields, type PackedKind } from './packed-kinds.ts';

const magic = 0x42530001;
const headerWords = 16;
const at = { magic: 0, size: 1, capacity: 2, bytes: 3, printShift: 4, measures: 5 } as const;
export const flag = { enabled: 1, extra: 2, dead: 128 } as const;
/** Bytes of a record in front of its text, and where the length of the text stands. */
export const recordHead = (kind: PackedKind): number => (kind.multiple ? 22 : 18);
/** Words of 32 bits in a set of measures. */
export const measureWords = 4;
/** Row objects kept at hand a thread, by record. */
const cachedRows = 4_096;
const twoTo32 = 4_294_967_296;

/** FNV-1a begins with it. */
export const startHash = 0x811c9dc5 | 0;

/** Hash of a part of a text; `seed` is the hash of what goes in front. Not mixed yet: `placeHash` does that. */
export function textHash(text: string, start: number, end: number, seed: number = startHash): number {
  let h = seed;
  for (let i = start; i < end; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h;
}

/** Hash of a text in a space. */
export function placeHash(hash: number, space: number): number {
  return mix32(hash ^ Math.imul(space, 0x9e3779b1));
}

const fields = newFields();

export class PackedBase<T extends BigTableName = BigTableName> {
  readonly kind: PackedKind<T>;
  readonly buffer: SharedArrayBuffer;
  /** Rows that are alive. */
  readonly size: number;
  readonly capacity: number;
  /** Bit m is set when a row has measure m. */
  readonly measures: Int32Array;
  readonly slots: Uint32Array;
  /** The whole buffer: records are named by the number of their first word. */
  readonly words: Int32Array;
  readonly bytes: Buffer;
  private readonly head: number;
  private readonly printShift: number;
  private readonly recordMask: number;
  private readonly firstRecord: number;
  private readonly endRecord: number;
  private cacheTags: Int32Array | null = null;
  private readonly cacheRows: Rows[T][] = [];

  /** @throws RangeError when the buffer is not a packed table of this layout */
  constructor(kind: PackedKind<T>, buffer: SharedArrayBuffer) {
    const head = buffer.byteLength < 4 * headerWords ? [] : new Int32Array(buffer, 0, headerWords);
    if (head[at.magic] !== magic || ((head[at.bytes] as number) >>> 0) !== buffer.byteLength) throw new RangeError(`no packed table of layout ${magic & 0xffff}`);
    this.kind = kind;
    this.buffer = buffer;
    this.head = recordHead(kind);
    this.size = head[at.size] as number;
    this.capacity = head[at.capacity] as number;
    this.printShift = head[at.printShift] as number;
    this.recordMask = 2 ** this.printShift - 1;
    this.measures = new Int32Array(buffer, 4 * at.measures, measureWords);
    this.slots = new Uint32Array(buffer, 4 * headerWords, this.capacity);
    this.words = new Int32Array(buffer);
    this.bytes = Buffer.from(buffer);
    this.firstRecord = headerWords + this.capacity;
    this.endRecord = this.words.length;
  }

  /** A buffer for so many slots and bytes of records, empty but for its header; at most 4 GiB of it can be addressed. */
  static allocate(size: number, capacity: number, recordBytes: number): SharedArrayBuffer {
    const words = headerWords + capacity + Math.ceil(recordBytes / 4);
    const buffer = new SharedArrayBuffer(4 * words);
    const head = new Int32Array(buffer, 0, headerWords);
    head[at.magic] = magic;
    head[at.size] = size;
    head[at.capacity] = capacity;
    head[at.bytes] = 4 * words;
    head[at.printShift] = 32 - Math.clz32(words);
    return buffer;
  }

  /** Marks a record as superseded: only while the table is packed. */
  kill(record: number): void {
    this.bytes[4 * record + this.head - 1] = this.flags(record) | flag.dead;
  }

  /** The same table with the number of rows that are alive put right: only while it is packed. */
  resized(size: number): PackedBase<T> {
    this.words[at.size] = size;
    return new PackedBase(this.kind, this.buffer);
  }

  /** Where the first record begins, and the place behind the last one. */
  get recordWords(): readonly [first: number, end: number] {
    return [this.firstRecord, this.endRecord];
  }

  /** The slot where a text of this hash would be first. */
  home(hash: number): number {
    return Math.floor(((hash >>> 0) * this.capacity) / twoTo32);
  }

  /** The slot, from `slot` on, of a row with that text in that space; -1 = none. */
  seek(slot: number, hash: number, space: number, text: string, start: number, end: number): number {
    const { slots, capacity, printShift } = this;
    const print = this.printOf(hash);
    for (let here = slot; ;) {
      const found = slots[here] as number;
      if (found === 0) return -1;
      if (found >>> printShift === print && this.holds(found & this.recordMask, space, text, start, end)) return here;
      if (++here === capacity) here = 0;
    }
  }

  /** The slot behind `slot`, to seek on from. */
  after(slot: number): number {
    return slot + 1 === this.capacity ? 0 : slot + 1;
  }

  /** The record that a slot names. */
  record(slot: number): number {
    return (this.slots[slot] as number) & this.recordMask;
  }

  /** What a slot says of a record with that hash. */
  slotValue(hash: number, record: number): number {
    return ((this.printOf(hash) << this.printShift) | record) >>> 0;
  }

  /** The record of a wire key, 0 = none. */
  find(key: string): number {
    if (this.size === 0 || !this.kind.place(key, fields)) return 0;
    const { space, text, x } = fields;
    const hash = placeHash(textHash(text, 0, text.length), space);
    for (let slot = this.seek(this.home(hash), hash, space, text, 0, text.length); slot >= 0; slot = this.seek(this.after(slot), hash, space, text, 0, text.length)) {
      const record = this.record(slot);
      if (!this.kind.multiple || this.x(record) === x) return record;
    }
    return 0;
  }

  x(record: number): number {
    return this.words[record + 1] as number;
  }

  y(record: number): number {
    return ((this.words[record + 2] as number) >>> 0) + ((this.words[record + 3] as number) >>> 0) * twoTo32;
  }

  /**
   * Where several rows may have one text: the record to go on with, 0 = none. First those of the same text, then those of
   * the longest shorter text of the same space that this one begins with.
   */
  next(record: number): number {
    return this.words[record + 4] as number;
  }

  textLength(record: number): number {
    return this.bytes[4 * record + this.head - 2] as number;
  }

  flags(record: number): number {
    return this.bytes[4 * record + this.head - 1] as number;
  }

  alive(record: number): boolean {
    return (this.flags(record) & flag.dead) === 0;
  }

  /** Words of a record. */
  length(record: number): number {
    const start = 4 * record;
    let bytes = this.head + this.textLength(record);
    if ((this.flags(record) & flag.extra) !== 0) bytes += 1 + (this.bytes[start + bytes] as number);
    return (bytes + 3) >>> 2;
  }

  /** Every record that is alive, in the order in which they were packed. */
  *records(): Generator<number> {
    for (let record = this.firstRecord; record < this.endRecord; record += this.length(record)) if (this.alive(record)) yield record;
  }

  /** Unpacks a record. */
  read(record: number, into: Fields): void {
    const flags = this.flags(record);
    const start = 4 * record + this.head;
    const end = start + (this.bytes[start - 2] as number);
    into.space = this.words[record] as number;
    into.text = this.bytes.toString('latin1', start, end);
    into.x = this.x(record);
    into.y = this.y(record);
    into.enabled = (flags & flag.enabled) !== 0;
    into.extra = (flags & flag.extra) === 0 ? '' : this.bytes.toString('utf8', end + 1, end + 1 + (this.bytes[end] as number));
  }

  /** The row as an object; the same object for a row that is asked for again and again. */
  row(record: number): Rows[T] {
    const place = mix32(record) & (cachedRows - 1);
    const tags = (this.cacheTags ??= new Int32Array(cachedRows));
    if (tags[place] === record) return this.cacheRows[place] as Rows[T];
    this.read(record, fields);
    const made = this.kind.row(fields);
    tags[place] = record;
    this.cacheRows[place] = made;
    return made;
  }

  /** Wire key. */
  key(record: number): string {
    this.read(record, fields);
    return this.kind.key(fields);
  }

  /** Canonical JSON text. */
  json(record: number): string {
    this.read(record, fields);
    return this.kind.json(fields);
  }

  private printOf(hash: number): number {
    return hash & (2 ** (32 - this.printShift) - 1);
  }

  private holds(record: number, space: number, text: string, start: number, end: number): boolean {
    if (this.words[record] !== space) return false;
    const { bytes } = this;
    let place = 4 * record + this.head - 2;
    if (bytes[place] !== end - start || ((bytes[place + 1] as number) & flag.dead) !== 0) return false;
    place += 1;
    for (let i = start; i < end; i++) if (bytes[++place] !== text.charCodeAt(i)) return false;
    return true;
  }
}
