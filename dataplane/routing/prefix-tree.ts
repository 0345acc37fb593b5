/**
 * Longest-prefix table of source addresses: a path-compressed binary trie over integer words, one for each family.
 * Persistent: `with` and `without` copy the path to the change only.
 */
import { maskOf, parseAddress } from '../contract/address.ts';
import type { Prefix } from '../contract/address.ts';

type Words = readonly [number, number, number, number];

interface Node<V> {
  readonly words: Words;
  readonly bits: number;
  /** The lowest key answers; more than one only when two trunks claim the same prefix. */
  readonly values: readonly V[];
  readonly zero: Node<V> | null;
  readonly one: Node<V> | null;
}

const source = new Int32Array(4);

/** Whether the `bits` leading bits of the scratch address are those of the prefix. */
function covers(words: Words, bits: number): boolean {
  if ((((source[0] as number) ^ words[0]) & maskOf(bits)) !== 0) return false;
  if (bits <= 32) return true;
  if ((((source[1] as number) ^ words[1]) & maskOf(bits - 32)) !== 0) return false;
  if (bits <= 64) return true;
  if ((((source[2] as number) ^ words[2]) & maskOf(bits - 64)) !== 0) return false;
  return bits <= 96 || (((source[3] as number) ^ words[3]) & maskOf(bits - 96)) === 0;
}

function bitOf(words: Int32Array | Words, index: number): number {
  return ((words[index >>> 5] as number) >>> (31 - (index & 31))) & 1;
}

/** Number of leading bits two prefixes share, at most `limit`. */
function commonBits(a: Words, b: Words, limit: number): number {
  for (let word = 0; word < 4 && word * 32 < limit; word++) {
    const difference = (a[word] as number) ^ (b[word] as number);
    if (difference !== 0) return Math.min(limit, word * 32 + Math.clz32(difference));
  }
  return limit;
}

function truncate(words: Words, bits: number): Words {
  return [words[0] & maskOf(bits), words[1] & maskOf(bits - 32), words[2] & maskOf(bits - 64), words[3] & maskOf(bits - 96)];
}

function insert<V extends { readonly key: string }>(node: Node<V> | null, prefix: Prefix, value: V): Node<V> {
  if (node === null) return { words: prefix.words, bits: prefix.bits, values: [value], zero: null, one: null };
  const common = commonBits(node.words, prefix.words, Math.min(node.bits, prefix.bits));
  if (common === node.bits) {
    if (common === prefix.bits) {
      const values = [...node.values.filter((other) => other.key !== value.key), value];
      return { ...node, values: values.sort((a, b) => (a.key < b.key ? -1 : 1)) };
    }
    return bitOf(prefix.words, common) === 0
      ? { ...node, zero: insert(node.zero, prefix, value) }
      : { ...node, one: insert(node.one, prefix, value) };
  }
  const lower = bitOf(node.words, common) === 0;
  const fork: Node<V> = {
    words: truncate(prefix.words, common), bits: common, values: [], zero: lower ? node : null, one: lower ? null : node,
  };
  return insert(fork, prefix, value);
}

function remove<V extends { readonly key: string }>(node: Node<V> | null, prefix: Prefix, key: string): Node<V> | null {
  if (node === null || prefix.bits < node.bits || commonBits(node.words, prefix.words, node.bits) < node.bits) return node;
  let { values, zero, one } = node;
  if (prefix.bits === node.bits) values = values.filter((other) => other.key !== key);
  else if (bitOf(prefix.words, node.bits) === 0) zero = remove(zero, prefix, key);
  else one = remove(one, prefix, key);
  if (values.length === 0 && (zero === null || one === null)) return zero ?? one;
  return { ...node, values, zero, one };
}

/** One version of the table; values are told apart by `key`. */
export class PrefixTree<V extends { readonly key: string }> {
  private readonly v4: Node<V> | null;
  private readonly v6: Node<V> | null;

  constructor(v4: Node<V> | null = null, v6: Node<V> | null = null) {
    this.v4 = v4;
    this.v6 = v6;
  }

  with(prefix: Prefix, value: V): PrefixTree<V> {
    return prefix.family === 4
      ? new PrefixTree(insert(this.v4, prefix, value), this.v6)
      : new PrefixTree(this.v4, insert(this.v6, prefix, value));
  }

  without(prefix: Prefix, key: string): PrefixTree<V> {
    return prefix.family === 4
      ? new PrefixTree(remove(this.v4, prefix, key), this.v6)
      : new PrefixTree(this.v4, remove(this.v6, prefix, key));
  }

  /** The value of the longest prefix that holds the address, null when there is none or the text is no address. */
  find(address: string): V | null {
    if (this.v4 === null && this.v6 === null) return null;
    const family = parseAddress(address, source);
    if (family === 0) return null;
    let node = family === 4 ? this.v4 : this.v6;
    const width = family === 4 ? 32 : 128;
    let best: V | null = null;
    while (node !== null && covers(node.words, node.bits)) {
      if (node.values.length > 0) best = node.values[0] as V;
      if (node.bits === width) break;
      node = bitOf(source, node.bits) === 0 ? node.zero : node.one;
    }
    return best;
  }
}
