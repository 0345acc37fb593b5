/** What the userland relay is told at its start, and what it says of itself. */
import type { SocketKind } from '../../system/calls.ts';
import type { ByFamily, Family } from '../relay.ts';

export interface RelaySettings {
  /** First and last port that may be used, in both families. RTP takes even ports, RTCP the odd ones above. */
  readonly first: number;
  readonly last: number;
  /** What media sockets bind to; `0.0.0.0` and `::` are every address. */
  readonly bind: ByFamily;
}

/** Port pairs of one family. */
export interface PortUse {
  readonly family: Family;
  /** Pairs that the range has. */
  readonly pairs: number;
  readonly inUse: number;
  /** Given back, and resting so that late packets of the old call meet nobody. */
  readonly resting: number;
  /** Of those in use: by callers that nothing proves, and that nobody has answered. */
  readonly unproven: number;
}

/** Node page, health and metrics. Counts only grow while the relay lives. */
export interface RelayStatus {
  readonly sockets: SocketKind;
  readonly streams: number;
  /** Streams whose RTP the kernel forwards now. */
  readonly offloaded: number;
  readonly ports: readonly PortUse[];
  /** Packets received and sent on by sockets of ours. */
  readonly packetsIn: number;
  readonly packetsOut: number;
  /** Packets from other sources than the learned ones. */
  readonly strangers: number;
  /** Packets that were no RTP, RTCP, STUN or DTLS. */
  readonly invalid: number;
  /** Packets that the operating system did not take. */
  readonly sendFailures: number;
  /** How often `open` found no ports. */
  readonly exhausted: number;
  /** How often it had none for an unproven caller, as these had their share. */
  readonly unprovenRefused: number;
}
