/** The relayed streams of one session: their ports, what they have been told, and where the sides were found. */
import type { ListedFigures } from './figures.ts';
import type { StreamKind } from './described.ts';
import type { PortBook } from './port-book.ts';
import { bothSides, isSameEndpoint, otherSide, type Endpoint, type Expectation, type Family, type PortPair, type Relay, type RelayedStream, type Side } from './relay.ts';

/** A stream as it is kept over a restart. */
export interface StreamRecord {
  /** See `streamKey`. */
  readonly stream: number;
  readonly kind: StreamKind;
  /** Ours, by the side that sends to them. */
  readonly ports: Readonly<Record<Side, PortPair>>;
  /** Where each side sends from, null = not known. */
  readonly learned: Readonly<Record<Side, Endpoint | null>>;
}

interface OpenStream {
  readonly relayed: RelayedStream;
  readonly kind: StreamKind;
  readonly learned: Record<Side, Endpoint | null>;
  readonly told: Record<Side, Expectation | null>;
}

/** Calls of ours that a PBX may have connected in a row. */
const maxHops = 8;

/** What a session hears of its streams. */
export interface StreamsWatch {
  /** A side was found somewhere else. */
  changed(): void;
  /** What goes to a side is more than any stream has: it is muted, see `StreamOwner`. */
  circles(side: Side): void;
}

export class SessionStreams {
  readonly #session: string;
  readonly #relay: Relay;
  readonly #ownAddresses: ReadonlySet<string>;
  readonly #book: PortBook;
  readonly #watch: StreamsWatch;
  readonly #open = new Map<number, OpenStream>();
  #proven = false;

  /** @param ownAddresses by which others reach us */
  constructor(session: string, relay: Relay, ownAddresses: ReadonlySet<string>, book: PortBook, watch: StreamsWatch) {
    this.#session = session;
    this.#relay = relay;
    this.#ownAddresses = ownAddresses;
    this.#book = book;
    this.#watch = watch;
  }

  get size(): number {
    return this.#open.size;
  }

  has(stream: number): boolean {
    return this.#open.has(stream);
  }

  /** Its call is answered, or its caller is who it seems to be: none of its ports counts to the share of unproven ones. */
  prove(): void {
    if (this.#proven) return;
    this.#proven = true;
    for (const { relayed } of this.#open.values()) relayed.prove();
  }

  /** @returns false when no ports are left */
  open(stream: number, kind: StreamKind, families: Readonly<Record<Side, Family>>): boolean {
    const learned: OpenStream['learned'] = { caller: null, callee: null };
    return this.#keep(stream, kind, learned, this.#relay.open(families, this.#owner(stream, learned)));
  }

  /** @returns false when its ports are not to be had */
  reopen({ stream, kind, ports, learned }: StreamRecord): boolean {
    const known = { ...learned };
    return this.#keep(stream, kind, known, this.#relay.reopen(ports, this.#owner(stream, known), learned));
  }

  #owner(stream: number, learned: OpenStream['learned']): Parameters<Relay['open']>[1] {
    return {
      session: this.#session, stream, proven: this.#proven,
      learned: (side, at) => {
        learned[side] = at;
        this.#watch.changed();
      },
      circles: (side) => this.#watch.circles(side),
    };
  }

  #keep(stream: number, kind: StreamKind, learned: OpenStream['learned'], relayed: RelayedStream | null): boolean {
    if (relayed === null) return false;
    this.#open.set(stream, { relayed, kind, learned, told: { caller: null, callee: null } });
    for (const side of bothSides) this.#book.note(relayed.port(side), this, stream, side);
    return true;
  }

  /** Our port of a side. */
  port(stream: number, side: Side): PortPair | null {
    return this.#open.get(stream)?.relayed.port(side) ?? null;
  }

  /** @returns false when no ports are left in that family */
  rehome(stream: number, side: Side, family: Family): boolean {
    const open = this.#open.get(stream);
    const former = open?.relayed.port(side);
    if (open === undefined || former === undefined || !open.relayed.rehome(side, family)) return false;
    this.#book.forget(former);
    this.#book.note(open.relayed.port(side), this, stream, side);
    open.told[side] = null;
    return true;
  }

  /** Tells a stream where a side is, unless it knows. What our port of that side cannot send to counts as nowhere. */
  tell(stream: number, side: Side, said: Expectation): void {
    const open = this.#open.get(stream);
    if (open === undefined) return;
    const { family } = open.relayed.port(side);
    const ours = said.ours === true;
    const expectation = { ...said, rtp: this.#reachable(said.rtp, family, ours), rtcp: this.#reachable(said.rtcp, family, ours) };
    if (isSame(open.told[side], expectation)) return;
    open.told[side] = expectation;
    open.relayed.expect(side, expectation);
  }

  #reachable(at: Endpoint | null, family: Family, ours: boolean): Endpoint | null {
    return at !== null && at.address.includes(':') === (family === 6) && !this.#leadsBack(at, ours) ? at : null;
  }

  /** Sides that name our ports, of their own session or of sessions in a row, could let packets go round for ever. Only what `ours` says is followed: nobody else can be learned there. */
  #leadsBack(at: Endpoint, ours: boolean): boolean {
    let next: Endpoint | null = at;
    for (let hop = 0; hop < maxHops; hop++) {
      if (next === null || !(ours || this.#ownAddresses.has(next.address))) return false;
      const owner = this.#book.owner(next);
      if (owner === undefined) return false;
      if (owner.of === this || !ours) return true;
      const onward: Expectation | null = owner.of.#open.get(owner.stream)?.told[otherSide(owner.side)] ?? null;
      if (onward?.ours !== true) return false;
      next = onward.rtp;
    }
    return true;
  }

  /** @param declined see `RelayedStream.close` */
  close(stream: number, declined = false): void {
    const open = this.#open.get(stream);
    if (open !== undefined) for (const side of bothSides) this.#book.forget(open.relayed.port(side));
    open?.relayed.close(declined);
    this.#open.delete(stream);
  }

  /** Closes all but those; null = keeps all. */
  keepOnly(needed: ReadonlySet<number> | null): void {
    if (needed === null) return;
    for (const stream of this.#open.keys()) if (!needed.has(stream)) this.close(stream);
  }

  /** @param declined see `RelayedStream.close` */
  closeAll(declined: boolean): void {
    for (const stream of this.#open.keys()) this.close(stream, declined);
  }

  figures(): ListedFigures[] {
    return [...this.#open].toSorted(([one], [other]) => one - other).map(([, { relayed, kind }]) => ({ ...relayed.figures(), kind }));
  }

  records(): StreamRecord[] {
    return [...this.#open].map(([stream, { relayed, kind, learned }]) => ({ stream, kind, ports: { caller: relayed.port('caller'), callee: relayed.port('callee') }, learned: { ...learned } }));
  }

  /** Milliseconds since a side's last packet on any stream, -1 = none came. */
  idleMs(): Record<Side, number> {
    const idle: Record<Side, number> = { caller: -1, callee: -1 };
    for (const { relayed } of this.#open.values()) {
      const figures = relayed.figures();
      for (const side of bothSides) {
        const { idleMs } = figures[side];
        if (idleMs >= 0 && (idle[side] < 0 || idleMs < idle[side])) idle[side] = idleMs;
      }
    }
    return idle;
  }
}

const isSame = (one: Expectation | null, other: Expectation): boolean =>
  one !== null && one.protocol === other.protocol && one.mux === other.mux && one.latching === other.latching && one.ours === other.ours && isSameEndpoint(one.rtp, other.rtp) && isSameEndpoint(one.rtcp, other.rtcp)
  && one.hosts.length === other.hosts.length && one.hosts.every((host, i) => host === other.hosts[i]);
