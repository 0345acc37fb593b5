/** The URI of a destination: where a request goes, and nothing else (RFC 3261 §19.1, RFC 3263 §4 without look-ups). */
import { isIpv6, literalFamily } from './address.ts';
import { limits } from './limits.ts';

export type TargetTransport = 'udp' | 'tcp' | 'tls';

export interface Target {
  readonly scheme: 'sip' | 'sips';
  /** Lower case; an IPv6 address without brackets. */
  readonly host: string;
  /** As written; 0 = none given (the transport's default port holds: 5060, TLS 5061). */
  readonly port: number;
  /** From `;transport=`; without it udp, tls for sips. */
  readonly transport: TargetTransport;
  /** Whether the URI names its transport; if not, DNS may choose another for a host name (RFC 3263 §4.1). */
  readonly transportNamed: boolean;
  /** 0 = the host is a name. */
  readonly family: 4 | 6 | 0;
}

/**
 * Parses `sip:host[:port][;transport=udp|tcp|tls][;lr]` (or sips). null when it is anything else: a user part, URI
 * headers, an unknown transport, a bad host or port, more than `limits.uriLength` characters. Other parameters are kept out
 * of the result.
 */
export function parseTarget(uri: string): Target | null {
  if (uri.length > limits.uriLength || !/^[!-~]+$/.test(uri)) return null;
  const scheme = /^sips:/i.test(uri) ? 'sips' : /^sip:/i.test(uri) ? 'sip' : null;
  if (scheme === null) return null;
  const [hostPort = '', ...params] = uri.slice(scheme.length + 1).split(';');
  if (uri.includes('@') || uri.includes('?')) return null;
  const place = parseHostPort(hostPort);
  if (place === null) return null;
  const transport = readTransport(scheme, params);
  return transport === null ? null : { scheme, ...place, ...transport };
}

/** True for a host name, or an IPv4 or IPv6 address without brackets. */
export function isHost(text: string): boolean {
  return isHostName(text) || literalFamily(text) !== 0;
}

/** True for a DNS name as SIP domains use it: labels of letters, digits, `-` and `_`, at most 253 characters. */
export function isHostName(text: string): boolean {
  if (text.length < 1 || text.length > limits.domainLength) return false;
  return text.split('.').every(
    (label) => label.length > 0 && label.length <= 63 && /^[A-Za-z0-9_-]+$/.test(label) && !label.startsWith('-') && !label.endsWith('-'),
  );
}

/**
 * `host[:port]`, IPv6 in brackets: the host in lower case without brackets, port 0 when none is given, family 0 of a name.
 * null when it is anything else.
 */
export function parseHostPort(text: string): { host: string; port: number; family: 4 | 6 | 0 } | null {
  let host = text;
  let rest = '';
  if (text.startsWith('[')) {
    const end = text.indexOf(']');
    if (end < 0) return null;
    host = text.slice(1, end);
    rest = text.slice(end + 1);
    if (!isIpv6(host)) return null;
  } else {
    const colon = text.indexOf(':');
    if (colon >= 0) {
      host = text.slice(0, colon);
      rest = text.slice(colon);
    }
    if (!isHostName(host)) return null;
  }
  const port = rest === '' ? 0 : parsePort(rest);
  if (port === null) return null;
  // All digits and dots but no address ("10.0.0.300"): surely a slip, never a name (RFC 1123 §2.1).
  const family = literalFamily(host);
  if (family === 0 && /^[0-9.]+$/.test(host)) return null;
  return { host: host.toLowerCase(), port, family };
}

function parsePort(text: string): number | null {
  if (!/^:[0-9]{1,5}$/.test(text)) return null;
  const port = Number(text.slice(1));
  return port >= 1 && port <= 65_535 ? port : null;
}

function readTransport(scheme: 'sip' | 'sips', params: readonly string[]): Pick<Target, 'transport' | 'transportNamed'> | null {
  let named = false;
  let transport: TargetTransport = scheme === 'sips' ? 'tls' : 'udp';
  for (const param of params) {
    const [name = '', value = ''] = param.toLowerCase().split('=');
    if (name === '') return null;
    if (name !== 'transport') continue;
    named = true;
    if (value !== 'udp' && value !== 'tcp' && value !== 'tls') return null;
    // RFC 3261 §26.2.2: sips over a transport without TLS contradicts itself; over tcp it means TLS.
    if (scheme === 'sips') {
      if (value === 'udp') return null;
    } else {
      transport = value;
    }
  }
  return { transport, transportNamed: named };
}
