/** The relayed streams of one session: their ports, what they have been told, and where the sides were found. */
import type { ListedFigures } from './figures.ts';
import type { StreamKind } from './described.ts';
import { bothSides, isSameEndpoint, type Endpoint, type Expectation, type Family, type PortPair, type Relay, type RelayedStream, type Side } from './relay.ts';

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

export class SessionStreams {
  readonly #session: string;
  readonly #relay: Relay;
  readonly #ownAddresses: ReadonlySet<string>;
  readonly #changed: () => void;
  readonly #open = new Map<number, OpenStream>();

  /**
   * @param ownAddresses by which others reach us
   * @param changed hears of each side that was found somewhere else
   */
  constructor(session: string, relay: Relay, ownAddresses: ReadonlySet<string>, changed: () => void) {
    this.#session = session;
    this.#relay = relay;
    this.#ownAddresses = ownAddresses;
    this.#changed = changed;
  }

  get size(): number {
    return this.#open.size;
  }

  has(stream: number): boolean {
    return this.#open.has(stream);
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
      session: this.#session, stream,
      learned: (side, at) => {
        learned[side] = at;
        this.#changed();
      },
    };
  }

  #keep(stream: number, kind: StreamKind, learned: OpenStream['learned'], relayed: RelayedStream | null): boolean {
    if (relayed !== null) this.#open.set(stream, { relayed, kind, learned, told: { caller: null, callee: null } });
    return relayed !== null;
  }

  /** Our port of a side. */
  port(stream: number, side: Side): PortPair | null {
    return this.#open.get(stream)?.relayed.port(side) ?? null;
  }

  /** @returns false when no ports are left in that family */
  rehome(stream: number, side: Side, family: Family): boolean {
    const open = this.#open.get(stream);
    if (open === undefined || !open.relayed.rehome(side, family)) return false;
    open.told[side] = null;
    return true;
  }

  /** Tells a stream where a side is, unless it knows. What our port of that side cannot send to counts as nowhere. */
  tell(stream: number, side: Side, said: Expectation): void {
    const open = this.#open.get(stream);
    if (open === undefined) return;
    const { family } = open.relayed.port(side);
    const expectation = { ...said, rtp: this.#reachable(said.rtp, family), rtcp: this.#reachable(said.rtcp, family) };
    if (isSame(open.told[side], expectation)) return;
    open.told[side] = expectation;
    open.relayed.expect(side, expectation);
  }

  #reachable(at: Endpoint | null, family: Family): Endpoint | null {
    return at !== null && at.address.includes(':') === (family === 6) && !this.#isOwn(at) ? at : null;
  }

  /** Two sides that name our ports of their own session would let packets go round for ever. */
  #isOwn({ address, port }: Endpoint): boolean {
    if (!this.#ownAddresses.has(address)) return false;
    return [...this.#open.values()].some(({ relayed }) => bothSides.some((side) => port >> 1 === relayed.port(side).rtp >> 1));
  }

  close(stream: number): void {
    this.#open.get(stream)?.relayed.close();
    this.#open.delete(stream);
  }

  /** Closes all but those; null = keeps all. */
  keepOnly(needed: ReadonlySet<number> | null): void {
    if (needed === null) return;
    for (const stream of this.#open.keys()) if (!needed.has(stream)) this.close(stream);
  }

  closeAll(): void {
    this.keepOnly(new Set());
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
  one !== null && one.protocol === other.protocol && one.mux === other.mux && one.latching === other.latching && isSameEndpoint(one.rtp, other.rtp) && isSameEndpoint(one.rtcp, other.rtcp)
  && one.hosts.length === other.hosts.length && one.hosts.every((host, i) => host === other.hosts[i]);
