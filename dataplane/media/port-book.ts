import type { Endpoint, Family, PortPair, Side } from './relay.ts';
import type { SessionStreams } from './session-streams.ts';

/** Whose port it is. */
export interface PortOwner {
  readonly of: SessionStreams;
  readonly stream: number;
  readonly side: Side;
}

/** One number for both ports of a pair. */
const pairOf = (family: Family, port: number): number => family * 65_536 + (port >> 1);

/** The sessions that our ports of this thread belong to: an SDP may name one of them. */
export class PortBook {
  readonly #owners = new Map<number, PortOwner>();

  note({ family, rtp }: PortPair, of: SessionStreams, stream: number, side: Side): void {
    this.#owners.set(pairOf(family, rtp), { of, stream, side });
  }

  forget({ family, rtp }: PortPair): void {
    this.#owners.delete(pairOf(family, rtp));
  }

  owner({ address, port }: Endpoint): PortOwner | undefined {
    return this.#owners.get(pairOf(address.includes(':') ? 6 : 4, port));
  }
}
