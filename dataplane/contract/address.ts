/** IP addresses and prefixes as text: syntax and value, without the network stack (this folder is pure). */

/** An address as 32-bit words, most significant first: one for IPv4, four for IPv6. */
export interface Address {
  readonly family: 4 | 6;
  readonly words: readonly number[];
}

export interface AddressPrefix extends Address {
  /** Bits that count: 0-32 or 0-128. Bits of `words` behind them are as written. */
  readonly length: number;
}

/** Parses a dotted IPv4 or an IPv6 address (RFC 4291 §2.2; no brackets, no zone). null = neither. */
export function parseAddress(text: string): Address | null {
  if (text.length > 45) return null;
  if (text.includes(':')) {
    const words = parseV6(text);
    return words === null ? null : { family: 6, words };
  }
  const word = parseV4(text);
  return word === null ? null : { family: 4, words: [word] };
}

/** Parses `address` or `address/length`; a bare address counts with all its bits. null = not a prefix. */
export function parsePrefix(text: string): AddressPrefix | null {
  const slash = text.indexOf('/');
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === null) return null;
  const all = address.family === 4 ? 32 : 128;
  if (slash < 0) return { ...address, length: all };
  const length = parseDecimal(text.slice(slash + 1), all);
  return length === null ? null : { ...address, length };
}

function parseV4(text: string): number | null {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  let word = 0;
  for (const part of parts) {
    const octet = parseDecimal(part, 255);
    if (octet === null) return null;
    word = (word << 8) | octet;
  }
  return word >>> 0;
}

function parseV6(text: string): number[] | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = parseGroups(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '', true) : [];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  // "::" stands for at least one group (RFC 5952 §4.2.2 asks for two, receivers take one).
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  const words: number[] = [];
  for (let i = 0; i < 8; i += 2) words.push((((groups[i] ?? 0) << 16) | (groups[i + 1] ?? 0)) >>> 0);
  return words;
}

/** 16-bit groups; the last may be a dotted IPv4 address when `dotted`. */
function parseGroups(text: string, dotted: boolean): number[] | null {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    if (dotted && index === parts.length - 1 && part.includes('.')) {
      const word = parseV4(part);
      if (word === null) return null;
      groups.push(word >>> 16, word & 0xffff);
    } else {
      if (part.length < 1 || part.length > 4 || !/^[0-9a-fA-F]+$/.test(part)) return null;
      groups.push(parseInt(part, 16));
    }
  }
  return groups.length > 8 ? null : groups;
}

/** Digits without a leading zero, at most `max`. */
function parseDecimal(text: string, max: number): number | null {
  if (text.length < 1 || text.length > 3 || !/^[0-9]+$/.test(text)) return null;
  if (text.length > 1 && text.startsWith('0')) return null;
  const value = Number(text);
  return value <= max ? value : null;
}
