/** Shortens granted expiries, each phone's by another part, so that phones that registered at once do not come back at once. */
import type { Edits } from '../sip/edits.ts';
import { hashText } from '../routing/hash.ts';
import type { SipMessage } from '../sip/message.ts';
import { parseMessage } from '../sip/parse.ts';

/** Shorter grants stay as they are. */
const shortestSeconds = 60;

/**
 * The 2xx to a REGISTER with every expiry (RFC 3261 §20.10, §20.19) up to `percent` shorter: the same part for the same
 * address of record and registration, never below 60 s.
 */
export function spreadExpires(edits: Edits, text: string, percent: number): string {
  const outcome = parseMessage(text);
  if (!outcome.ok) return text;
  const { message } = outcome;
  const part = 1 - ((percent / 100) * ((hashText(`${message.callId} ${message.cseqNumber}`) >>> 0) / 2 ** 32));
  const lower = message.raw.toLowerCase();
  edits.clear();
  for (const { start, end } of message.headers('expires')) shorten(edits, message, start, end, part);
  for (const { address } of message.routeValues('contact')) {
    const value = address.param('expires');
    const at = value === null ? -1 : message.raw.indexOf(value, lower.indexOf('expires', address.parametersStart) + 7);
    if (value !== null && at >= 0 && at < address.end) shorten(edits, message, at, at + value.length, part);
  }
  return edits.apply(message.raw);
}

function shorten(edits: Edits, message: SipMessage, start: number, end: number, part: number): void {
  const text = message.raw.slice(start, end).trim();
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (seconds > shortestSeconds) edits.replace(start, end, String(Math.max(shortestSeconds, Math.floor(seconds * part))));
}
