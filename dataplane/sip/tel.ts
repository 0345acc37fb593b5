/** tel URIs (RFC 3966) as numbers that can be routed, and as sip URIs (RFC 3261 §19.1.6). */
import type { SipUri } from './uri.ts';

/** The number without its visual separators; `+` in front of a global one. '' for any other URI. */
export function telNumber(uri: SipUri): string {
  if (uri.scheme !== 'tel') return '';
  let number = '';
  for (const c of uri.user) if (c !== '-' && c !== '.' && c !== '(' && c !== ')') number += c;
  return number;
}

/** The domain that a local number belongs to (`phone-context=acme.example`), in lower case; '' = it names none, or a prefix. */
export function telDomain(uri: SipUri): string {
  const context = uri.scheme === 'tel' ? (uri.param('phone-context') ?? '') : '';
  return context.startsWith('+') ? '' : context.toLowerCase();
}

/**
 * The sip URI that means a tel URI at a host: the number with the tel URI's parameters in the user part, `user=phone`. The
 * phone-context of a number that has been made a global one goes.
 * @param number what is called by now, without separators
 * @param hostPort as it stands in a URI
 */
export function telAsSip(uri: SipUri, number: string, hostPort: string): string {
  let parameters = '';
  for (const parameter of uri.params.split(';')) {
    if (parameter === '' || (number.startsWith('+') && parameter.toLowerCase().startsWith('phone-context='))) continue;
    parameters += `;${parameter}`;
  }
  return `sip:${escapeUser(number + parameters)}@${hostPort};user=phone`;
}

/** Escapes what may not stand in a user part (RFC 3261 §25.1); escapes that are there already stay. */
const escapeUser = (text: string): string =>
  text.replaceAll(/[^\w\-.!~*'()&=+$,;?/%]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
