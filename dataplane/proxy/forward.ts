/**
 * Rewrites a request for the next hop (RFC 3261 §16.6) as splices over its text. Each step is one rule;
 * what no rule touches leaves byte for byte as it came. PURE.
 */
import type { Edits } from '../sip/edits.ts';
import type { SipMessage } from '../sip/message.ts';
import { keepValues } from '../sip/list-values.ts';
import { viaWithSource } from '../sip/via-source.ts';

/** What becomes of one request on its way to one target. Strings are complete header lines with CRLF, or ''. */
export interface Forwarding {
  /** New Request-URI, null = unchanged (§16.6 step 2, 6). */
  readonly requestUri: string | null;
  /** Route values taken off the top (§16.4). */
  readonly poppedRoutes: number;
  /** The last Route value goes too: it has become the Request-URI (§16.4). */
  readonly lastRouteTaken: boolean;
  /** Route header line put at the end of the route set by strict-route handling, or ''. */
  readonly appendedRoute: string;
  /** Our Record-Route or Path lines, or ''. */
  readonly recordLines: string;
  /** Our Via header line. */
  readonly viaLine: string;
  /** Address and port that the request came from (RFC 3581, RFC 3261 §18.2.1). */
  readonly sourceAddress: string;
  readonly sourcePort: number;
  /** The next hop is a stream, where a message without Content-Length has no end (RFC 3261 §18.3). */
  readonly stream: boolean;
}

/** Max-Forwards given to a request that has none (§16.6 step 3). */
export const defaultMaxForwards = 70;

/** Lists every rewriting step in `edits`, which is cleared first; the caller adds its own and applies them. */
export function editRequest(edits: Edits, request: SipMessage, forwarding: Forwarding): void {
  edits.clear();
  if (forwarding.requestUri !== null) edits.replace(request.uriStart, request.uriEnd, forwarding.requestUri);
  let head = forwarding.viaLine + forwarding.recordLines;
  if (request.maxForwardsStart >= 0) {
    edits.replace(request.maxForwardsStart, request.maxForwardsEnd, String(Math.max(0, request.maxForwards - 1)));
  } else {
    head += `Max-Forwards: ${defaultMaxForwards}\r\n`;
  }
  if (forwarding.stream && request.contentLength < 0) head += `Content-Length: ${request.raw.length - request.bodyStart}\r\n`;
  edits.insert(request.headersStart, head);
  const via = request.topVia;
  if (via !== null) edits.replace(via.start, via.end, viaWithSource(via, forwarding.sourceAddress, forwarding.sourcePort));
  if (forwarding.poppedRoutes > 0 || forwarding.lastRouteTaken) {
    const routes = request.routes();
    keepValues(edits, routes, forwarding.poppedRoutes, routes.length - (forwarding.lastRouteTaken ? 1 : 0));
  }
  if (forwarding.appendedRoute !== '') edits.insert(request.headersEnd, forwarding.appendedRoute);
}
