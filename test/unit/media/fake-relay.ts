/** A relay without sockets: shows what its streams were told, and learns what a test says. */
import type { DirectionFigures } from '../../../dataplane/media/figures.ts';
import type { Endpoint, Expectation, Family, PortPair, Relay, RelayedStream, Side, StreamOwner } from '../../../dataplane/media/relay.ts';

export class FakeStream implements RelayedStream {
  readonly owner: StreamOwner;
  readonly ports: Record<Side, PortPair>;
  readonly expected: Record<Side, Expectation | null> = { caller: null, callee: null };
  readonly idle: Record<Side, number> = { caller: -1, callee: -1 };
  /** How often it was told where a side is. */
  told = 0;
  open = true;
  declined = false;
  proven: boolean;
  readonly #relay: FakeRelay;

  constructor(relay: FakeRelay, owner: StreamOwner, ports: Record<Side, PortPair>) {
    this.#relay = relay;
    this.owner = owner;
    this.proven = owner.proven;
    this.ports = ports;
  }

  port(side: Side): PortPair {
    return this.ports[side];
  }

  rehome(side: Side, family: Family): boolean {
    const port = this.#relay.take(family);
    if (port === null) return false;
    this.ports[side] = port;
    return true;
  }

  expect(side: Side, expectation: Expectation): void {
    this.told++;
    this.expected[side] = expectation;
  }

  figures(): ReturnType<RelayedStream['figures']> {
    const direction = (side: Side): DirectionFigures => ({ packets: 0, bytes: 0, lost: -1, jitterMs: -1, mos: 0, strangers: 0, invalid: 0, idleMs: this.idle[side] });
    return { engine: 'worker', roundTripMs: -1, caller: direction('caller'), callee: direction('callee') };
  }

  prove(): void {
    this.proven = true;
  }

  close(declined = false): void {
    this.open = false;
    this.declined = declined;
  }
}

export class FakeRelay implements Relay {
  readonly streams: FakeStream[] = [];
  readonly learned: Readonly<Record<Side, Endpoint | null>>[] = [];
  /** Port pairs left by family. */
  readonly left = { 4: 100, 6: 100 };
  #next = 30_000;

  take(family: Family): PortPair | null {
    if (this.left[family] === 0) return null;
    this.left[family]--;
    this.#next += 2;
    return { family, rtp: this.#next - 2 };
  }

  open(families: Readonly<Record<Side, Family>>, owner: StreamOwner): FakeStream | null {
    const caller = this.take(families.caller);
    const callee = caller === null ? null : this.take(families.callee);
    if (caller === null || callee === null) return null;
    return this.#add(owner, { caller, callee });
  }

  reopen(ports: Readonly<Record<Side, PortPair>>, owner: StreamOwner, learned: Readonly<Record<Side, Endpoint | null>>): FakeStream | null {
    if (this.left[ports.caller.family] === 0) return null;
    this.learned.push(learned);
    return this.#add(owner, { ...ports });
  }

  #add(owner: StreamOwner, ports: Record<Side, PortPair>): FakeStream {
    const stream = new FakeStream(this, owner, ports);
    this.streams.push(stream);
    return stream;
  }

  /** Those that were not closed. */
  get live(): FakeStream[] {
    return this.streams.filter(({ open }) => open);
  }
}
