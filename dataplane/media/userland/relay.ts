/** The userland relay: our own ports and sockets, and the packets through them. One a media thread. */
import type { Offload } from '../offload.ts';
import { PortRange } from '../ports.ts';
import { bothSides, familiesOf, type Endpoint, type Family, type PortPair, type Relay, type RelayedStream, type Side, type StreamOwner } from '../relay.ts';
import { chooseDatagrams } from './choose.ts';
import type { Datagrams } from './datagrams.ts';
import type { Leg, Totals } from './leg.ts';
import { LocalAddresses } from './local-address.ts';
import type { RelaySettings, RelayStatus } from './settings.ts';
import { UserlandStream, type StreamHome } from './stream.ts';

/** How long ports rest after a call: the longest that its other end may go on sending before it has seen the BYE (64 × T1 = 32 s). */
const defaultRestMs = 32_000;
/** Ports that another program holds are passed over; so many in a row mean that there is more wrong. */
const maxAttempts = 16;

export class UserlandRelay implements Relay, StreamHome {
  readonly datagrams: Datagrams;
  readonly totals: Totals = { packetsIn: 0, packetsOut: 0, strangers: 0, invalid: 0, sendFailures: 0 };
  readonly offload: Offload | null;
  readonly local: LocalAddresses;
  readonly #ranges: ReadonlyMap<Family, PortRange>;
  readonly #streams = new Set<UserlandStream>();
  #exhausted = 0;
  #unprovenRefused = 0;

  /**
   * @param offload takes streams into the kernel; null = all stay here
   * @param datagrams other sockets than the best that this system has
   * @param restMs how long ports rest after use
   */
  constructor(settings: RelaySettings, offload: Offload | null, datagrams: Datagrams = chooseDatagrams(settings), restMs: number = defaultRestMs) {
    this.offload = offload;
    this.datagrams = datagrams;
    this.local = new LocalAddresses(settings.bind);
    this.#ranges = new Map(familiesOf(settings.bind).map((family) => [family, new PortRange(settings.first, settings.last, restMs)]));
  }

  open(families: Readonly<Record<Side, Family>>, owner: StreamOwner): RelayedStream | null {
    const stream = new UserlandStream(this, owner);
    this.#streams.add(stream);
    if (this.house(stream.caller, families.caller, owner.proven) && this.house(stream.callee, families.callee, owner.proven)) return stream;
    stream.close(true);
    return null;
  }

  reopen(ports: Readonly<Record<Side, PortPair>>, owner: StreamOwner, learned: Readonly<Record<Side, Endpoint | null>>): RelayedStream | null {
    const stream = new UserlandStream(this, owner);
    this.#streams.add(stream);
    for (const side of bothSides) {
      if (!this.#rehouse(stream[side], ports[side], owner.proven)) {
        stream.close();
        return null;
      }
      const at = learned[side];
      if (at !== null) stream.restore(side, at);
    }
    return stream;
  }

  status(): RelayStatus {
    const now = this.now();
    let offloaded = 0;
    for (const stream of this.#streams) if (stream.offloaded) offloaded++;
    return {
      sockets: this.datagrams.kind, streams: this.#streams.size, offloaded, ...this.totals, exhausted: this.#exhausted, unprovenRefused: this.#unprovenRefused,
      ports: [...this.#ranges].map(([family, range]) => ({ family, pairs: range.pairs, resting: range.resting(now), inUse: range.inUse, unproven: range.unproven })),
    };
  }

  /** Ends all streams. */
  close(): void {
    for (const stream of this.#streams) stream.close();
  }

  now(): number {
    return performance.now();
  }

  house(leg: Leg, family: Family, proven: boolean): boolean {
    const range = this.#ranges.get(family);
    if (!proven && range?.isShareFull(this.now()) === true) {
      this.#unprovenRefused++;
      return false;
    }
    for (let attempt = 0; range !== undefined && attempt < maxAttempts; attempt++) {
      const rtp = range.take(this.now(), Math.random(), proven);
      if (rtp === null) break;
      if (leg.attach({ family, rtp })) return true;
      // Another program has one of the two: it may rest as well.
      range.give(rtp, this.now());
    }
    this.#exhausted++;
    return false;
  }

  prove({ family, rtp }: PortPair): void {
    this.#ranges.get(family)?.prove(rtp);
  }

  leave({ family, rtp }: PortPair, rests: boolean): void {
    this.#ranges.get(family)?.give(rtp, this.now(), rests);
  }

  closed(stream: UserlandStream): void {
    this.#streams.delete(stream);
  }

  /** A port of a range that was configured before is opened all the same. */
  #rehouse(leg: Leg, pair: PortPair, proven: boolean): boolean {
    const range = this.#ranges.get(pair.family);
    if (range === undefined || (range.has(pair.rtp) && !range.claim(pair.rtp, this.now(), proven))) return false;
    if (leg.attach(pair)) return true;
    this.leave(pair, true);
    return false;
  }
}
