/**
 * Where messages come from and go to. A Flow is the fact (transport, local address, remote address,
 * connection) that a message arrived by; a Target is the wish to send somewhere. Every Flow is a Target.
 */

export type TransportName = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';
export type Family = 4 | 6;

/** In the order of their numbers in tables and tokens. */
export const transportNames: readonly TransportName[] = ['udp', 'tcp', 'tls', 'ws', 'wss'];

/** Whether a text names a transport; in lower case, as URIs are read. */
export const isTransport = (text: string): text is TransportName =>
  text === 'udp' || text === 'tcp' || text === 'tls' || text === 'ws' || text === 'wss';

/** Runs over connections: reliable, and messages need no retransmission (RFC 3261 §17). */
export const isStream = (transport: TransportName): boolean => transport !== 'udp';

/** Encrypted: what a sips URI asks of every hop (RFC 3261 §26.2.2, RFC 7118 §6). */
export const isSecure = (transport: TransportName): boolean => transport === 'tls' || transport === 'wss';

/** Only the other side opens connections: a target must name an open one (RFC 7118 §5). */
export const isWebSocket = (transport: TransportName): boolean => transport === 'ws' || transport === 'wss';

/** Port of a SIP URI or sent-by that names none (RFC 3261 §18.2.2, §19.1.2). */
export const defaultPort = (transport: TransportName): number => (isSecure(transport) ? 5061 : 5060);

/** The word in Via (RFC 3261 §20.42, RFC 7118 §5.2.1). */
export const viaProtocol = (transport: TransportName): string =>
  transport === 'udp' ? 'UDP' : transport === 'tcp' ? 'TCP' : transport === 'tls' ? 'TLS' : transport === 'ws' ? 'WS' : 'WSS';

/** The transport of a Via's word in any case; null = none of ours. */
export function transportOfVia(word: string): TransportName | null {
  const name = word.toLowerCase();
  return isTransport(name) ? name : null;
}

/** One local socket address that messages arrive at and leave from. */
export interface Listener {
  /** Index into `Transports.listeners`; the same on every worker that opens the same settings. */
  readonly id: number;
  readonly transport: TransportName;
  readonly family: Family;
  /** Bound address, without brackets; may be the wildcard. */
  readonly address: string;
  /** Bound port: the real one, also when 0 was asked for. */
  readonly port: number;
  /** What Via and Record-Route say: host (IPv6 already in brackets) and port. */
  readonly advertisedHost: string;
  readonly advertisedPort: number;
  /** The advertised host is configured or the bound address itself, not a guess for a wildcard. */
  readonly hostIsFixed: boolean;
  /** `advertisedHost:advertisedPort`, built once. */
  readonly hostPort: string;
  /** A worker's own port towards backends: named in our Via, never in Record-Route. */
  readonly backend: boolean;
}

/** Somewhere to send to: an address, never a name (see locate.ts). */
export interface Target {
  readonly transport: TransportName;
  readonly family: Family;
  /** Without brackets; IPv4-mapped IPv6 already normalised to IPv4. */
  readonly address: string;
  readonly port: number;
  /** The local socket to send from; null = the first one of that transport and family (a backend one preferred). */
  readonly listener: Listener | null;
  /** Preferred stream connection; 0 = any open one to address:port, else a new one. */
  readonly connection: number;
  /** Name that a certificate must fit and that SNI asks for (RFC 5922); '' = none, then the address. Only for `tls`. */
  readonly serverName: string;
}

/** The way a message came. */
export interface Flow extends Target {
  readonly listener: Listener;
  /** Id of the stream connection, unique in the worker's lifetime; 0 = datagram. */
  readonly connection: number;
}

/** Told about a failed send, always later than the call of `send` (never from inside it). */
export interface SendOwner {
  /** `detail`: one line for logs, such as `ECONNREFUSED 192.0.2.1:5060`. */
  sendFailed(detail: string): void;
  /** Still waits for any answer to what it sent over a connection: it is told when that connection dies. */
  readonly awaiting: boolean;
}

/** The sending half of the transports: all that the transaction layer and the proxy need of them. */
export interface MessageSender {
  /**
   * Sends one complete message (latin1 text, one char a byte). Messages to one target leave in order.
   * `owner` hears about failure (no route, refused or lost connection, full queue); null = only counted.
   */
  send(target: Target, text: string, owner: SendOwner | null): void;
}

/** One plain Target object shape for all callers (keeps property access monomorphic). */
export class Address implements Target {
  readonly transport: TransportName;
  readonly family: Family;
  readonly address: string;
  readonly port: number;
  readonly listener: Listener | null;
  readonly connection: number;
  readonly serverName: string;

  constructor(transport: TransportName, family: Family, address: string, port: number, listener: Listener | null = null, connection = 0, serverName = '') {
    this.transport = transport;
    this.family = family;
    this.address = address;
    this.port = port;
    this.listener = listener;
    this.connection = connection;
    this.serverName = serverName;
  }
}

/** The Flow of one received message. */
export class ReceivedBy implements Flow {
  readonly transport: TransportName;
  readonly family: Family;
  readonly address: string;
  readonly port: number;
  readonly listener: Listener;
  readonly connection: number;
  readonly serverName = '';

  constructor(listener: Listener, family: Family, address: string, port: number, connection: number) {
    this.transport = listener.transport;
    this.family = family;
    this.address = address;
    this.port = port;
    this.listener = listener;
    this.connection = connection;
  }
}
