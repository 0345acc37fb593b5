/** Datagrams that arrive together: one system call receives up to 32 of them, as latin1 texts. */
import { constants, type SystemCalls } from './calls.ts';
import { readSocketAddress, socketAddressBytes } from './socket-address.ts';
import { zoneName } from './zones.ts';

const places = 32;
/** No datagram is longer. Pages of a place that no datagram reaches take no memory. */
const placeBytes = 65_536;
const nameBytes = 32;
const vectorBytes = 16;
/** struct mmsghdr: a struct msghdr of 56 bytes, then the length that came. */
const headerBytes = 64;
const lengthAt = 56 / 4;
/** Texts of so many addresses are kept: most come again. */
const maxTexts = 16_384;

export class ArrivedDatagrams {
  readonly #calls: SystemCalls;
  readonly #family: 4 | 6;
  readonly #data = Buffer.allocUnsafeSlow(places * placeBytes);
  readonly #names = Buffer.allocUnsafeSlow(places * nameBytes).fill(0);
  readonly #nameWords = new Int32Array(this.#names.buffer, this.#names.byteOffset, places * nameBytes / 4);
  readonly #vectors = Buffer.allocUnsafeSlow(places * vectorBytes).fill(0);
  readonly #headers = Buffer.allocUnsafeSlow(places * headerBytes).fill(0);
  readonly #headerWords = new Int32Array(this.#headers.buffer, this.#headers.byteOffset, places * headerBytes / 4);
  readonly #headersAt: bigint;
  readonly #texts4 = new Map<number, string>();
  readonly #texts6 = new Map<string, string>();

  constructor(calls: SystemCalls, family: 4 | 6) {
    this.#calls = calls;
    this.#family = family;
    this.#headersAt = calls.pointer(this.#headers);
    const [data, names, vectors] = [calls.pointer(this.#data), calls.pointer(this.#names), calls.pointer(this.#vectors)];
    for (let i = 0; i < places; i++) {
      this.#vectors.writeBigUInt64LE(data + BigInt(i * placeBytes), i * vectorBytes);
      this.#vectors.writeUInt32LE(placeBytes, i * vectorBytes + 8);
      this.#headers.writeBigUInt64LE(names + BigInt(i * nameBytes), i * headerBytes);
      this.#headers.writeUInt32LE(socketAddressBytes(family), i * headerBytes + 8);
      this.#headers.writeBigUInt64LE(vectors + BigInt(i * vectorBytes), i * headerBytes + 16);
      this.#headers.writeBigUInt64LE(1n, i * headerBytes + 24);
    }
  }

  /** Receives what has arrived at a socket. @returns how many datagrams, good until the next call; below 0 = none, or an error */
  receive(descriptor: number): number {
    return this.#calls.recvmmsg(descriptor, this.#headersAt, places, constants.dontWait);
  }

  /** The bytes of datagram `i`, a character each. */
  text(i: number): string {
    const length = this.#headerWords[i * (headerBytes / 4) + lengthAt] ?? 0;
    return this.#data.toString('latin1', i * placeBytes, i * placeBytes + length);
  }

  port(i: number): number {
    const word = this.#nameWords[i * (nameBytes / 4)] ?? 0;
    return ((word >>> 8) & 0xff00) | (word >>> 24);
  }

  /** Where it came from: IPv6 in canonical form, with its zone (`%eth0`) when link-local. */
  address(i: number): string {
    return this.#family === 4 ? this.#address4(i) : this.#address6(i);
  }

  #address4(i: number): string {
    const word = this.#nameWords[i * (nameBytes / 4) + 1] ?? 0;
    const known = this.#texts4.get(word);
    if (known !== undefined) return known;
    if (this.#texts4.size === maxTexts) this.#texts4.clear();
    const { address } = readSocketAddress(this.#nameOf(i), 4);
    this.#texts4.set(word, address);
    return address;
  }

  #address6(i: number): string {
    const text = this.#text6(i);
    const zone = this.#nameWords[i * (nameBytes / 4) + 6] ?? 0;
    return zone === 0 ? text : `${text}%${zoneName(this.#calls, zone)}`;
  }

  #text6(i: number): string {
    const key = this.#names.toString('latin1', i * nameBytes + 8, i * nameBytes + 24);
    const known = this.#texts6.get(key);
    if (known !== undefined) return known;
    if (this.#texts6.size === maxTexts) this.#texts6.clear();
    const { address } = readSocketAddress(this.#nameOf(i), 6);
    this.#texts6.set(key, address);
    return address;
  }

  #nameOf(i: number): Buffer {
    return this.#names.subarray(i * nameBytes, (i + 1) * nameBytes);
  }
}
