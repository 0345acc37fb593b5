/** A row of struct mmsghdr, as recvmmsg and sendmmsg take them: each with room for an address and one piece of data. */
import type { SystemCalls } from './calls.ts';
import { socketAddressBytes } from './socket-address.ts';

const nameBytes = 32;
const vectorBytes = 16;
/** A struct msghdr of 56 bytes, then the length that came. */
const headerBytes = 64;
const lengthAt = 56 / 4;
/** Words of an address, and of what names a piece of data. */
export const namePlaces = nameBytes / 4;
const vectorPlaces = vectorBytes / 4;

export class MessageRow {
  /** The addresses, `namePlaces` words apart: family and port, then the rest of a sockaddr. */
  readonly nameWords: Int32Array;
  readonly #names: Buffer;
  readonly #vectors: Buffer;
  readonly #vectorWords: Int32Array;
  readonly #headers: Buffer;
  readonly #headerWords: Int32Array;
  readonly #at: bigint;

  constructor(calls: SystemCalls, family: 4 | 6, places: number) {
    this.#names = Buffer.allocUnsafeSlow(places * nameBytes).fill(0);
    this.nameWords = wordsOf(this.#names);
    this.#vectors = Buffer.allocUnsafeSlow(places * vectorBytes).fill(0);
    this.#vectorWords = wordsOf(this.#vectors);
    this.#headers = Buffer.allocUnsafeSlow(places * headerBytes).fill(0);
    this.#headerWords = wordsOf(this.#headers);
    this.#at = calls.pointer(this.#headers);
    const [names, vectors] = [calls.pointer(this.#names), calls.pointer(this.#vectors)];
    for (let i = 0; i < places; i++) {
      this.#headers.writeBigUInt64LE(names + BigInt(i * nameBytes), i * headerBytes);
      this.#headers.writeUInt32LE(socketAddressBytes(family), i * headerBytes + 8);
      this.#headers.writeBigUInt64LE(vectors + BigInt(i * vectorBytes), i * headerBytes + 16);
      this.#headers.writeBigUInt64LE(1n, i * headerBytes + 24);
    }
  }

  /** What the system gets for the row from message `i` on. */
  from(i: number): bigint {
    return i === 0 ? this.#at : this.#at + BigInt(i * headerBytes);
  }

  /** Names the data of message `i`. @param at its address, which has 47 bits in user space */
  setData(i: number, at: number, bytes: number): void {
    const vector = i * vectorPlaces;
    this.#vectorWords[vector] = at % 0x1_0000_0000;
    this.#vectorWords[vector + 1] = at / 0x1_0000_0000;
    this.#vectorWords[vector + 2] = bytes;
  }

  /** Bytes that came with message `i`. */
  received(i: number): number {
    return this.#headerWords[i * (headerBytes / 4) + lengthAt] ?? 0;
  }

  /** Port of message `i`'s address. */
  port(i: number): number {
    const word = this.nameWords[i * namePlaces] ?? 0;
    return ((word >>> 8) & 0xff00) | (word >>> 24);
  }

  /** Address of message `i`, as the system wrote it. */
  name(i: number): Buffer {
    return this.#names.subarray(i * nameBytes, (i + 1) * nameBytes);
  }
}

const wordsOf = (bytes: Buffer): Int32Array => new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
