import type { HeadBounds } from './bounds.ts';
import { CLASS, LWS, TOKEN } from './characters.ts';
import { H, headerIdAt } from './header-names.ts';
import type { SipMessage } from './message.ts';
import { BYTES, load } from './scratch.ts';

const TAB = 9;
const LF = 10;
const CR = 13;
const SP = 32;
const COLON = 58;

/**
 * The one pass over the header lines: finds their ends (folds included), checks their names and notes where the hot
 * headers lie. Goes on behind a malformed line so that a request can still be answered.
 *
 * A CR or LF that is not part of a CRLF is refused: peers that take it for a line end would see headers that we do not.
 * @param at where the first header line begins
 * @returns '' or the first fault found, in words for a 400
 */
export function scanHeaders(message: SipMessage, at: number, bounds: HeadBounds): string {
  const raw = message.raw;
  const length = raw.length;
  load(raw);
  let fault = '';
  let lines = 0;
  message.headersStart = at;
  for (;;) {
    if (BYTES[at] === CR && BYTES[at + 1] === LF) {
      message.headersEnd = at;
      message.bodyStart = at + 2;
      return fault;
    }
    const lineStart = at;
    let valueEnd: number;
    for (;;) {
      const lf = raw.indexOf('\n', at);
      if (lf < 0) {
        message.headersEnd = length;
        message.bodyStart = length;
        return fault === '' ? 'No End Of Headers' : fault;
      }
      valueEnd = lf - 1;
      if (raw.indexOf('\r', at) !== valueEnd && fault === '') fault = 'Stray CR Or LF';
      at = lf + 1;
      const next = BYTES[at];
      if (next !== SP && next !== TAB) break;
    }
    if (++lines > bounds.headerLines || at - lineStart > bounds.headerLineBytes || at > bounds.headBytes) {
      message.headersEnd = lineStart;
      message.bodyStart = length;
      return 'Headers Too Large';
    }
    let nameEnd = lineStart;
    while (((CLASS[BYTES[nameEnd] ?? 0] ?? 0) & TOKEN) !== 0) nameEnd++;
    let colon = nameEnd;
    let c = BYTES[colon];
    while (c === SP || c === TAB) c = BYTES[++colon];
    if (c !== COLON || nameEnd === lineStart) {
      if (fault === '') fault = 'Malformed Header Name';
      continue;
    }
    const id = headerIdAt(lineStart, nameEnd);
    if (id === H.other) continue;
    const bit = 1 << id;
    if ((message.seen & bit) !== 0) {
      message.repeated |= bit;
      continue;
    }
    message.seen |= bit;
    if (id > H.lastStored) continue;
    let start = colon + 1;
    while (start < valueEnd && ((CLASS[BYTES[start] ?? 0] ?? 0) & LWS) !== 0) start++;
    let end = valueEnd;
    while (end > start && ((CLASS[BYTES[end - 1] ?? 0] ?? 0) & LWS) !== 0) end--;
    storeHeader(message, id, lineStart, start, end);
  }
}

function storeHeader(message: SipMessage, id: number, line: number, start: number, end: number): void {
  switch (id) {
    case H.via:
      message.viaLine = line;
      message.viaStart = start;
      message.viaEnd = end;
      return;
    case H.from:
      message.fromStart = start;
      message.fromEnd = end;
      return;
    case H.to:
      message.toStart = start;
      message.toEnd = end;
      return;
    case H.callId:
      message.callIdStart = start;
      message.callIdEnd = end;
      return;
    case H.cseq:
      message.cseqStart = start;
      message.cseqEnd = end;
      return;
    case H.maxForwards:
      message.maxForwardsStart = start;
      message.maxForwardsEnd = end;
      return;
    case H.contentLength:
      message.contentLengthStart = start;
      message.contentLengthEnd = end;
      return;
    case H.route:
      message.routeLine = line;
      message.routeStart = start;
      message.routeEnd = end;
      return;
    case H.contact:
      message.contactStart = start;
      message.contactEnd = end;
      return;
    case H.userAgent:
      message.userAgentStart = start;
      message.userAgentEnd = end;
      return;
    case H.proxyRequire:
      message.proxyRequireStart = start;
      message.proxyRequireEnd = end;
      return;
    default:
      return;
  }
}
