/** Decoders of rows that say whose traffic it is and how every node behaves: tenant, domain, trunk, node, setting. */
import { parsePrefix } from './address.ts';
import type { Faults, FieldReader } from './decode-reader.ts';
import { readText } from './decode-reader.ts';
import { limits } from './limits.ts';
import type { DomainRow, NodeRow, SettingRow, TenantRow, TrunkRow } from './rows.ts';
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
  const policies = fields.object('policies');
  const media = policies.oneOf('media', ['relay', 'direct', 'auto']);
  const topologyHiding = policies.boolean('topologyHiding');
  const digest = policies.boolean('digest');
  policies.close();
  return { id, key, name, enabled, limits: { calls, cps, registrations }, policies: { media, topologyHiding, digest } };
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

export function decodeTrunk(fields: FieldReader): TrunkRow {
  return {
    key: slug(fields, 'key'),
    name: fields.text('name', 1, limits.nameLength),
    tenant: fields.integer('tenant', 1, maxId),
    routeSet: fields.integer('routeSet', 0, maxId),
    enabled: fields.boolean('enabled'),
    sources: fields.distinct('sources', 0, limits.prefixesPerTrunk, readSource),
  };
}

export function decodeNode(fields: FieldReader): NodeRow {
  return {
    id: fields.formatted('id', 1, limits.slugLength, (text) => /^[A-Za-z0-9_-]+$/.test(text), 'letters, digits, - and _'),
    draining: fields.boolean('draining'),
  };
}

export function decodeSetting(fields: FieldReader): SettingRow {
  return {
    unknownDomain: fields.oneOf('unknownDomain', ['drop', 403, 404]),
    requireToMatch: fields.boolean('requireToMatch'),
    scanners: fields.distinct('scanners', 0, limits.scannerPatterns, readScanner),
    methods: fields.oneOf('methods', ['iana', 'strict']),
  };
}

function slug(fields: FieldReader, name: string): string {
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

function readScanner(value: unknown, pointer: string, faults: Faults): string {
  const text = readText(value, pointer, 1, limits.nameLength, faults);
  if (text !== text.toLowerCase()) faults.add(pointer, 'format', 'must be in lower case');
  return text;
}
