import { H } from './header-names.ts';
import type { SipMessage } from './message.ts';
import { viaWithSource } from './via-source.ts';

/** What a response carries beyond the copied headers. */
export interface ResponseOptions {
  /** Added to To when the request has no To tag (RFC 3261 8.2.6.2); leave it out for 100. */
  readonly toTag?: string;
  /** Whole header lines, each with its CRLF ("Retry-After: 5\r\n"). */
  readonly headers?: string;
  /** Where the request came from: the top Via gets received and rport from it (RFC 3261 18.2.1, RFC 3581). */
  readonly source?: { readonly address: string; readonly port: number };
}

/**
 * A response of our own to `request` (RFC 3261 8.2.6): Via values in order, From, To, Call-ID and CSeq copied byte for byte,
 * no body. Takes the partial message of a `ParseFault` too and copies what it has.
 */
export function buildResponse(request: SipMessage, status: number, reason: string, options?: ResponseOptions): string {
  const raw = request.raw;
  let text = `SIP/2.0 ${status} ${reason}\r\n`;
  const top = request.topVia;
  if (top !== null) {
    const source = options?.source;
    text += source === undefined
      ? `Via: ${raw.slice(request.viaStart, request.viaEnd)}\r\n`
      : `Via: ${viaWithSource(top, source.address, source.port)}${raw.slice(top.end, request.viaEnd)}\r\n`;
    if (request.repeats(H.via)) text += copyVias(request, 1);
  } else if (request.viaStart >= 0) {
    text += copyVias(request, 0);
  }
  if (request.fromStart >= 0) text += `From: ${raw.slice(request.fromStart, request.fromEnd)}\r\n`;
  if (request.toStart >= 0) {
    const tag = options?.toTag;
    const tagged = tag === undefined || request.toTag !== '' ? '' : `;tag=${tag}`;
    text += `To: ${raw.slice(request.toStart, request.toEnd)}${tagged}\r\n`;
  }
  if (request.callIdStart >= 0) text += `Call-ID: ${raw.slice(request.callIdStart, request.callIdEnd)}\r\n`;
  if (request.cseqStart >= 0) text += `CSeq: ${raw.slice(request.cseqStart, request.cseqEnd)}\r\n`;
  return `${text}${options?.headers ?? ''}Content-Length: 0\r\n\r\n`;
}

function copyVias(request: SipMessage, from: number): string {
  let text = '';
  const lines = request.headers('via');
  for (let i = from; i < lines.length; i++) {
    const line = lines[i];
    if (line !== undefined) text += `Via: ${request.raw.slice(line.start, line.end)}\r\n`;
  }
  return text;
}
