/** Max-Breadth (RFC 5393 §5): how many branches a request may have at the same time, over all proxies behind this one. PURE. */
import type { Edits } from '../sip/edits.ts';
import { H } from '../sip/header-names.ts';
import type { SipMessage } from '../sip/message.ts';
import type { ProxyContext } from './context.ts';
import { reply, type Verdict } from './verdict.ts';

/** For a request that is forked and carries none, and the most that is honoured (§5.3.3). */
const defaultBreadth = 60;

/** The breadth does not reach for one branch each. */
export const breadthExceeded = reply(440, 'Max-Breadth Exceeded');
const malformed = reply(400, 'Malformed Max-Breadth');

/** Step: a request that may have no branch at all goes no further. */
export function checkMaxBreadth(ctx: ProxyContext): Verdict {
  if (!ctx.request.has(H.maxBreadth)) return 'continue';
  const breadth = incomingBreadth(ctx.request);
  return breadth < 0 ? malformed : breadth === 0 ? breadthExceeded : 'continue';
}

/** What the request allows: its Max-Breadth, the default when it carries none; -1 = no number. */
export function incomingBreadth(request: SipMessage): number {
  if (!request.has(H.maxBreadth)) return defaultBreadth;
  const value = request.header('max-breadth') ?? '';
  return /^\d{1,9}$/.test(value) ? Math.min(defaultBreadth, Number(value)) : -1;
}

/** Writes the breadth of one branch into the request; 0 = the one branch gets all that came, as far as it is honoured. */
export function editMaxBreadth(edits: Edits, request: SipMessage, breadth: number): void {
  const line = request.headers('max-breadth')[0];
  if (line === undefined) edits.insert(request.headersEnd, `Max-Breadth: ${breadth}\r\n`);
  else edits.replace(line.start, line.end, String(breadth === 0 ? incomingBreadth(request) : breadth));
}
