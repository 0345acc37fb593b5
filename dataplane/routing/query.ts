/** What routing is asked: the few facts of a request that decide where it goes. Worked out when they are asked for. */

/** How destinations are reached. */
export type SipTransport = 'udp' | 'tcp' | 'tls';

export interface RouteQuery {
  /** Upper case. */
  readonly method: string;
  /** User part of the Request-URI, unescaped, without password and parameters; '' = none. */
  readonly user: string;
  /** Host of the Request-URI, lower case, IPv6 without brackets. */
  readonly host: string;
  /** Host of the To URI, same form. */
  readonly toHost: string;
  /** From and To as `user@host`, with the port where it is not the default one; empty = no SIP URI. What the hash algorithms read. */
  readonly fromKey: string;
  readonly toKey: string;
  readonly callId: string;
  /** `user@host` of the phone: of To for REGISTER, of From for everything else. Key of the affinity `aor`. */
  readonly aor: string;
  /** User name of Proxy-Authorization, else of Authorization; '' = the request has no credentials. */
  readonly authUser: string;
  /** Numeric address of the previous hop, IPv4-mapped addresses as IPv4. */
  readonly sourceAddress: string;
  readonly sourcePort: number;
  readonly transport: SipTransport | 'ws' | 'wss';
  /** Family that the request came by. */
  readonly family: 4 | 6;
  /** Epoch milliseconds of its arrival, for time windows and slow start. */
  readonly timeMs: number;
  /** The first value of a header by its long lower-case name; '' when it is absent. */
  header(name: string): string;
}
