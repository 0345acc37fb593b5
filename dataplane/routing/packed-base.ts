/**
 * One version of a big table in one SharedArrayBuffer: written once by whoever packs it (packed-draft.ts), read by all
 * threads, dumped to disk as it is. Open addressing over a 32-bit hash: one byte of it a slot tells most strangers apart
 * without another look into memory; the bytes of the text decide, so that colliding hashes never answer wrongly.
 *
 * Layout, little-endian like every machine that Node runs on: 16 header words, then columns of one entry a row (y: f64,
 * place of the text: u32, space: i32, x: i32), slots (u32 row number), flags (u8 a row), prints (u8 a slot, 0 = empty), texts
 * (length byte, latin1; then, if flagged, length byte, UTF-8). 45 bytes a domain of 20 characters.
 */
import type { Rows } from '../contract/rows.ts';
import { mix32 } from './hash.ts';
import { newFields, type BigTableName, type Fields, type PackedKind } from './packed-kinds.ts';

const magic = 0x42530001;
const headerBytes = 64;
const words = { magic: 0, rows: 1, size: 2, capacity: 3, textBytes: 4, measures: 5 } as const;
export const flag = { enabled: 1, extra: 2, dead: 128 } as const;
/** Words of 32 bits in a set of measures. */
export const measureWords = 4;
/** Row objects kept at hand a thread, by row number. */
const cachedRows = 1_024;

/** Hash of a part of a text; `startHash` goes in front. Not mixed yet: `placeHash` does that. */
export function textHash(text: string, start: number, end: number, seed: number = startHash): number {
  let h = seed;
  for (let i = start; i < end; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h;
}

/** FNV-1a begins with it. */
export const startHash = 0x811c9dc5 | 0;

/** Hash of a text in a space. */
export function placeHash(hash: number, space: number): number {
  return mix32(hash ^ Math.imul(space, 0x9e3779b1));
}

const fields = newFields();

/** Sizes and offsets of the parts, from the four numbers that decide them. */
export function packedLayout(rows: number, capacity: number, textBytes: number): {
  readonly y: number; readonly places: number; readonly spaces: number; readonly x: number; readonly slots: number; readonly flags: number; readonly prints: number; readonly texts: number; readonly bytes: number;
} {
  const y = headerBytes;
  const places = y + 8 * rows;
  const spaces = places + 4 * rows;
  const x = spaces + 4 * rows;
  const slots = x + 4 * rows;
  const flags = slots + 4 * capacity;
  const prints = flags + rows;
  const texts = prints + capacity;
  return { y, places, spaces, x, slots, flags, prints, texts, bytes: texts + textBytes };
}

export class PackedBase<T extends BigTableName = BigTableName> {
  readonly kind: PackedKind<T>;
  readonly buffer: SharedArrayBuffer;
  /** Row numbers go from 0 to `rows` - 1; some may be dead. */
  readonly rows: number;
  /** Rows that are alive. */
  readonly size: number;
  readonly capacity: number;
  /** Bit m is set when a row has measure m. */
  readonly measures: Int32Array;
  readonly y: Float64Array;
  readonly places: Uint32Array;
  readonly spaces: Int32Array;
  readonly x: Int32Array;
  readonly slots: Uint32Array;
  readonly flags: Uint8Array;
  readonly prints: Uint8Array;
  readonly texts: Buffer;
  private cacheRows: Rows[T][] | null = null;
  private cacheTags: Int32Array | null = null;

  /** @throws RangeError when the buffer is not a packed table of this layout */
  constructor(kind: PackedKind<T>, buffer: SharedArrayBuffer) {
    const header = new Int32Array(buffer, 0, buffer.byteLength < headerBytes ? 0 : headerBytes / 4);
    const word = (at: number): number => (header[at] ?? -1) >>> 0;
    const at = packedLayout(word(words.rows), word(words.capacity), word(words.textBytes));
    if (word(words.magic) !== magic || at.bytes > buffer.byteLength || word(words.size) > word(words.rows)) throw new RangeError(`no packed table of layout ${magic & 0xffff}`);
    this.kind = kind;
    this.buffer = buffer;
    this.rows = word(words.rows);
    this.size = word(words.size);
    this.capacity = word(words.capacity);
    this.measures = new Int32Array(buffer, 4 * words.measures, measureWords);
    this.y = new Float64Array(buffer, at.y, this.rows);
    this.places = new Uint32Array(buffer, at.places, this.rows);
    this.spaces = new Int32Array(buffer, at.spaces, this.rows);
    this.x = new Int32Array(buffer, at.x, this.rows);
    this.slots = new Uint32Array(buffer, at.slots, this.capacity);
    this.flags = new Uint8Array(buffer, at.flags, this.rows);
    this.prints = new Uint8Array(buffer, at.prints, this.capacity);
    this.texts = Buffer.from(buffer, at.texts, word(words.textBytes));
  }

  /** Writes the header of a buffer that `packedLayout` sized; rows and index are the caller's. */
  static label(buffer: SharedArrayBuffer, rows: number, size: number, capacity: number, textBytes: number): void {
    const header = new Int32Array(buffer, 0, headerBytes / 4);
    header[words.magic] = magic;
    header[words.rows] = rows;
    header[words.size] = size;
    header[words.capacity] = capacity;
    header[words.textBytes] = textBytes;
  }

  /** The slot where a text of this hash would be first. */
  home(hash: number): number {
    return Math.floor(((hash >>> 0) * this.capacity) / 4_294_967_296);
  }

  /** The slot, from `slot` on, of a row with that text in that space; -1 = none. */
  seek(slot: number, hash: number, space: number, text: string, start: number, end: number): number {
    const { prints, capacity } = this;
    const print = printOf(hash);
    for (let at = slot; ;) {
      const found = prints[at];
      if (found === 0) return -1;
      if (found === print && this.holds(this.slots[at] as number, space, text, start, end)) return at;
      if (++at === capacity) at = 0;
    }
  }

  /** The slot behind `slot`, to seek on from. */
  after(slot: number): number {
    return slot + 1 === this.capacity ? 0 : slot + 1;
  }

  /** Row number of a wire key, -1 = none. */
  find(key: string): number {
    if (this.size === 0 || !this.kind.place(key, fields)) return -1;
    const { space, text, x } = fields;
    const hash = placeHash(textHash(text, 0, text.length), space);
    for (let slot = this.seek(this.home(hash), hash, space, text, 0, text.length); slot >= 0; slot = this.seek(this.after(slot), hash, space, text, 0, text.length)) {
      const row = this.slots[slot] as number;
      if (!this.kind.multiple || this.x[row] === x) return row;
    }
    return -1;
  }

  alive(row: number): boolean {
    return ((this.flags[row] as number) & flag.dead) === 0;
  }

  /** Unpacks a row. */
  read(row: number, into: Fields): void {
    const place = this.places[row] as number;
    const flags = this.flags[row] as number;
    const end = place + 1 + (this.texts[place] as number);
    into.space = this.spaces[row] as number;
    into.text = this.texts.toString('latin1', place + 1, end);
    into.x = this.x[row] as number;
    into.y = this.y[row] as number;
    into.enabled = (flags & flag.enabled) !== 0;
    into.extra = (flags & flag.extra) === 0 ? '' : this.texts.toString('utf8', end + 1, end + 1 + (this.texts[end] as number));
  }

  /** The row as an object; the same object for a row that is asked for again and again. */
  row(row: number): Rows[T] {
    const tags = (this.cacheTags ??= new Int32Array(cachedRows).fill(-1));
    const rows = (this.cacheRows ??= []);
    const place = row & (cachedRows - 1);
    const known = rows[place];
    if (known !== undefined && tags[place] === row) return known;
    this.read(row, fields);
    const made = this.kind.row(fields);
    tags[place] = row;
    rows[place] = made;
    return made;
  }

  key(row: number): string {
    this.read(row, fields);
    return this.kind.key(fields);
  }

  /** Canonical JSON text. */
  json(row: number): string {
    this.read(row, fields);
    return this.kind.json(fields);
  }

  /** Whether two rows, of this table and of another of its kind, are the same in all fields but perhaps the key. */
  sameValues(row: number, other: PackedBase, otherRow: number): boolean {
    if (this.x[row] !== other.x[otherRow] || this.y[row] !== other.y[otherRow] || this.flags[row] !== other.flags[otherRow]) return false;
    if (((this.flags[row] as number) & flag.extra) === 0) return true;
    return this.json(row) === other.json(otherRow);
  }

  private holds(row: number, space: number, text: string, start: number, end: number): boolean {
    if (this.spaces[row] !== space) return false;
    const { texts } = this;
    let place = this.places[row] as number;
    if (texts[place] !== end - start) return false;
    for (let i = start; i < end; i++) if (texts[++place] !== text.charCodeAt(i)) return false;
    return ((this.flags[row] as number) & flag.dead) === 0;
  }
}

/** What a slot remembers of a hash: 1 to 255. */
export function printOf(hash: number): number {
  const print = hash & 255;
  return print === 0 ? 1 : print;
}
