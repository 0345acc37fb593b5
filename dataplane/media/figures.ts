/** What is known of the media of a session, for live lists, call records and metrics. */
import type { MediaEngine } from '../contract/media.ts';

/** One direction of a stream, named by the side that sends. */
export interface DirectionFigures {
  readonly packets: number;
  readonly bytes: number;
  /** From sequence numbers where we see every packet (RFC 3550 A.3), else from the receiver's reports; -1 = not known. */
  readonly lost: number;
  /** Interarrival jitter in milliseconds (RFC 3550 A.8), -1 = not known. */
  readonly jitterMs: number;
  /** Listening quality as the receiver hears it, 1.0 to 4.5 (E-model, ITU-T G.107), 0 = not known. */
  readonly mos: number;
  /** Packets from other sources than the learned one, which went nowhere. */
  readonly strangers: number;
  /** Packets that are no RTP, RTCP, STUN or DTLS. */
  readonly invalid: number;
  /** Milliseconds since the last packet, -1 = none came. */
  readonly idleMs: number;
}

export interface StreamFigures {
  /** Which engine moves the packets now. */
  readonly engine: MediaEngine;
  /** Round-trip time from RTCP in milliseconds, -1 = not known. */
  readonly roundTripMs: number;
  readonly caller: DirectionFigures;
  readonly callee: DirectionFigures;
}

export interface ListedFigures extends StreamFigures {
  /** audio, video and so on, as the SDP says. */
  readonly kind: string;
}

export interface SessionFigures {
  readonly session: string;
  readonly streams: readonly ListedFigures[];
}
