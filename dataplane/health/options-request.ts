/** The OPTIONS request of a probe and the reading of its reply (RFC 3261 11). Pure. */
import { parseMessage } from '../sip/parse.ts';
import type { LocatedTransport } from '../transport/locate.ts';

/** What one probe sends; numbers and names that make it unique are passed in. */
export interface OptionsParts {
  /** Request-URI: the destination's URI as configured. */
  readonly uri: string;
  readonly transport: LocatedTransport;
  /** sent-by of Via: advertised host and the port that the probe's own socket has; IPv6 without brackets. */
  readonly viaHost: string;
  readonly viaPort: number;
  /** Where we can be called: the advertised address of the listener. */
  readonly contactHost: string;
  readonly contactPort: number;
  /** From URI; '' = the contact address. */
  readonly from: string;
  readonly userAgent: string;
  /** Unique token of 16 characters or so; makes branch, tag and Call-ID. */
  readonly token: string;
}

function hostPort(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Branch of the probe with this token. */
export function branchOf(token: string): string {
  return `z9hG4bKprobe${token}`;
}

export function buildOptions(parts: OptionsParts): string {
  const contact = `sip:${hostPort(parts.contactHost, parts.contactPort)}${parts.transport === 'udp' ? '' : `;transport=${parts.transport}`}`;
  return `OPTIONS ${parts.uri} SIP/2.0\r\n`
    + `Via: SIP/2.0/${parts.transport.toUpperCase()} ${hostPort(parts.viaHost, parts.viaPort)};rport;branch=${branchOf(parts.token)}\r\n`
    + 'Max-Forwards: 70\r\n'
    + `From: <${parts.from === '' ? contact : parts.from}>;tag=${parts.token}\r\n`
    + `To: <${parts.uri}>\r\n`
    + `Call-ID: probe-${parts.token}\r\n`
    + 'CSeq: 1 OPTIONS\r\n'
    + `Contact: <${contact}>\r\n`
    + 'Accept: application/sdp\r\n'
    + `User-Agent: ${parts.userAgent}\r\n`
    + 'Content-Length: 0\r\n\r\n';
}

/** Status of the final reply to the probe with this token, 0 for anything else (provisional, foreign, malformed). */
export function readReply(text: string, token: string): number {
  const parsed = parseMessage(text);
  if (!parsed.ok || parsed.message.isRequest) return 0;
  const { message } = parsed;
  if (message.status < 200 || message.method !== 'OPTIONS' || message.callId !== `probe-${token}`) return 0;
  return message.topVia?.branch === branchOf(token) ? message.status : 0;
}
