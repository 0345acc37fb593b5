/** A relayed stream: two legs, and the kernel where it takes it. */
import type { StreamFigures } from '../figures.ts';
import { noCounts, type Offload, type OffloadFlow, type OffloadLeg } from '../offload.ts';
import type { Endpoint, Expectation, Family, PortPair, RelayedStream, Side, StreamOwner } from '../relay.ts';
import type { Datagrams } from './datagrams.ts';
import { Leg, type LegOwner, type Totals } from './leg.ts';
import type { LocalAddresses } from './local-address.ts';
import { Offloading } from './offloading.ts';

/** What a stream needs of its relay. */
export interface StreamHome {
  readonly datagrams: Datagrams;
  readonly totals: Totals;
  readonly offload: Offload | null;
  readonly local: LocalAddresses;
  /** Fresh monotonic time. */
  now(): number;
  /** Opens a free pair for a leg. @returns false = none is left */
  house(leg: Leg, family: Family, proven: boolean): boolean;
  prove(pair: PortPair): void;
  /** @param rests false = nobody sends to it */
  leave(pair: PortPair, rests: boolean): void;
  closed(stream: UserlandStream): void;
}

export class UserlandStream implements RelayedStream, LegOwner {
  readonly caller: Leg;
  readonly callee: Leg;
  readonly #home: StreamHome;
  readonly #owner: StreamOwner;
  readonly #offloading: Offloading | null;
  #open = true;
  #proven: boolean;

  /** Its legs have no ports yet. */
  constructor(home: StreamHome, owner: StreamOwner) {
    this.#home = home;
    this.#owner = owner;
    this.#proven = owner.proven;
    this.caller = new Leg(this, home.datagrams, home.totals);
    this.callee = new Leg(this, home.datagrams, home.totals);
    Leg.join(this.caller, this.callee);
    this.#offloading = home.offload === null ? null : new Offloading(home.offload);
  }

  get offloaded(): boolean {
    return this.#offloading?.active === true;
  }

  port(side: Side): PortPair {
    return this[side].pair;
  }

  rehome(side: Side, family: Family): boolean {
    const leg = this[side];
    const former = leg.pair;
    if (!this.#open) return false;
    if (former.family === family) return true;
    if (!this.#home.house(leg, family, this.#proven)) return false;
    this.#home.leave(former, true);
    this.settled();
    return true;
  }

  expect(side: Side, expectation: Expectation): void {
    this[side].expect(expectation);
    this.settled();
  }

  /** Where a former process had heard a side. */
  restore(side: Side, at: Endpoint): void {
    this[side].restore(at);
  }

  figures(): StreamFigures {
    const now = this.#home.now();
    const offloading = this.#offloading;
    const seesAll = offloading === null || !offloading.everTaken;
    const known = [this.caller, this.callee].map((leg) => leg.reports.roundTripMs).filter((ms) => ms >= 0);
    const roundTripMs = known.length === 0 ? -1 : known.reduce((sum, ms) => sum + ms, 0);
    const inKernel = offloading?.counts ?? noCounts;
    const of = (side: Side): StreamFigures['caller'] => this[side].figures(now, seesAll, inKernel[side], roundTripMs);
    return { engine: this.offloaded ? 'kernel' : 'worker', roundTripMs, caller: of('caller'), callee: of('callee') };
  }

  prove(): void {
    this.#proven = true;
    for (const leg of [this.caller, this.callee]) this.#home.prove(leg.pair);
  }

  close(declined = false): void {
    if (!this.#open) return;
    this.#open = false;
    const rests = !declined || this.#used;
    this.#offloading?.close(this.#home.now());
    for (const leg of [this.caller, this.callee]) {
      leg.close();
      if (leg.pair.rtp > 0) this.#home.leave(leg.pair, rests);
    }
    this.#home.closed(this);
  }

  /** The callee has described itself, so that both sides know where to send to; or somebody has sent. */
  get #used(): boolean {
    return this.callee.expectation !== null || this.caller.heard || this.callee.heard;
  }

  learned(leg: Leg, at: Endpoint): void {
    this.#owner.learned(leg === this.caller ? 'caller' : 'callee', at);
  }

  settled(): void {
    if (this.#open) this.#offloading?.want(this.#flow(), this.#home.now());
  }

  circles(leg: Leg): void {
    this.#owner.circles(leg === this.caller ? 'caller' : 'callee');
  }

  kernelIdleMs(leg: Leg): number {
    return this.#offloading?.idleMs(leg === this.caller ? 'caller' : 'callee') ?? -1;
  }

  /** What the kernel could forward: media flows both ways between learned places of one family. */
  #flow(): OffloadFlow | null {
    const { caller, callee } = this;
    const family = caller.pair.family;
    // What goes to another port of ours is bounded here, and never leaves this host.
    if (caller.expectation?.ours === true || callee.expectation?.ours === true) return null;
    if (callee.pair.family !== family || caller.opaque || callee.opaque || caller.expectation === null || callee.expectation === null) return null;
    const [from, to] = [this.#end(caller), this.#end(callee)];
    if (from === null || to === null) return null;
    return { session: this.#owner.session, stream: this.#owner.stream, family, caller: from, callee: to, mux: caller.expectation.mux || callee.expectation.mux };
  }

  #end({ rtp, pair }: Leg): OffloadLeg | null {
    const remote = rtp.latch.learned;
    if (remote === null || !rtp.firm) return null;
    const address = this.#home.local.towards(remote, pair.family, this.#home.now());
    return address === '' ? null : { remote, local: { address, port: pair.rtp } };
  }
}
