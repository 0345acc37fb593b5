/** Topology hiding on the way in: puts the real values back where tokens of ours stand, before anybody looks at the message. */
import { ownBounds } from '../sip/bounds.ts';
import { Edits } from '../sip/edits.ts';
import type { SipMessage } from '../sip/message.ts';
import type { RouteValue } from '../sip/name-addr.ts';
import { parseMessage } from '../sip/parse.ts';
import type { SipUri } from '../sip/uri.ts';
import { sealedMark } from '../security/sealed-text.ts';
import type { KeyRing } from '../security/key-ring.ts';
import { bitsOfCallId, boundToAnswer, bothOf, hiddenParameter, openCallId, openContact, openList, type SealedList } from './tokens.ts';

const edits = new Edits();

/** Tells which URIs name this node. */
interface Self {
  means(uri: SipUri): boolean;
}

/**
 * The message with what its tokens stand for, `hidden` set; the message itself when none of them is ours.
 * A forged token stays where it is and means nothing to anybody. Every message comes by here: one without tokens costs one look.
 */
export const unmask = (keys: KeyRing, message: SipMessage, self: Self): SipMessage => (message.raw.includes(sealedMark) ? opened(keys, message, self) : message);

function opened(keys: KeyRing, message: SipMessage, self: Self): SipMessage {
  edits.clear();
  const { callId: seen } = message;
  const callId = seen.startsWith(sealedMark) ? openCallId(keys, seen) : null;
  let bits = 0;
  if (callId !== null) {
    edits.replace(message.callIdStart, message.callIdEnd, callId);
    bits = bitsOfCallId(seen);
  }
  bits = bothOf(bits, message.isRequest ? unmaskRequest(keys, message, callId ?? seen, self) : unmaskResponse(keys, message, callId ?? seen));
  if (edits.size === 0) return message;
  const outcome = parseMessage(edits.apply(message.raw), ownBounds);
  if (!outcome.ok) return message;
  outcome.message.hidden = bits;
  outcome.message.sealed = message.raw;
  return outcome.message;
}

/** With a host of its sender's choice in the Route nothing is opened: that host would read it. */
function unmaskRequest(keys: KeyRing, message: SipMessage, callId: string, self: Self): number {
  const routes = message.routes();
  if (!message.routesAreWhole || !routes.every(({ sipUri }) => sipUri !== null && self.means(sipUri))) return 0;
  const uri = message.sipUri;
  if (uri !== null && uri.user.startsWith(sealedMark)) {
    const contact = openContact(keys, uri.user);
    if (contact !== null && (message.toTag === '' || contact.fits(callId))) {
      edits.replace(message.uriStart, message.uriEnd, contact.uri);
      // Outside of dialogs nothing but the token says whom the request may reach.
      if (message.toTag === '') edits.insert(message.headersStart, `Route: <sip:${uri.user}@${uri.text.slice(uri.hostStart, uri.hostEnd)};lr>\r\n`);
    }
  }
  return unmaskRoutes(keys, routes, [boundToAnswer(callId), callId]);
}

function unmaskResponse(keys: KeyRing, message: SipMessage, callId: string): number {
  let bits = 0;
  const top = message.topVia;
  const token = top?.param(hiddenParameter) ?? null;
  if (top !== null && token !== null) {
    const at = placeOf(token, top.raw, top.sentByEnd, top.end);
    const vias = at < 0 ? null : openList(keys, 'v', top.branch, token);
    if (vias !== null) {
      edits.remove(at, at + hiddenParameter.length + 2 + token.length);
      if (vias.values !== '') edits.insert(top.lineEnd, `Via: ${vias.values}\r\n`);
      bits = vias.bits;
    }
  }
  unmaskRoutes(keys, message.routeValues('record-route'), [callId]);
  if (message.cseqMethod === 'REGISTER') unmaskContacts(keys, message);
  return bits;
}

/** Where the parameter stands as we wrote it between `from` and `to`; -1 = somebody has written it anew. */
function placeOf(token: string, raw: string, from: number, to: number): number {
  const at = raw.indexOf(`;${hiddenParameter}=${token}`, from);
  return at < to ? at : -1;
}

/**
 * Puts the values that ours stand for behind them.
 * @param bounds what their tokens may be bound to
 * @returns what they say of the sides
 */
function unmaskRoutes(keys: KeyRing, values: readonly RouteValue[], bounds: readonly string[]): number {
  let bits = 0;
  for (const { address } of values) {
    const token = address.sipUri?.param(hiddenParameter) ?? null;
    const at = token === null ? -1 : placeOf(token, address.raw, address.uriStart, address.uriEnd);
    const list = token === null || at < 0 ? null : openFirst(keys, bounds, token);
    if (token === null || list === null) continue;
    edits.remove(at, at + hiddenParameter.length + 2 + token.length);
    if (list.values !== '') edits.insert(address.end, `, ${list.values}`);
    bits = bothOf(bits, list.bits);
  }
  return bits;
}

function openFirst(keys: KeyRing, bounds: readonly string[], token: string): SealedList | null {
  for (const bound of bounds) {
    const list = openList(keys, 'r', bound, token);
    if (list !== null) return list;
  }
  return null;
}

/** A registrar's answer lists the Contacts that we stood in for. */
function unmaskContacts(keys: KeyRing, message: SipMessage): void {
  for (const { address } of message.routeValues('contact')) {
    const uri = address.sipUri;
    const contact = uri !== null && uri.user.startsWith(sealedMark) ? openContact(keys, uri.user) : null;
    if (contact !== null) edits.replace(address.uriStart, address.uriEnd, contact.uri);
  }
}
