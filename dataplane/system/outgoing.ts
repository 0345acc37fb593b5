/** Datagrams that leave together: what a turn of the thread sends by one socket is one system call. */
import { constants, type SystemCalls } from './calls.ts';
import { MessageRow, namePlaces } from './message-row.ts';
import { socketAddressBytes, writeSocketAddress } from './socket-address.ts';
import { zoneNumber } from './zones.ts';

const places = 1_024;
const dataBytes = 1024 * 1024;
/** So many leave at once, before the turn ends: what is sent sooner is in the processor's cache still. */
const together = 32;
const maxAddresses = 16_384;
const [tryAgain, interrupted, noBuffers, canceled] = [11, 4, 105, 125];

/** For an address on its way from text to words. */
const scratch = Buffer.allocUnsafeSlow(socketAddressBytes(6));
const scratchWords = new Int32Array(scratch.buffer);

/** Hears of a datagram that the system refused. */
export type Refused<Tag> = (tag: Tag, error: number, address: string, port: number) => void;

/**
 * The sending side of one socket. Each datagram carries a tag, by which its sender hears when the system refuses it.
 * Memory that nothing was written to yet is not taken from the system.
 */
export class OutgoingDatagrams<Tag> {
  readonly #calls: SystemCalls;
  readonly #descriptor: number;
  readonly #family: 4 | 6;
  readonly #refused: Refused<Tag>;
  readonly #data = Buffer.allocUnsafeSlow(dataBytes);
  readonly #dataAt: number;
  readonly #row: MessageRow;
  readonly #addresses = new Map<string, readonly number[] | null>();
  readonly #tags: (Tag | undefined)[] = [];
  readonly #targets: string[] = [];
  #count = 0;
  #sent = 0;
  #used = 0;
  #stuck = false;

  /** @param refused called from inside of `add`, `flush` and `abandon` */
  constructor(calls: SystemCalls, family: 4 | 6, descriptor: number, refused: Refused<Tag>) {
    this.#calls = calls;
    this.#descriptor = descriptor;
    this.#family = family;
    this.#refused = refused;
    this.#dataAt = Number(calls.pointer(this.#data));
    this.#row = new MessageRow(calls, family, places);
  }

  /**
   * Takes a datagram that leaves with the next `flush` at the latest.
   * @param text latin1, a character a byte
   * @returns false = not taken: no address of this family, or what waits has no room for it
   */
  add(text: string, address: string, port: number, tag: Tag): boolean {
    const words = this.#wordsOf(address);
    if (words === null || text.length > dataBytes) return false;
    if ((this.#count === places || this.#used + text.length > dataBytes) && !this.flush()) return false;
    const i = this.#count++;
    const { nameWords } = this.#row;
    const name = i * namePlaces;
    nameWords[name] = (this.#family === 4 ? constants.inet : constants.inet6) | (port & 0xff) << 24 | (port & 0xff00) << 8;
    for (let word = 0; word < words.length; word++) nameWords[name + 1 + word] = words[word] ?? 0;
    this.#data.write(text, this.#used, text.length, 'latin1');
    this.#row.setData(i, this.#dataAt + this.#used, text.length);
    this.#used += text.length;
    this.#tags[i] = tag;
    this.#targets[i] = address;
    if (i - this.#sent >= together && !this.#stuck) this.flush();
    return true;
  }

  /** Sends what waits. @returns false = the system does not take all of it now */
  flush(): boolean {
    this.#stuck = false;
    while (this.#sent < this.#count && !this.#stuck) {
      const taken = this.#calls.sendmmsg(this.#descriptor, this.#row.from(this.#sent), this.#count - this.#sent, constants.dontWait | constants.noSignal);
      if (taken > 0) this.#sent += taken;
      else this.#fail(this.#calls.errno());
    }
    if (this.#stuck) return false;
    this.#clear();
    return true;
  }

  /** Gives up what waits: ECANCELED to each sender. */
  abandon(): void {
    while (this.#sent < this.#count) this.#fail(canceled);
    this.#clear();
  }

  #clear(): void {
    this.#tags.fill(undefined, 0, this.#count);
    this.#count = 0;
    this.#sent = 0;
    this.#used = 0;
  }

  /** The first that waits was not taken. */
  #fail(error: number): void {
    if (error === interrupted) return;
    if (error === tryAgain || error === noBuffers) {
      this.#stuck = true;
      return;
    }
    const i = this.#sent++;
    const tag = this.#tags[i];
    if (tag !== undefined) this.#refused(tag, error, this.#targets[i] ?? '', this.#row.port(i));
  }

  /** The words of a sockaddr behind family and port; null = no address of this family. */
  #wordsOf(address: string): readonly number[] | null {
    const known = this.#addresses.get(address);
    if (known !== undefined) return known;
    const [bare = '', zone = ''] = address.split('%');
    let words: number[] | null = null;
    if (writeSocketAddress(scratch, this.#family, { address: bare, port: 0 })) {
      if (zone !== '') scratch.writeUInt32LE(zoneNumber(this.#calls, zone), 24);
      // Not an array of its own memory: that of many strangers would stay long.
      words = [...(this.#family === 4 ? scratchWords.subarray(1, 2) : scratchWords.subarray(1, 7))];
    }
    // The number of a zone may be another one next time.
    if (zone !== '') return words;
    if (this.#addresses.size === maxAddresses) this.#addresses.clear();
    this.#addresses.set(address, words);
    return words;
  }
}
