/** What relayed streams are made of, for those who decide (session.ts) and those who forward (userland, kernel). */
import type { Family } from '../transport/flow.ts';
import type { Latching } from './passage.ts';
import type { StreamFigures } from './figures.ts';

export type { Family };

/** A numeric address of ours by family, '' = none. */
export interface ByFamily {
  readonly v4: string;
  readonly v6: string;
}

/** @returns '' = none of that family */
export const ofFamily = ({ v4, v6 }: ByFamily, family: Family): string => (family === 4 ? v4 : v6);
export const familiesOf = (own: ByFamily): Family[] => ([4, 6] as const).filter((family) => ofFamily(own, family) !== '');

/** The caller sent the INVITE that began the session; a callee answered it. */
export type Side = 'caller' | 'callee';
export const bothSides: readonly Side[] = ['caller', 'callee'];
export const otherSide = (side: Side): Side => (side === 'caller' ? 'callee' : 'caller');

/** A canonical numeric address and a port. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export const isSameEndpoint = (one: Endpoint | null, other: Endpoint | null): boolean => one?.port === other?.port && one?.address === other?.address;

/** What SDP and signalling say of where one side of a stream is. */
export interface Expectation {
  /** `rtp`: only RTP, RTCP, STUN and DTLS pass; `other` (T.38 over UDPTL, plain UDP): any packet does. */
  readonly protocol: 'rtp' | 'other';
  /** null = nowhere that packets could be sent to yet (a name, 0.0.0.0, port 9 of trickled ICE). */
  readonly rtp: Endpoint | null;
  /** null = beside `rtp` as usual: the next port, or the same one with `mux`. */
  readonly rtcp: Endpoint | null;
  /** RTP and RTCP share a port (RFC 5761). */
  readonly mux: boolean;
  /** `rtp` is a port of ours: a PBX has connected two of its calls directly. Nothing else is heard then than that port. */
  readonly ours?: boolean;
  /** Canonical addresses that the side may send from: of its SDP, its ICE candidates and its signalling. */
  readonly hosts: readonly string[];
  readonly latching: Latching;
}

/** Our ports of one side: RTP on the even one, RTCP on the next (RFC 3550 §11). */
export interface PortPair {
  readonly family: Family;
  readonly rtp: number;
}

/** One relayed stream (an m-line, or several that share a transport). */
export interface RelayedStream {
  /** Our ports that a side sends to. */
  port(side: Side): PortPair;
  /** The side's ports move to another family; false = none are left there, and nothing changes. */
  rehome(side: Side, family: Family): boolean;
  /** Says where a side is; what was learned stays if the new expectation still allows it, else it is learned anew. */
  expect(side: Side, expectation: Expectation): void;
  figures(): StreamFigures;
  /** Its ports count no more to the share of unproven callers. */
  prove(): void;
  /**
   * Gives the ports back. They rest, as late packets of this call must not reach another one.
   * @param declined whoever was told of them has said no since: if nobody has answered or sent anything either, they need no rest
   */
  close(declined?: boolean): void;
}

/** What a stream has to say to its session. */
export interface StreamOwner {
  /** Which stream of which session it is: what the kernel forwards bears its name. */
  readonly session: string;
  readonly stream: number;
  /** false = nobody has answered the call, and nothing shows that its INVITE came from where it seems to: see `SdpPassage`. */
  readonly proven: boolean;
  /** The side's address is known: its first valid packet has come, or it sends from another place. */
  learned(side: Side, at: Endpoint): void;
  /** More goes to a side, a port of ours, than any stream has: packets go round in a circle, and nothing is sent there until its SDP names another place. */
  circles(side: Side): void;
}

/** Ports and sockets; the one door to forwarding. */
export interface Relay {
  /** @returns null when no ports are left in one of the families, or none for unproven callers */
  open(families: Readonly<Record<Side, Family>>, owner: StreamOwner): RelayedStream | null;
  /**
   * Takes a stream of an earlier process up again, on the ports that it had.
   * @param learned where the sides sent from when it was written down
   * @returns null when a port is not to be had
   */
  reopen(ports: Readonly<Record<Side, PortPair>>, owner: StreamOwner, learned: Readonly<Record<Side, Endpoint | null>>): RelayedStream | null;
}
