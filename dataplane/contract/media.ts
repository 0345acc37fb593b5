/** What a node says of the media that it relays: the same words in the data plane, the REST API and the console. */

/** What moves the packets: nftables, the node's own threads, or another program. */
export const mediaEngines = ['kernel', 'worker', 'rtpengine'] as const;
export type MediaEngine = (typeof mediaEngines)[number];

/** One instance of the rtpengine pool as a node sees it. */
export interface RtpengineReport {
  /** `host:port` of its ng protocol. */
  readonly address: string;
  readonly state: 'up' | 'down' | 'unknown';
  /** Calls that this node has there. */
  readonly sessions: number;
  /** Why it is down, or ''. */
  readonly reason: string;
}

/** Of a media thread, or of all of a node together. */
export interface MediaReport {
  readonly engine: MediaEngine;
  /** What keeps the kernel from moving packets, where it was to; or ''. */
  readonly sentence: string;
  readonly sessions: number;
  readonly portsUsed: number;
  /** In the family that has fewest left. */
  readonly portsFree: number;
  /** That rest after a call, in all families. Older nodes do not tell, nor the next one. */
  readonly portsResting?: number;
  /** Of those used: by callers that nothing proves, and that nobody has answered. */
  readonly portsUnproven?: number;
  /** Streams that the kernel forwards. */
  readonly kernelStreams: number;
  readonly rtpengines: readonly RtpengineReport[];
}

/** What of it fits into a report; a node cuts what is longer. */
export const mediaReportBounds = { sentence: 512, address: 320, reason: 256, rtpengines: 64 } as const;

/** Streams of a call that a node tells of, and characters of their kind: a page of calls fits into a frame of the push channel. */
export const listedStreams = { streams: 4, kindLength: 32 } as const;
