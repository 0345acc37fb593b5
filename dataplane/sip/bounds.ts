/**
 * Bounds on what arrives from the network; all are checked before anything is allocated or kept.
 * Sizes are bytes (one latin1 character each).
 */
export const bounds = {
  /** A whole message, start line to body. */
  messageBytes: 65_535,
  /** Start line and header lines together. */
  headBytes: 32_768,
  headerLines: 256,
  /** One header line with its folds. */
  headerLineBytes: 8_192,
  /** Request-URI; above it the answer is 414. */
  requestUriBytes: 1_024,
  methodBytes: 64,
  /** Values of Via and of Route that a message may carry. */
  viaValues: 71,
  routeValues: 64,
  /** An SDP, its lines, its m-lines, and those lines that name an address (c=, a=rtcp); one with more is not understood. */
  sdpBytes: 32_768,
  sdpLines: 4_096,
  sdpStreams: 32,
  sdpAddresses: 128,
  /** Parts of a multipart body that are looked at for an SDP, in all, and how deep they may nest. */
  bodyParts: 32,
  bodyDepth: 3,
} as const;

/** Bounds of the head, as `parseMessage` takes them. */
export interface HeadBounds {
  readonly headBytes: number;
  readonly headerLines: number;
  readonly headerLineBytes: number;
}

/** For messages that we wrote ourselves, from one within `bounds`: our Via, Record-Route, received and the like come on top. */
export const ownBounds: HeadBounds = { headBytes: bounds.headBytes + 4_096, headerLines: bounds.headerLines + 16, headerLineBytes: bounds.headerLineBytes + 1_024 };
