/** Reads out of a REGISTER and its 2xx what the registrar now keeps (RFC 3261 §10.3 step 8). PURE. */
import { bounds } from '../sip/bounds.ts';
import { H } from '../sip/header-names.ts';
import type { SipMessage } from '../sip/message.ts';
import type { NameAddr } from '../sip/name-addr.ts';
import type { SipUri } from '../sip/uri.ts';
import type { Flow } from '../transport/flow.ts';
import { maxAgentLength, type Binding, type BindingChange } from './binding.ts';

/** Contacts of one REGISTER that are looked at. */
const maxContacts = 16;
/** Longest Contact that is kept, and longest address of record: nobody could be called by a longer one. */
const maxUriBytes = bounds.requestUriBytes;
const defaultExpires = 3_600;
/** A longer grant is taken for this: 30 days. */
const maxExpires = 30 * 86_400;

/** `user@host` of an address of record. */
export const aorOf = (uri: SipUri): string => (uri.user === '' ? uri.host : `${uri.user}@${uri.host}`);

/** Whether the table keeps all of these Contacts of one REGISTER. */
export const isKept = (aor: string, contacts: readonly string[]): boolean =>
  contacts.length <= maxContacts && aor.length <= maxUriBytes && contacts.every((contact) => contact.length <= maxUriBytes);

/**
 * The change, null when the request only asked (no Contact). A Contact that the answer does not name was granted what was
 * asked for: some registrars list nothing.
 */
export function bindingChange(request: SipMessage, response: SipMessage, flow: Flow, tenant: number, destination: number, nowMs: number): BindingChange | null {
  const to = request.to?.sipUri ?? null;
  if (to === null || !request.has(H.contact)) return null;
  const aor = aorOf(to);
  if (aor.length > maxUriBytes) return null;
  const asked = request.routeValues('contact').slice(0, maxContacts).map(({ address }) => address);
  if (asked[0]?.uri === '*') return { tenant, aor, all: true, removed: [], put: [] };
  const granted = new Map(response.routeValues('contact').map(({ address }) => [address.uri, address]));
  const fallback = seconds(response.header('expires') ?? null) ?? seconds(request.header('expires') ?? null) ?? defaultExpires;
  const removed: string[] = [];
  const put: Binding[] = [];
  for (const contact of asked) {
    const kept = granted.get(contact.uri);
    const expires = Math.min(maxExpires, expiresOf(kept) ?? expiresOf(contact) ?? fallback);
    if (expires === 0) removed.push(contact.uri);
    else if (contact.uri.length <= maxUriBytes) put.push(bindingOf(aor, contact, request, flow, tenant, destination, nowMs, expires));
  }
  return { tenant, aor, all: false, removed, put };
}

function bindingOf(aor: string, contact: NameAddr, request: SipMessage, flow: Flow, tenant: number, destination: number, nowMs: number, expires: number): Binding {
  const uri = contact.sipUri;
  return {
    aor, contact: contact.uri, tenant, destination, listener: flow.listener.id, transport: flow.transport, family: flow.family, address: flow.address, port: flow.port,
    behindNat: uri === null || uri.host !== flow.address || (uri.port === 0 ? 5060 : uri.port) !== flow.port,
    agent: request.userAgent.slice(0, maxAgentLength), registeredMs: nowMs, expiresMs: nowMs + expires * 1_000,
  };
}

const expiresOf = (contact: NameAddr | undefined): number | null => seconds(contact?.param('expires') ?? null);

/** null = absent or no number. */
const seconds = (text: string | null): number | null => (text !== null && /^\d{1,10}$/.test(text.trim()) ? Number(text) : null);
