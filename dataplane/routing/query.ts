/** What routing is asked: the few facts of a request that decide where it goes. */

/** How destinations are reached. */
export type SipTransport = 'udp' | 'tcp';

export interface RouteQuery {
  /** Upper case. */
  readonly method: string;
  /** User part of the Request-URI, unescaped, without password and parameters; '' = none. */
  readonly user: string;
  /** Host of the Request-URI, lower case, IPv6 without brackets. */
  readonly host: string;
  /** Host of the To URI, same form. */
  readonly toHost: string;
  /** From URI as it came, for explanations only. */
  readonly fromUri: string;
  readonly callId: string;
  /** `user@host` of the phone: of To for REGISTER, of From for everything else. Key of the affinity `aor`. */
  readonly aor: string;
  /** Numeric address of the previous hop, IPv4-mapped addresses as IPv4. */
  readonly sourceAddress: string;
  readonly sourcePort: number;
  readonly transport: SipTransport | 'tls' | 'ws' | 'wss';
  /** Family that the request came by. */
  readonly family: 4 | 6;
}
