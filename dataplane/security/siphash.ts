/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012) over latin1 text in 32-bit integer arithmetic: a keyed 64-bit hash for
 * short inputs that costs well under a microsecond, where an HMAC through node:crypto costs several.
 */

/** A 128-bit key as four little-endian 32-bit words. */
export interface SipKey {
  readonly k0: number;
  readonly k1: number;
  readonly k2: number;
  readonly k3: number;
}

/** Key from its first 16 bytes. Throws RangeError when there are fewer. */
export function sipKey(bytes: Uint8Array): SipKey {
  if (bytes.length < 16) throw new RangeError('a SipHash key has 16 bytes');
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  return { k0: view.getInt32(0, true), k1: view.getInt32(4, true), k2: view.getInt32(8, true), k3: view.getInt32(12, true) };
}

/** Input and result of the hash; one reused instance per purpose, no allocation per hash. */
export class SipHasher {
  /** Result of `digest`: upper and lower 32 bits. */
  high = 0;
  low = 0;
  private readonly bytes = new Uint8Array(65_536);
  /** The same memory in words; every platform we run on is little endian, as SipHash reads. */
  private readonly words = new Int32Array(this.bytes.buffer);
  private length = 0;

  /** Empties the input. */
  reset(): void {
    this.length = 0;
  }

  /** Appends one byte. */
  addByte(value: number): void {
    this.bytes[this.length++] = value;
  }

  /** Appends a 32-bit integer, little endian. */
  addInt(value: number): void {
    this.addByte(value & 255);
    this.addByte((value >>> 8) & 255);
    this.addByte((value >>> 16) & 255);
    this.addByte(value >>> 24);
  }

  /** Appends the characters of a latin1 text (codes above 255 are taken modulo 256). Throws RangeError above 64 KiB in all. */
  addText(text: string): void {
    const bytes = this.bytes;
    let at = this.length;
    if (at + text.length > 65_528) throw new RangeError('input of SipHash above 64 KiB');
    for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i);
    this.length = at;
  }

  /** Appends a text so that no two lists of texts give the same input: its length (2 bytes) goes first. */
  addField(text: string): void {
    this.addByte(text.length & 255);
    this.addByte((text.length >>> 8) & 255);
    this.addText(text);
  }

  /** Hashes the input; the result is in `high` and `low`. */
  digest(key: SipKey): void {
    const bytes = this.bytes;
    const length = this.length;
    let v0l = key.k0 ^ 0x70736575;
    let v0h = key.k1 ^ 0x736f6d65;
    let v1l = key.k2 ^ 0x6e646f6d;
    let v1h = key.k3 ^ 0x646f7261;
    let v2l = key.k0 ^ 0x6e657261;
    let v2h = key.k1 ^ 0x6c796765;
    let v3l = key.k2 ^ 0x79746573;
    let v3h = key.k3 ^ 0x74656462;
    const words = this.words;
    const wordCount = (length >>> 3) + 1;
    // The last word holds the bytes left over and the length modulo 256 on top.
    const last = length & ~7;
    for (let i = length; i < last + 7; i++) bytes[i] = 0;
    bytes[last + 7] = length & 255;
    let at = 0;
    for (let word = 0; word <= wordCount; word++) {
      let ml = 0;
      let mh = 0;
      let rounds = 2;
      if (word < wordCount) {
        ml = words[at++] ?? 0;
        mh = words[at++] ?? 0;
        v3l ^= ml;
        v3h ^= mh;
      } else {
        v2l ^= 0xff;
        rounds = 4;
      }
      for (; rounds > 0; rounds--) {
        let t = 0;
        // v0 += v1; v1 <<<= 13; v1 ^= v0; v0 <<<= 32
        t = (v0l + v1l) | 0;
        v0h = (v0h + v1h + ((t >>> 0) < (v0l >>> 0) ? 1 : 0)) | 0;
        v0l = t;
        t = (v1h << 13) | (v1l >>> 19);
        v1l = ((v1l << 13) | (v1h >>> 19)) ^ v0l;
        v1h = t ^ v0h;
        t = v0h;
        v0h = v0l;
        v0l = t;
        // v2 += v3; v3 <<<= 16; v3 ^= v2
        t = (v2l + v3l) | 0;
        v2h = (v2h + v3h + ((t >>> 0) < (v2l >>> 0) ? 1 : 0)) | 0;
        v2l = t;
        t = (v3h << 16) | (v3l >>> 16);
        v3l = ((v3l << 16) | (v3h >>> 16)) ^ v2l;
        v3h = t ^ v2h;
        // v0 += v3; v3 <<<= 21; v3 ^= v0
        t = (v0l + v3l) | 0;
        v0h = (v0h + v3h + ((t >>> 0) < (v0l >>> 0) ? 1 : 0)) | 0;
        v0l = t;
        t = (v3h << 21) | (v3l >>> 11);
        v3l = ((v3l << 21) | (v3h >>> 11)) ^ v0l;
        v3h = t ^ v0h;
        // v2 += v1; v1 <<<= 17; v1 ^= v2; v2 <<<= 32
        t = (v2l + v1l) | 0;
        v2h = (v2h + v1h + ((t >>> 0) < (v2l >>> 0) ? 1 : 0)) | 0;
        v2l = t;
        t = (v1h << 17) | (v1l >>> 15);
        v1l = ((v1l << 17) | (v1h >>> 15)) ^ v2l;
        v1h = t ^ v2h;
        t = v2h;
        v2h = v2l;
        v2l = t;
      }
      if (word < wordCount) {
        v0l ^= ml;
        v0h ^= mh;
      }
    }
    this.low = v0l ^ v1l ^ v2l ^ v3l;
    this.high = v0h ^ v1h ^ v2h ^ v3h;
  }

  /** The last digest as 11 characters of base64url, most significant first; all of them SIP tokens. */
  text(): string {
    const high = this.high;
    const low = this.low;
    return String.fromCharCode(
      digit(high >>> 26), digit(high >>> 20), digit(high >>> 14), digit(high >>> 8), digit(high >>> 2),
      digit((high << 4) | (low >>> 28)), digit(low >>> 22), digit(low >>> 16), digit(low >>> 10), digit(low >>> 4), digit(low << 2),
    );
  }
}

/** The 64 digits of base64url in order (RFC 4648 section 5). */
export const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const CODES = Uint8Array.from(DIGITS, (character) => character.charCodeAt(0));
/** Character code of the digit for the low six bits. */
export const digit = (value: number): number => CODES[value & 63] ?? 0;

const shared = new SipHasher();

/** SipHash-2-4 of a latin1 text as 11 characters of base64url. */
export function siphash24(key: SipKey, text: string): string {
  shared.reset();
  shared.addText(text);
  shared.digest(key);
  return shared.text();
}
