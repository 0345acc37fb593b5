/** Datagrams that arrive together: one system call receives up to 32 of them, as latin1 texts. */
import { constants, type SystemCalls } from './calls.ts';
import { MessageRow, namePlaces } from './message-row.ts';
import { readSocketAddress } from './socket-address.ts';
import { zoneName } from './zones.ts';

const places = 32;
/** No datagram is longer. Pages of a place that no datagram reaches take no memory. */
const placeBytes = 65_536;
/** Texts of so many addresses are kept: most come again. */
const maxTexts = 16_384;

export class ArrivedDatagrams {
  readonly #calls: SystemCalls;
  readonly #family: 4 | 6;
  readonly #data = Buffer.allocUnsafeSlow(places * placeBytes);
  readonly #row: MessageRow;
  readonly #texts4 = new Map<number, string>();
  readonly #texts6 = new Map<string, string>();

  constructor(calls: SystemCalls, family: 4 | 6) {
    this.#calls = calls;
    this.#family = family;
    this.#row = new MessageRow(calls, family, places);
    const data = Number(calls.pointer(this.#data));
    for (let i = 0; i < places; i++) this.#row.setData(i, data + i * placeBytes, placeBytes);
  }

  /** Receives what has arrived at a socket. @returns how many datagrams, good until the next call; below 0 = none, or an error */
  receive(descriptor: number): number {
    return this.#calls.recvmmsg(descriptor, this.#row.from(0), places, constants.dontWait);
  }

  /** The bytes of datagram `i`, a character each. */
  text(i: number): string {
    return this.#data.toString('latin1', i * placeBytes, i * placeBytes + this.#row.received(i));
  }

  port(i: number): number {
    return this.#row.port(i);
  }

  /** Where it came from: IPv6 in canonical form, with its zone (`%eth0`) when link-local. */
  address(i: number): string {
    return this.#family === 4 ? this.#address4(i) : this.#address6(i);
  }

  #address4(i: number): string {
    const word = this.#row.nameWords[i * namePlaces + 1] ?? 0;
    const known = this.#texts4.get(word);
    if (known !== undefined) return known;
    if (this.#texts4.size === maxTexts) this.#texts4.clear();
    const { address } = readSocketAddress(this.#row.name(i), 4);
    this.#texts4.set(word, address);
    return address;
  }

  #address6(i: number): string {
    const text = this.#text6(i);
    const zone = this.#row.nameWords[i * namePlaces + 6] ?? 0;
    return zone === 0 ? text : `${text}%${zoneName(this.#calls, zone)}`;
  }

  #text6(i: number): string {
    const name = this.#row.name(i);
    const key = name.toString('latin1', 8, 24);
    const known = this.#texts6.get(key);
    if (known !== undefined) return known;
    if (this.#texts6.size === maxTexts) this.#texts6.clear();
    const { address } = readSocketAddress(name, 6);
    this.#texts6.set(key, address);
    return address;
  }
}
