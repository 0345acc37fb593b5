/**
 * IP addresses and prefixes as 32-bit words, so that a look-up by source compares integers only. The one reader of
 * address texts in the pure folders; it allocates nothing.
 */

/** A prefix: `words[0]` alone carries IPv4, all four carry IPv6; bits behind `bits` are zero. */
export interface Prefix {
  readonly family: 4 | 6;
  readonly words: readonly [number, number, number, number];
  readonly bits: number;
}

const DOT = 46;
const COLON = 58;
const PERCENT = 37;

/** Reads `text[start, end)` as dotted decimal; no leading zeros, which some take for octal. Returns the word as a signed integer through `into[slot]`, or false. */
function parseDotted(text: string, start: number, end: number, into: Int32Array, slot: number): boolean {
  let word = 0;
  let value = 0;
  let digits = 0;
  let parts = 0;
  for (let i = start; i <= end; i++) {
    const code = i === end ? DOT : text.charCodeAt(i);
    if (code === DOT) {
      if (digits === 0 || value > 255) return false;
      word = (word << 8) | value;
      parts++;
      digits = 0;
      value = 0;
    } else if (code >= 48 && code <= 57) {
      if (++digits > 3 || (digits > 1 && value === 0)) return false;
      value = value * 10 + code - 48;
    } else {
      return false;
    }
  }
  into[slot] = word;
  return parts === 4;
}

function hexValue(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

const groups = new Int32Array(8);
const dotted = new Int32Array(1);

function parseV6(text: string, end: number, into: Int32Array): boolean {
  let count = 0;
  let gap = -1;
  let at = 0;
  if (text.charCodeAt(0) === COLON) {
    if (text.charCodeAt(1) !== COLON) return false;
    gap = 0;
    at = 2;
  }
  while (at < end) {
    if (count === 8) return false;
    let value = 0;
    let stop = at;
    for (; stop < end; stop++) {
      const digit = hexValue(text.charCodeAt(stop));
      if (digit < 0) break;
      if (stop - at === 4) return false;
      value = (value << 4) | digit;
    }
    if (stop < end && text.charCodeAt(stop) === DOT) {
      if (count > 6 || !parseDotted(text, at, end, dotted, 0)) return false;
      const word = dotted[0] ?? 0;
      groups[count++] = word >>> 16;
      groups[count++] = word & 0xffff;
      at = end;
      break;
    }
    if (stop === at) return false;
    groups[count++] = value;
    at = stop;
    if (at === end) break;
    if (text.charCodeAt(at) !== COLON) return false;
    at++;
    if (at === end) return false;
    if (text.charCodeAt(at) === COLON) {
      if (gap >= 0) return false;
      gap = count;
      at++;
    }
  }
  if (gap < 0 ? count !== 8 : count > 7) return false;
  const shift = 8 - count;
  for (let word = 0; word < 4; word++) {
    into[word] = (groupAt(word * 2, gap, count, shift) << 16) | groupAt(word * 2 + 1, gap, count, shift);
  }
  return true;
}

function groupAt(index: number, gap: number, count: number, shift: number): number {
  if (gap < 0 || index < gap) return index < count ? groups[index] ?? 0 : 0;
  return index < gap + shift ? 0 : groups[index - shift] ?? 0;
}

/**
 * Reads a numeric address into four words; a zone ("%eth0") is left out and an IPv4-mapped IPv6 address gives IPv4.
 * Allocates nothing.
 * @returns the family, 0 for anything that is no address (`into` is then undefined).
 */
export function parseAddress(text: string, into: Int32Array): 4 | 6 | 0 {
  const length = text.length;
  if (length < 2 || length > 64) return 0;
  for (let i = 0; i < 5 && i < length; i++) {
    const code = text.charCodeAt(i);
    if (code === COLON) {
      const zone = text.indexOf('%');
      if (!parseV6(text, zone < 0 ? length : zone, into)) return 0;
      if (into[0] === 0 && into[1] === 0 && into[2] === 0xffff) {
        into[0] = into[3] ?? 0;
        into[1] = into[2] = into[3] = 0;
        return 4;
      }
      return 6;
    }
    if (code === DOT) break;
    if (code === PERCENT) return 0;
  }
  into[1] = into[2] = into[3] = 0;
  return parseDotted(text, 0, length, into, 0) ? 4 : 0;
}

const scratch = new Int32Array(4);

/** Whether the text is an IPv6 address without brackets or zone (RFC 4291 §2.2; RFC 5118 §4.10 on three colons in a row). */
export function isIpv6(text: string): boolean {
  return text.length >= 2 && text.length <= 45 && text.includes(':') && parseV6(text, text.length, scratch);
}

/** Family of an address as written, without zone; an IPv4-mapped one is IPv6. 0 for anything else. */
export function literalFamily(text: string): 4 | 6 | 0 {
  if (isIpv6(text)) return 6;
  return text.length <= 15 && parseDotted(text, 0, text.length, scratch, 0) ? 4 : 0;
}

/** Whether a listening address means every address of the host. */
export const isWildcard = (address: string): boolean => address === '0.0.0.0' || address === '::';

/** Family of a numeric address, 0 for a name. */
export function familyOf(text: string): 4 | 6 | 0 {
  return parseAddress(text, scratch);
}

/** Reads `address` or `address/bits`; host bits are cleared. null for anything else, zones too. An IPv4-mapped prefix gives IPv4. */
export function parsePrefix(text: string): Prefix | null {
  if (text.includes('%')) return null;
  const slash = text.indexOf('/');
  const family = parseAddress(slash < 0 ? text : text.slice(0, slash), scratch);
  if (family === 0) return null;
  const mapped = family === 4 && text.includes(':');
  let bits = family === 4 ? 32 : 128;
  if (slash >= 0) {
    const digits = text.slice(slash + 1);
    if (!/^(0|[1-9][0-9]{0,2})$/.test(digits)) return null;
    bits = Number(digits) - (mapped ? 96 : 0);
    if (bits < 0 || bits > (family === 4 ? 32 : 128)) return null;
  }
  const word = (index: number): number => (scratch[index] ?? 0) & maskOf(bits - index * 32);
  return { family, words: [word(0), word(1), word(2), word(3)], bits };
}

/** Mask of the `bits` leading bits of a word; any number below 0 or above 32 counts as 0 or 32. */
export function maskOf(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? -1 : ~(-1 >>> bits);
}

/** Four or sixteen bytes in network order as text: dotted decimal, or IPv6 in its canonical form (RFC 5952 §4), as sockets show it. */
export function textOfAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const parts: string[] = [];
  for (let i = 0; i < 16; i += 2) parts.push((((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0)).toString(16));
  // The first of the longest runs of two zeros or more.
  let from = 0;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && parts[end] === '0') end++;
    if (end - i > length) {
      from = i;
      length = end - i;
    }
  }
  return length < 2 ? parts.join(':') : `${parts.slice(0, from).join(':')}::${parts.slice(from + length).join(':')}`;
}

/** The bytes of a numeric address in network order (IPv4-mapped as IPv4); null for anything else. */
export function bytesOfAddress(text: string): Uint8Array | null {
  const family = parseAddress(text, scratch);
  if (family === 0) return null;
  const bytes = new Uint8Array(family === 4 ? 4 : 16);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (scratch[i >> 2] ?? 0) >>> (24 - 8 * (i & 3));
  return bytes;
}

/** One spelling of a numeric address, however it is written (IPv4-mapped as IPv4); any other text as it is. */
export function canonicalAddress(text: string): string {
  const bytes = bytesOfAddress(text);
  return bytes === null ? text : textOfAddress(bytes);
}

/** Whether the prefix holds an address of its own family. */
export function prefixHolds(prefix: Prefix, address: Int32Array): boolean {
  for (let i = 0; i < 4; i++) {
    const mask = maskOf(prefix.bits - i * 32);
    if (((address[i] ?? 0) & mask) !== prefix.words[i]) return false;
  }
  return true;
}
