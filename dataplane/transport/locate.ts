/** What looking a server up gives (RFC 3263 §4), as everything that sends reads it; the work is done in dataplane/dns. */

export type LocatedTransport = 'udp' | 'tcp' | 'tls';

/**
 * The transport that a URI asks to connect by, in lower case; '' = it leaves the choice (RFC 3263 §4.1). null = nobody can:
 * sips over UDP contradicts itself (RFC 3261 §26.2.2), over TCP it means TLS; WebSockets are opened from the other side only
 * (RFC 7118 §5), and other transports are not spoken.
 */
export function connectTransport(named: string, secure: boolean): LocatedTransport | '' | null {
  if (named === '' || named === 'tls') return named;
  if (named === 'tcp') return secure ? 'tls' : 'tcp';
  return named === 'udp' && !secure ? 'udp' : null;
}

/** One place to try. In a list the order is the order to try: priorities observed, weights already drawn (RFC 2782). */
export interface Located {
  readonly transport: LocatedTransport;
  readonly family: 4 | 6;
  /** Numeric, without brackets. */
  readonly address: string;
  readonly port: number;
  /** For TLS the name that was asked for, which the certificate must fit (RFC 5922 §4); '' = none: no TLS, or an address was given. */
  readonly serverName: string;
}

/** Finds the servers of a host (RFC 3263 §4.1, §4.2). */
export interface Locator {
  /**
   * Never blocks; `done` may be called at once, and is called exactly once, with nothing when there is no server or DNS
   * did not tell in time (4 s). A numeric host is answered without DNS.
   * @param host lower or upper case name, or a numeric address with or without brackets
   * @param port 0 = none given: SRV is asked
   * @param transport as the URI names it (`udp`, `tcp`, `tls`), '' = none named
   * @param secure the scheme is sips: TLS only
   * @param prefer the family that comes first where a server has both
   * @param key requests with the same key try servers of one priority in the same order: those of one dialog keep to one
   *   server, and so do copies of an ACK (§4.4); '' = the order is drawn anew
   */
  locate(host: string, port: number, transport: string, secure: boolean, prefer: 4 | 6, key: string, done: (targets: readonly Located[]) => void): void;
}

/** Finds the SIP URIs of a telephone number in DNS (ENUM, RFC 6116). */
export interface NumberDirectory {
  /**
   * Never blocks; `done` may be called at once, and is called exactly once, with the URIs in the order to try; nothing
   * when the number is not there or DNS did not tell in time (4 s).
   * @param number E.164 with or without `+`: 1 to 15 digits, else nothing is found
   * @param suffix domain that the digits are put in front of, such as `e164.arpa`
   */
  enumLookup(number: string, suffix: string, done: (uris: readonly string[]) => void): void;
}
