/** Max-Breadth (RFC 5393 §5): how many branches a request may have at the same time, over all proxies behind this one. PURE. */
import type { Edits } from '../sip/edits.ts';
import type { SipMessage } from '../sip/message.ts';

/** For a request that carries none, and the most that is honoured (§5.3.3.1). */
const defaultBreadth = 60;

/** What the request allows: its Max-Breadth, or the default when it carries none or one that is no number. */
export function incomingBreadth(request: SipMessage): number {
  const value = request.header('max-breadth');
  return value === undefined || !/^\d{1,9}$/.test(value) ? defaultBreadth : Math.min(defaultBreadth, Number(value));
}

/** Writes the breadth of one branch into the request. */
export function editMaxBreadth(edits: Edits, request: SipMessage, breadth: number): void {
  const line = request.headers('max-breadth')[0];
  if (line === undefined) edits.insert(request.headersEnd, `Max-Breadth: ${breadth}\r\n`);
  else edits.replace(line.start, line.end, String(breadth));
}
