/** How a stream whose both sides are learned leaves userland: the kernel forwards its RTP from then on. */
import { isSameEndpoint, type Endpoint, type Family, type Side } from './relay.ts';

/** One end of an offloaded stream. */
export interface OffloadLeg {
  /** Where the side sends from and is sent to. */
  readonly remote: Endpoint;
  /** Our numeric address and port that the side sends to and hears from. */
  readonly local: Endpoint;
}

export interface OffloadFlow {
  /** Of the session, so that a later process knows whose elements it finds. */
  readonly session: string;
  readonly stream: number;
  readonly family: Family;
  readonly caller: OffloadLeg;
  readonly callee: OffloadLeg;
  /** RTCP comes by the same ports (RFC 5761): it stays in userland, told by its packet type. */
  readonly mux: boolean;
}

const isSameLeg = (a: OffloadLeg, b: OffloadLeg): boolean => isSameEndpoint(a.remote, b.remote) && isSameEndpoint(a.local, b.local);

/** Whether both are the same stream between the same places. */
export const isSameFlow = (a: OffloadFlow, b: OffloadFlow): boolean =>
  a.session === b.session && a.stream === b.stream && a.mux === b.mux && isSameLeg(a.caller, b.caller) && isSameLeg(a.callee, b.callee);

export interface OffloadCount {
  readonly packets: number;
  readonly bytes: number;
}

/** Named by the side that sends, since the flow was taken. */
export type OffloadCounts = Readonly<Record<Side, OffloadCount>>;

const noCount: OffloadCount = { packets: 0, bytes: 0 };
export const noCounts: OffloadCounts = { caller: noCount, callee: noCount };

const sum = (a: OffloadCount, b: OffloadCount): OffloadCount => ({ packets: a.packets + b.packets, bytes: a.bytes + b.bytes });
export const sumOf = (a: OffloadCounts, b: OffloadCounts): OffloadCounts => ({ caller: sum(a.caller, b.caller), callee: sum(a.callee, b.callee) });

export interface Offload {
  /** Whether the kernel can forward such a flow: families alike, neither end on this host, room left. */
  accepts(flow: OffloadFlow): boolean;
  /**
   * Takes a flow over; changes are batched, `done` hears whether the kernel has it.
   * @returns its number
   */
  take(flow: OffloadFlow, done: (taken: boolean) => void): number;
  /** Gives a flow back to userland: packets come to the sockets again once `done` was called with what it has counted. */
  release(flow: number, done: (counts: OffloadCounts) => void): void;
  /** Counts of all flows as last read back, and when (ms of the monotonic clock): figures and idle time. */
  counts(flow: number): { readonly counts: OffloadCounts; readonly readMs: number } | null;
}
