import type { Family, TransportName } from './flow.ts';

/** One listener to open. */
export interface ListenerSettings {
  readonly transport: TransportName;
  readonly family: Family;
  /** IP literal without brackets; the wildcard is allowed. */
  readonly address: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Host that Via and Record-Route show, without brackets; '' = the bound address (of the first interface when that is the wildcard). */
  readonly advertisedHost: string;
  /** 0 = the bound port. */
  readonly advertisedPort: number;
  /** Several sockets (workers, an old and a new process) share the port; the kernel spreads by 4-tuple. */
  readonly reusePort: boolean;
  /** A worker's own port towards backends (see `Listener.backend`). */
  readonly backend: boolean;
  /** Certificate file of a TLS or WSS listener, '' = none of its own. */
  readonly certFile: string;
  /** Origins (RFC 6454) of the pages that may open a WebSocket here; empty = any. */
  readonly origins: readonly string[];
}

/** Finite bounds of all transports of one worker. */
export interface TransportLimits {
  /** Asked of the kernel for each UDP socket; it may give less. */
  readonly udpReceiveBytes: number;
  readonly udpSendBytes: number;
  /** Datagrams waiting for a full socket of node:dgram, more are dropped; sockets of system calls have a bound of their own. */
  readonly udpQueueBytes: number;
  readonly connections: number;
  readonly connectionsPerSource: number;
  /** Unsent bytes of one stream connection; a reader slower than that loses the connection. */
  readonly streamQueueBytes: number;
  readonly connectTimeoutMs: number;
  /** An accepted connection must be through TLS and HTTP upgrade by then. */
  readonly handshakeTimeoutMs: number;
  /** A connection on which nothing was read or written for so long is closed. */
  readonly idleTimeoutMs: number;
  /** A message must be whole so long after its first byte. */
  readonly messageTimeoutMs: number;
}

export const defaultLimits: TransportLimits = {
  udpReceiveBytes: 8 * 1024 * 1024,
  udpSendBytes: 4 * 1024 * 1024,
  udpQueueBytes: 4 * 1024 * 1024,
  connections: 20_000,
  connectionsPerSource: 500,
  streamQueueBytes: 1024 * 1024,
  connectTimeoutMs: 4_000,
  handshakeTimeoutMs: 8_000,
  idleTimeoutMs: 3_600_000,
  messageTimeoutMs: 10_000,
};

/** Counted since the start. */
export interface TransportCounters {
  messagesIn: number;
  messagesOut: number;
  sendErrors: number;
  receiveErrors: number;
  /** Datagrams dropped because the socket's queue was full. */
  dropped: number;
  connectionsAccepted: number;
  connectionsOpened: number;
  /** Connections refused at a cap. */
  connectionsRefused: number;
  /** Connections closed for idling, for half a message or for not reading. */
  connectionsReaped: number;
  streamFaults: number;
  /** Accepted connections closed because TLS or the HTTP upgrade took too long. */
  handshakesTimedOut: number;
  /** WebSocket upgrades refused because their page's origin is not allowed. */
  originsRefused: number;
  /** TLS handshakes done, on either side, and how many of those we accepted resumed a session. */
  tlsHandshakes: number;
  tlsResumptions: number;
  /** Handshakes that failed: no TLS at all, a certificate that one side did not take, anything else. */
  tlsFailedPlain: number;
  tlsFailedCertificate: number;
  tlsFailedOther: number;
}

export const newTransportCounters = (): TransportCounters => ({
  messagesIn: 0, messagesOut: 0, sendErrors: 0, receiveErrors: 0, dropped: 0,
  connectionsAccepted: 0, connectionsOpened: 0, connectionsRefused: 0, connectionsReaped: 0, streamFaults: 0,
  handshakesTimedOut: 0, originsRefused: 0, tlsHandshakes: 0, tlsResumptions: 0, tlsFailedPlain: 0, tlsFailedCertificate: 0, tlsFailedOther: 0,
});
