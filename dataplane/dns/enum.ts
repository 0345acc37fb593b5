/** ENUM (RFC 6116): the domain of a telephone number, and what its NAPTR rules make of it. Pure. */
import { isHostName } from '../contract/target.ts';
import { parseSipUri } from '../sip/uri.ts';
import { dnsLimits, type NaptrRecord } from './records.ts';
import { substitute } from './substitution.ts';

/** E.164: fifteen digits, RFC 6116 §3.2 with a `+` in front. */
const e164 = /^\+?([0-9]{1,15})$/;
const suffixForm = /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63}){0,16}$/;

/** A rule worth applying: a URI at the end, or another domain to ask. */
export type EnumRule = { readonly kind: 'uri'; readonly expression: string } | { readonly kind: 'domain'; readonly name: string };

/** `+4930123` under `e164.arpa` is `3.2.1.0.3.9.4.e164.arpa` (§3.2); null for what is no number, or a suffix that is no domain. */
export function enumDomain(number: string, suffix: string): string | null {
  const digits = e164.exec(number)?.[1];
  const zone = suffix.toLowerCase().replace(/\.$/, '');
  if (digits === undefined || zone.length > 200 || !suffixForm.test(zone)) return null;
  return `${digits.split('').reverse().join('.')}.${zone}`;
}

/**
 * The rules for SIP in the order to apply, in groups of one ORDER: a later group counts only when the former ones gave
 * nothing (RFC 3403 §4.1). Others' services, flags and rules beyond `dnsLimits.enumRules` are left out.
 */
export function enumRules(records: readonly NaptrRecord[]): readonly (readonly EnumRule[])[] {
  const usable = records
    .map((record) => ({ record, rule: ruleOf(record) }))
    .filter(({ rule }) => rule !== null)
    .sort((a, b) => a.record.order - b.record.order || a.record.preference - b.record.preference)
    .slice(0, dnsLimits.enumRules);
  const groups = new Map<number, EnumRule[]>();
  for (const { record, rule } of usable) {
    if (rule === null) continue;
    const group = groups.get(record.order);
    if (group === undefined) groups.set(record.order, [rule]);
    else group.push(rule);
  }
  return [...groups.values()];
}

function ruleOf({ flags, service, regexp, replacement }: NaptrRecord): EnumRule | null {
  if (flags.toLowerCase() === 'u') return isSipService(service) ? { kind: 'uri', expression: regexp } : null;
  // A non-terminal rule names the next domain in its replacement; expressions are for URIs only (§3.4.3).
  return flags === '' && service === '' && isHostName(replacement) ? { kind: 'domain', name: replacement.toLowerCase() } : null;
}

/** `E2U+sip`, alone or among others (§3.4.3.1); upper and lower case are the same. */
function isSipService(service: string): boolean {
  const [kind, ...services] = service.toLowerCase().split('+');
  return kind === 'e2u' && services.some((one) => one === 'sip' || one.startsWith('sip:'));
}

/** The URI that a rule makes of the number; null when it does not fit, is refused, or is no sip or sips URI with a host and without headers. */
export function enumUri(expression: string, number: string): string | null {
  const text = substitute(expression, number.startsWith('+') ? number : `+${number}`);
  const uri = text === null ? null : parseSipUri(text);
  return uri === null || uri.scheme === 'tel' || uri.host === '' || uri.headersPart !== '' ? null : text;
}
