/** Decoders of rows that say whose traffic it is: tenant, domain, number, alias, trunk. */
import { parsePrefix } from './address.ts';
import type { Faults, FieldReader } from './decode-reader.ts';
import { readText } from './decode-reader.ts';
import { isUserText, isUserTextOrEmpty } from './user-text.ts';
import { limits } from './limits.ts';
import { tenantPolicyDefaults, trunkDefaults } from './rows.ts';
import type { AliasRow, DomainRow, NumberRow, TenantRow, TrunkRow } from './rows.ts';
import { isHost, isHostName } from './target.ts';

/** Largest id and number of the wire: a signed 32-bit column. */
export const maxId = 2_147_483_647;

export function decodeTenant(fields: FieldReader): TenantRow {
  const id = fields.integer('id', 1, maxId);
  const key = slug(fields, 'key');
  const name = fields.text('name', 1, limits.nameLength);
  const enabled = fields.boolean('enabled');
  const bounds = fields.object('limits');
  const calls = bounds.integer('calls', 0, 10_000_000);
  const cps = bounds.integer('cps', 0, 1_000_000);
  const registrations = bounds.integer('registrations', 0, 100_000_000);
  bounds.close();
  const policies = fields.object('policies').defaulting(tenantPolicyDefaults);
  const media = policies.oneOf('media', ['relay', 'direct', 'auto']);
  const topologyHiding = policies.boolean('topologyHiding');
  const digest = policies.boolean('digest');
  const redirects = policies.oneOf('redirects', ['pass', 'block', 'recurse']);
  const hideCallId = policies.boolean('hideCallId');
  const latching = policies.oneOf('latching', ['default', 'strict', 'sdp', 'loose']);
  policies.close();
  return {
    id, key, name, enabled, limits: { calls, cps, registrations }, policies: { media, topologyHiding, digest, redirects, hideCallId, latching },
  };
}

export function decodeDomain(fields: FieldReader): DomainRow {
  return {
    name: fields.formatted('name', 1, limits.domainLength, isDomainPattern, 'a host name in lower case, *.suffix, or an IP address'),
    tenant: fields.integer('tenant', 1, maxId),
    routeSet: fields.integer('routeSet', 0, maxId),
    enabled: fields.boolean('enabled'),
    did: fields.text('did', 0, limits.slugLength),
  };
}

/** True for what a domain row may be called: exact name, `*.suffix` or address, in lower case. */
export function isDomainPattern(text: string): boolean {
  if (text !== text.toLowerCase()) return false;
  return text.startsWith('*.') ? isHostName(text.slice(2)) : isHost(text);
}

export function decodeNumber(fields: FieldReader): NumberRow {
  return {
    pattern: fields.formatted('pattern', 1, limits.numberLength + 1, isNumberPattern, 'digits, which + may precede, and a * behind them for a prefix'),
    tenant: fields.integer('tenant', 1, maxId),
    routeSet: fields.integer('routeSet', 0, maxId),
    enabled: fields.boolean('enabled'),
  };
}

/** True for a called number (`+4930123456`) or the prefix of some (`+4930*`). */
export function isNumberPattern(text: string): boolean {
  return text.length <= limits.numberLength + 1 && /^(?:\+?[0-9]+\*?|\+\*)$/.test(text);
}

export function decodeAlias(fields: FieldReader): AliasRow {
  const row: AliasRow = {
    alias: fields.formatted('alias', 3, limits.aliasLength, isAddress, addressForm),
    target: fields.formatted('target', 3, limits.aliasLength, isAddress, addressForm),
    tenant: fields.integer('tenant', 1, maxId),
    enabled: fields.boolean('enabled'),
  };
  if (row.alias !== '' && row.alias === row.target) fields.faults.add(fields.at('target'), 'mismatch', 'must differ from the alias');
  return row;
}

const addressForm = 'user@host or *@host, the host in lower case';

/** True for what an alias names and points to: `user@host`, or `*@host` for all users. */
export function isAddress(text: string): boolean {
  const at = text.indexOf('@');
  const user = text.slice(0, at);
  const host = text.slice(at + 1);
  return at > 0 && user.length <= limits.userPartLength && (user === '*' || (isUserText(user) && user.indexOf('*') < 0)) && isHost(host) && host === host.toLowerCase();
}

export function decodeTrunk(fields: FieldReader): TrunkRow {
  fields.defaulting(trunkDefaults);
  return {
    key: slug(fields, 'key'),
    name: fields.text('name', 1, limits.nameLength),
    tenant: fields.integer('tenant', 1, maxId),
    routeSet: fields.integer('routeSet', 0, maxId),
    enabled: fields.boolean('enabled'),
    sources: fields.distinct('sources', 0, limits.prefixesPerTrunk, readSource),
    strip: fields.integer('strip', 0, limits.userPartLength),
    prepend: fields.formatted('prepend', 0, limits.userPartLength, isUserTextOrEmpty, 'characters of a SIP user part'),
  };
}

export function slug(fields: FieldReader, name: string): string {
  return fields.formatted(name, 1, limits.slugLength, isSlug, 'lower-case letters, digits, ., _ and -, starting with a letter or digit');
}

/** True for a key that people choose: `[a-z0-9][a-z0-9._-]*`. Length is checked elsewhere. */
export function isSlug(text: string): boolean {
  return /^[a-z0-9][a-z0-9._-]*$/.test(text);
}

function readSource(value: unknown, pointer: string, faults: Faults): string {
  const text = readText(value, pointer, 1, 49, faults, 'an IP address or prefix');
  if (text !== '' && parsePrefix(text) === null) faults.add(pointer, 'format', 'must be an IPv4 or IPv6 address or prefix, such as 192.0.2.7 or 2001:db8::/32');
  return text;
}
