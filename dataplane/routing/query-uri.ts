/** What routing reads of URIs, for requests that came and for those that are only asked about. PURE. */
import { telDomain, telNumber } from '../sip/tel.ts';
import { decodeEscapes, type SipUri } from '../sip/uri.ts';

/** The user part up to its own parameters (`1001;phone-context=...`, RFC 3261 §19.1.6). */
export function bareUser(user: string): string {
  const semicolon = user.indexOf(';');
  return semicolon < 0 ? user : user.slice(0, semicolon);
}

/** Who is dialled: the user part without escapes and parameters, or a telephone number without its separators. */
export const userOf = (uri: SipUri): string => (uri.scheme === 'tel' ? telNumber(uri) : decodeEscapes(bareUser(uri.user)));

/** A telephone number is in nobody's domain but that of its context, else of who dials it. */
export const hostOf = (uri: SipUri, dialledFrom: string): string => (uri.scheme === 'tel' ? telDomain(uri) || dialledFrom : uri.host);

/** An address of record as `user@host`, however it is escaped (RFC 3261 §10.3, §19.1.4); '' for none. */
export const aorOf = (uri: SipUri | null): string => (uri === null ? '' : `${userOf(uri)}@${uri.host}`);
