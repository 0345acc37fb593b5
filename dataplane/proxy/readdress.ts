/** The Request-URI with another user part or host, as routing wants it (RFC 3261 §16.5). PURE. */
import type { RoutePlan } from '../routing/plan.ts';
import { bareUser } from '../routing/query-uri.ts';
import { decodeEscapes, parseSipUri, type SipUri } from '../sip/uri.ts';

/**
 * The Request-URI that a plan's destinations get; null = as it came. Parameters of URI and user part and a password stay;
 * a port goes with the host that it belonged to.
 */
export function requestUriOf(plan: RoutePlan, uri: SipUri | null): string | null {
  const { user, host, query } = plan;
  if (uri === null || (user === query.user && host === query.host)) return null;
  const { text, hostStart, hostEnd } = uri;
  const begin = text.indexOf(':') + 1;
  const place = host === query.host || uri.host === '' ? text.slice(hostStart, hostEnd) : host.includes(':') ? `[${host}]` : host;
  return text.slice(0, begin) + (user === query.user ? text.slice(begin, hostStart) : userInfo(uri, begin, user)) + place + text.slice(hostEnd);
}

/** The Request-URI of a plan that an ENUM answer or a redirection led to: without header parts, which no Request-URI has (RFC 3261 §19.1.1). */
export function requestUriTo(plan: RoutePlan, uri: SipUri): string {
  const { text, hostStart } = uri;
  const begin = text.indexOf(':') + 1;
  const rewritten = plan.user === plan.admitted.user ? text.slice(begin, hostStart) : userInfo(uri, begin, plan.user);
  return text.slice(0, begin) + rewritten + withoutHeaders(uri).slice(hostStart);
}

/** A Request-URI whose maddr has led to this node, and must lead nobody behind it here again: without it, port and transport (RFC 3261 §16.4). */
export function withoutMaddr(text: string): string {
  const uri = parseSipUri(text);
  if (uri === null) return text;
  return text.slice(0, uri.hostEnd).replace(/:\d+$/, '') + uri.params.split(';').filter((parameter) => !/^(maddr|transport)(=|$)/i.test(parameter)).join(';');
}

/** A URI without its header parts. */
export const withoutHeaders = ({ text, headersPart }: SipUri): string => (headersPart === '' ? text : text.slice(0, text.length - headersPart.length - 1));

/** User, host, port and transport of a URI, so that another spelling of the same address is known. */
export const addressOf = (uri: SipUri): string => `${uri.scheme}:${decodeEscapes(bareUser(uri.user))}@${uri.param('maddr') ?? uri.host}:${uri.port}/${uri.transport}`;

/** What stands in front of the host: the new user, then what followed the old one. */
function userInfo({ text, scheme, user, hostStart }: SipUri, begin: number, next: string): string {
  if (scheme === 'tel') return next === '' ? user : encodeUser(next);
  if (next === '') return '';
  return encodeUser(next) + (user === '' ? '@' : text.slice(begin + bareUser(user).length, hostStart));
}

/** Escapes what may not stand in a user part (RFC 3261 §25.1): routing works on the number without its escapes. */
function encodeUser(user: string): string {
  return user.replaceAll(/[^\w\-.!~*'()&=+$,;?/]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}
