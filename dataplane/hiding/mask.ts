/**
 * Topology hiding on the way out: the text of a message as the next hop may see it. Works on the finished text, so that the
 * proxy itself only ever sees the real values; unmask.ts is its inverse on the way in.
 */
import { ownBounds } from '../sip/bounds.ts';
import type { Edits } from '../sip/edits.ts';
import { keepValues } from '../sip/list-values.ts';
import type { SipMessage } from '../sip/message.ts';
import type { NameAddr, RouteValue } from '../sip/name-addr.ts';
import { parseMessage } from '../sip/parse.ts';
import type { SipUri } from '../sip/uri.ts';
import type { KeyRing } from '../security/key-ring.ts';
import { boundToAnswer, hidden, hiddenParameter, openCallId, sealCallId, sealContact, sealList } from './tokens.ts';

/** What masking needs to know of the hop that the message goes to. */
export interface Masking {
  readonly keys: KeyRing;
  readonly edits: Edits;
  readonly tenantId: number;
  /** Hosts that the message's sender has been reached at or sends from: where its Contact may lead outside of the dialog. */
  readonly senders: readonly string[];
  /** Bits of `hidden` of the message that is passed on. */
  readonly bits: number;
  /** Whether a URI names this node. */
  readonly means: (uri: SipUri) => boolean;
  /** URI of ours with that user, by which the next hop reaches us. */
  readonly ownUri: (user: string) => string;
  /** host[:port] of ours, in the place of a Warning's agent. */
  readonly agent: string;
}

/** Headers that name other dialogs by their Call-ID (RFC 3891, RFC 3911, RFC 4538). */
const dialogReferences = ['replaces', 'join', 'target-dialog'];

/** A request that is about to leave, our Via on top. Text that we cannot read back leaves as it is. */
export function maskRequest(text: string, masking: Masking): string {
  const message = readBack(text);
  if (message === null) return text;
  const { keys, edits, bits } = masking;
  edits.clear();
  hideVias(message, masking);
  const records = message.routeValues('record-route');
  const own = ownRange(records, masking);
  const others = records.filter((_value, index) => index < own.from || index >= own.to);
  const last = records[own.to - 1];
  keepValues(edits, records, own.from, own.to);
  // The called side answers along our last value, and then along those of the calling side.
  if (last !== undefined && own.from < own.to) addParameter(edits, last, sealList(keys, 'r', message.callId, { bits: (bits & hidden.fromMasked) === 0 ? hidden.on : hidden.on | hidden.toMasked, values: listOf(others) }));
  if (message.method !== 'REGISTER') hideContacts(message, masking);
  hideCallIds(message, masking);
  return edits.apply(text);
}

/**
 * A response on its way up, our Via gone already.
 * @param downMasked whom it comes from knows the dialog by a masked Call-ID
 */
export function maskResponse(text: string, masking: Masking, downMasked: boolean): string {
  const message = readBack(text);
  if (message === null) return text;
  const { keys, edits } = masking;
  edits.clear();
  const records = message.routeValues('record-route');
  const own = ownRange(records, masking);
  const first = records[own.from];
  // Those above ours are the answering side's; the caller's Route set runs the other way round.
  const theirs = records.slice(0, own.from).reverse();
  if (first !== undefined && own.from < own.to) {
    keepValues(edits, records, own.from, records.length);
    addParameter(edits, first, sealList(keys, 'r', boundToAnswer(message.callId), { bits: downMasked ? hidden.on | hidden.toMasked : hidden.on, values: listOf(theirs) }));
  } else {
    // No Route set comes of them without us.
    keepValues(edits, records, 0, 0);
  }
  // The Contacts of a redirection are for the caller to use.
  if ((message.status < 300 || message.status > 399) && message.cseqMethod !== 'REGISTER') hideContacts(message, masking);
  hideWarnings(message, masking);
  hideCallIds(message, masking);
  return edits.apply(text);
}

/** A phone's flow (flow-token.ts) as one key seals it. */
export interface SealedFlow {
  readonly keys: KeyRing;
  readonly token: string;
}

/**
 * A REGISTER towards a registrar that keeps Contacts but no Path: each Contact becomes one of ours that names the phone's flow.
 * @param others the flow under the other keys in force: what stood in for the phone under one of them goes, or the registrar
 *   would have the phone twice after another key has begun to sign
 */
export function standInForContacts(text: string, masking: Masking, flow: string, others: readonly SealedFlow[]): string {
  const message = readBack(text);
  if (message === null) return text;
  const { edits, tenantId, ownUri } = masking;
  edits.clear();
  for (const { address } of message.routeValues('contact')) {
    const standIn = (keys: KeyRing, token: string): string => (namesNoHost(address) ? '' : sealContact(keys, { tenantId, uri: address.uri, flow: token, callId: '' }));
    const token = standIn(masking.keys, flow);
    if (token === '') continue;
    putUri(edits, address, ownUri(token));
    for (const other of others) {
      const former = standIn(other.keys, other.token);
      if (former !== '') edits.insert(address.end, `, <${ownUri(former)}>;expires=0`);
    }
  }
  return edits.apply(text);
}

function readBack(text: string): SipMessage | null {
  const outcome = parseMessage(text, ownBounds);
  return outcome.ok ? outcome.message : null;
}

function hideVias(message: SipMessage, { keys, edits, bits }: Masking): void {
  const vias = message.vias();
  const top = vias[0];
  if (top === undefined) return;
  const values = vias.slice(1).map((via) => via.raw.slice(via.start, via.end)).join(', ');
  const known = (bits & hidden.fromMasked) === 0 ? hidden.on : hidden.on | hidden.toMasked;
  const token = sealList(keys, 'v', top.branch, { bits: known, values });
  // Longer than can be sealed: the response needs them, so they stay; it is still to be hidden itself.
  edits.insert(top.end, `;${hiddenParameter}=${token === '' ? sealList(keys, 'v', top.branch, { bits: known, values: '' }) : token}`);
  if (token === '') return;
  for (const line of message.headers('via')) if (line.lineStart !== top.lineStart) edits.remove(line.lineStart, line.lineEnd);
}

/** Where our values stand; `from` = `to` when there are none. */
function ownRange(values: readonly RouteValue[], { means }: Masking): { readonly from: number; readonly to: number } {
  const isOurs = (value: RouteValue | undefined): boolean => {
    const uri = value?.sipUri ?? null;
    return uri !== null && uri.user.startsWith('d') && means(uri);
  };
  let from = 0;
  while (from < values.length && !isOurs(values[from])) from++;
  let to = from;
  while (to < values.length && isOurs(values[to])) to++;
  return { from, to };
}

const listOf = (values: readonly RouteValue[]): string => values.map(({ address }) => address.raw.slice(address.start, address.end)).join(', ');

function addParameter(edits: Edits, { address }: RouteValue, token: string): void {
  if (token !== '') edits.insert(address.uriEnd, `;${hiddenParameter}=${token}`);
}

/**
 * A Contact that names another host than its sender gets a token for the dialog only: else who answers or makes calls could
 * have us call anybody, a carrier that trusts our address for one, past all rules.
 */
function hideContacts(message: SipMessage, { keys, edits, tenantId, senders, ownUri }: Masking): void {
  for (const { address } of message.routeValues('contact')) {
    const outside = senders.includes(address.sipUri?.host ?? '');
    const token = namesNoHost(address) ? '' : sealContact(keys, { tenantId: outside ? tenantId : 0, uri: address.uri, flow: '', callId: message.callId });
    if (token !== '') putUri(edits, address, ownUri(token));
  }
}

/** "*" (RFC 3261 §10.2.2) and what is no SIP URI name nobody's address. */
const namesNoHost = ({ sipUri }: NameAddr): boolean => (sipUri?.scheme ?? 'tel') === 'tel';

function putUri(edits: Edits, address: NameAddr, uri: string): void {
  const bare = address.raw.charCodeAt(address.uriStart - 1) !== 60;
  edits.replace(address.uriStart, address.uriEnd, bare ? `<${uri}>` : uri);
}

/** RFC 3261 §20.43: code, agent, text; the agent is often the address of a backend. */
function hideWarnings(message: SipMessage, { edits, agent }: Masking): void {
  for (const { start, end } of message.headers('warning')) {
    const found = /^(\d{3})[ \t]+(\S+)[ \t]+"/.exec(message.raw.slice(start, end));
    if (found?.[1] === undefined || found[2] === undefined) continue;
    const at = start + message.raw.slice(start, end).indexOf(found[2], 3);
    edits.replace(at, at + found[2].length, agent);
  }
}

/** The called side knows the dialog by another Call-ID; so a dialog that one side names to the other has the opposite name there. */
function hideCallIds(message: SipMessage, { keys, edits, bits }: Masking): void {
  if ((bits & hidden.toMasked) !== 0) edits.replace(message.callIdStart, message.callIdEnd, maskedName(keys, message.callId));
  if ((bits & (hidden.toMasked | hidden.fromMasked)) === 0) return;
  for (const name of dialogReferences) {
    for (const { start, end } of message.headers(name)) {
      const value = message.raw.slice(start, end);
      const stop = value.indexOf(';');
      if (stop > 0) edits.replace(start, start + stop, otherName(keys, value.slice(0, stop).trimEnd()));
    }
  }
  for (const { start, end } of message.headers('refer-to')) {
    const value = message.raw.slice(start, end);
    const from = value.search(/[?&]Replaces=/i);
    const stop = value.slice(from).search(/%3b|;/i);
    if (from < 0 || stop < 0) continue;
    const at = from + '?Replaces='.length;
    edits.replace(start + at, start + from + stop, encodeURIComponent(otherName(keys, decodeLatin1(value.slice(at, from + stop)))));
  }
}

const otherName = (keys: KeyRing, callId: string): string => openCallId(keys, callId) ?? maskedName(keys, callId);

/** One too long to be sealed stays. */
const maskedName = (keys: KeyRing, callId: string): string => sealCallId(keys, callId) || callId;

/** Resolves %HH to single bytes. */
const decodeLatin1 = (text: string): string => text.replaceAll(/%([0-9a-fA-F]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
