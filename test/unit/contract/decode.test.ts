import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../dataplane/contract/canonical.ts';
import { decodeOp, decodeRow, isTableName, rowKey } from '../../../dataplane/contract/decode.ts';
import type { FieldError } from '../../../dataplane/contract/decode.ts';
import {
  defaultSetting, dispatcherSetDefaults, nodeDefaults, ruleDefaults, settingDefaults, tableNames, tenantPolicyDefaults, trunkDefaults,
} from '../../../dataplane/contract/rows.ts';
import type { TableName } from '../../../dataplane/contract/rows.ts';
import { validRows } from './rows.ts';

/** Decodes the table's valid row with `changes` made to it (paths with dots; undefined removes). */
function faults(table: TableName, changes: Readonly<Record<string, unknown>>): readonly FieldError[] {
  const row = structuredClone(validRows[table]) as unknown as Record<string, unknown>;
  for (const [path, value] of Object.entries(changes)) {
    const steps = path.split('.');
    const last = steps.pop() ?? '';
    const target = steps.reduce((at, step) => at[step] as Record<string, unknown>, row);
    if (value === undefined) delete target[last];
    else target[last] = value;
  }
  const key = rowKey(table, validRows[table] as never);
  const decoded = decodeRow(table, key, row);
  return decoded.ok ? [] : decoded.error;
}

/** Fields that rows of schema 1 did not have. */
const late: Readonly<Partial<Record<TableName, object>>> = {
  setting: settingDefaults, dispatcherSet: dispatcherSetDefaults, rule: ruleDefaults, trunk: trunkDefaults, node: nodeDefaults,
};
const lateFields = (table: TableName): readonly string[] => Object.keys(late[table] ?? {});

describe.each(tableNames)('a row of %s', (table) => {
  const row = validRows[table];
  const key = rowKey(table, row as never);

  it('is taken as it is', () => {
    expect(decodeRow(table, key, row)).toEqual({ ok: true, value: row });
    expect(decodeOp(table, key, canonicalJson(row))).toEqual({ ok: true, value: { table, key, row } });
  });

  it('needs every field, and no other', () => {
    for (const name of Object.keys(row).filter((field) => !lateFields(table).includes(field))) {
      const [fault] = faults(table, { [name]: undefined });
      expect(fault).toMatchObject({ pointer: `/${name}`, code: 'required' });
      expect(fault?.message).toContain('is required: ');
    }
    expect(faults(table, { 'a/b~c': 1 })).toMatchObject([{ pointer: '/a~1b~0c', code: 'unknown-field', message: expect.stringContaining(Object.keys(row)[0] ?? '') }]);
  });

  it('lives under its own key', () => {
    expect(decodeRow(table, 'other', row)).toMatchObject({ ok: false, error: [{ pointer: '', code: 'mismatch' }] });
  });

  it.each([[null], [[]], ['text'], [1], [undefined]])('is not %j', (value) => {
    expect(decodeRow(table, key, value).ok).toBe(false);
  });

  it('never throws, whatever comes', () => {
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom(...Object.keys(row)), (value, field) => {
      const decoded = decodeRow(table, key, { ...row, [field]: value });
      if (!decoded.ok) expect(decoded.error.every((fault) => fault.message !== '' && (fault.pointer === '' || fault.pointer.startsWith('/')))).toBe(true);
    }));
  });
});

describe('a row of schema 1', () => {
  it.each(tableNames.filter((table) => late[table] !== undefined))('%s is read with the defaults of what it lacks', (table) => {
    const row: Record<string, unknown> = { ...validRows[table] };
    for (const field of lateFields(table)) delete row[field];
    expect(decodeRow(table, rowKey(table, validRows[table] as never), row)).toEqual({ ok: true, value: { ...validRows[table], ...late[table] } });
  });

  it('tenant policies too', () => {
    const { media, topologyHiding, digest } = validRows.tenant.policies;
    const decoded = decodeRow('tenant', '1', { ...validRows.tenant, policies: { media, topologyHiding, digest } });
    expect(decoded).toMatchObject({ ok: true, value: { policies: { media, topologyHiding, digest, ...tenantPolicyDefaults } } });
  });
});

describe('field errors say what is accepted', () => {
  it.each<[TableName, Record<string, unknown>, string, string, string]>([
    ['dispatcherSet', { 'probing.intervalMs': 10 }, '/probing/intervalMs', 'out-of-range', 'must be 500 to 3600000'],
    ['dispatcherSet', { 'probing.timeoutMs': '2s' }, '/probing/timeoutMs', 'type', 'must be a whole number of 100 to 60000'],
    ['dispatcherSet', { 'probing.codes': [] }, '/probing/codes', 'too-short', 'must be a list of 1 to 32 items'],
    ['dispatcherSet', { 'probing.codes': [200, 100] }, '/probing/codes/1', 'out-of-range', 'must be 200 to 699'],
    ['dispatcherSet', { 'probing.codes': [200, 200] }, '/probing/codes/1', 'duplicate', 'must not be listed twice'],
    ['dispatcherSet', { 'probing.from': 'ping' }, '/probing/from', 'format', 'must be empty or a SIP URI such as sip:ping@edge.example'],
    ['dispatcherSet', { 'probing.extra': 1 }, '/probing/extra', 'unknown-field', 'unknown field; accepted: mode, intervalMs, timeoutMs, downAfter, upAfter, codes, from, useUnknown'],
    ['dispatcherSet', { algorithm: 16 }, '/algorithm', 'not-allowed', 'must be one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 64'],
    ['dispatcherSet', { tenant: 0 }, '/tenant', 'out-of-range', 'must be 1 to 2147483647 or null'],
    ['dispatcherSet', { probing: undefined }, '/probing', 'required', 'is required: an object'],
    ['dispatcherSet', { probing: 'always' }, '/probing', 'type', 'must be an object'],
    ['destination', { uri: 'sip:user@10.0.0.1' }, '/uri', 'format', 'must be a SIP URI without user part: sip:host[:port][;transport=udp|tcp|tls], IPv6 in brackets'],
    ['destination', { rank: 0 }, '/rank', 'out-of-range', 'must be 1 to 65535'],
    ['destination', { attrs: { ok: 'x', bad: 1 } }, '/attrs/bad', 'type', 'must be text of 0 to 256 characters'],
    ['destination', { attrs: { 'a b': '' } }, '/attrs/a b', 'format', 'must be named by 1 to 64 letters, digits, _, . and -'],
    ['destination', { attrs: [] }, '/attrs', 'type', 'must be an object of up to 32 text values'],
    ['destination', { attrs: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`a${i}`, ''])) }, '/attrs', 'too-long', 'must have at most 32 entries'],
    ['routeSet', { 'failover.on': ['timeout', 200] }, '/failover/on/1', 'not-allowed', 'must be timeout, transport or a status code of 300 to 699'],
    ['routeSet', { 'failover.maxAttempts': 17 }, '/failover/maxAttempts', 'out-of-range', 'must be 1 to 16'],
    ['rule', { match: { type: 'range', from: '1000', to: '999' } }, '/match/to', 'mismatch', 'must have as many digits as from'],
    ['rule', { match: { type: 'range', from: '2000', to: '1999' } }, '/match/to', 'out-of-range', 'must not be less than from'],
    ['rule', { match: { type: 'range', from: 'a', to: '1' } }, '/match/from', 'format', 'must be digits'],
    ['rule', { match: { type: 'prefix', value: '' } }, '/match/value', 'too-short', 'must be characters of a SIP user part of 1 to 64 characters'],
    ['rule', { match: { type: 'any', value: '1' } }, '/match/value', 'unknown-field', 'unknown field; accepted: type'],
    ['rule', { match: { type: 'regex' } }, '/match/type', 'not-allowed', 'must be one of exact, range, prefix, any'],
    ['rule', { methods: ['invite'] }, '/methods/0', 'format', 'must be a SIP method in upper case'],
    ['rule', { sets: [], rates: 0, enumSuffix: '' }, '/sets', 'too-short', 'must be a list of 1 to 16 items'],
    ['rule', { sets: 10, rates: 0, enumSuffix: '' }, '/sets', 'type', 'must be a list of 1 to 16 items'],
    ['rule', { prices: [1] }, '/prices', 'mismatch', 'must be empty or hold one price for each of sets'],
    ['rule', { prices: [1, -1] }, '/prices/1', 'out-of-range', 'must be 0 to 1000000000000'],
    ['rule', { enumSuffix: 'E164.arpa' }, '/enumSuffix', 'format', 'must be empty or a DNS name in lower case, such as e164.arpa'],
    ['rule', { 'windows.0.timezone': 'Berlin' }, '/windows/0/timezone', 'format', 'must be an IANA time zone, such as Europe/Berlin'],
    ['rule', { 'windows.0.timezone': '+02:00' }, '/windows/0/timezone', 'format', 'must be an IANA time zone, such as Europe/Berlin'],
    ['rule', { 'windows.0.days': [] }, '/windows/0/days', 'too-short', 'must be a list of 1 to 7 items'],
    ['rule', { 'windows.0.days': [0] }, '/windows/0/days/0', 'out-of-range', 'must be 1 to 7'],
    ['rule', { 'windows.0.from': '24:00' }, '/windows/0/from', 'format', 'must be a time of day HH:MM'],
    ['rule', { 'windows.0.to': '24:01' }, '/windows/0/to', 'format', 'must be a time of day HH:MM, or 24:00'],
    ['rule', { windows: Array.from({ length: 17 }, () => validRows.rule.windows[0]) }, '/windows', 'too-long', 'must be a list of 0 to 16 items'],
    ['rate', { table: 0 }, '/table', 'out-of-range', 'must be 1 to 2147483647'],
    ['rate', { prefix: '+49 30' }, '/prefix', 'format', 'must be digits, which + may precede'],
    ['rate', { prefix: '1'.repeat(33) }, '/prefix', 'too-long', 'must be digits, which + may precede of 1 to 32 characters'],
    ['number', { pattern: '+49*30' }, '/pattern', 'format', 'must be digits, which + may precede, and a * behind them for a prefix'],
    ['alias', { alias: 'acme.example' }, '/alias', 'format', 'must be user@host or *@host, the host in lower case'],
    ['alias', { target: 'a*@x.example' }, '/target', 'format', 'must be user@host or *@host, the host in lower case'],
    ['alias', { target: '*@old.example' }, '/target', 'mismatch', 'must differ from the alias'],
    ['certificate', { names: [] }, '/names', 'too-short', 'must be a list of 1 to 60 items'],
    ['certificate', { names: ['A.example'] }, '/names/0', 'format', 'must be a DNS name or address in lower case, or *.suffix'],
    ['certificate', { chain: 'AAAA' }, '/chain', 'format', 'must be PEM text (-----BEGIN CERTIFICATE-----) of 1 to 32768 characters'],
    ['certificate', { key: '-----BEGIN PRIVATE KEY-----' }, '/key', 'format', 'must be a sealed key'],
    ['dispatcherSet', { hashOn: 'header:' }, '/hashOn', 'format', 'must be from, from-user, to, to-user, ruri, ruri-user, call-id, source, auth-user or header:NAME'],
    ['dispatcherSet', { slowStartMs: 3_600_001 }, '/slowStartMs', 'out-of-range', 'must be 0 to 3600000'],
    ['tenant', { 'policies.redirects': 'follow' }, '/policies/redirects', 'not-allowed', 'must be one of pass, block, recurse'],
    ['tenant', { 'policies.latching': 'any' }, '/policies/latching', 'not-allowed', 'must be one of default, strict, sdp, loose'],
    ['trunk', { strip: 65 }, '/strip', 'out-of-range', 'must be 0 to 64'],
    ['setting', { 'tls.ca': '\u0000-----BEGIN CERTIFICATE-----' }, '/tls/ca', 'format', 'must be PEM text (-----BEGIN CERTIFICATE-----) of 0 to 49152 characters'],
    ['setting', { 'keepAlive.intervalMs': 100 }, '/keepAlive/intervalMs', 'out-of-range', 'must be 5000 to 600000'],
    ['setting', { 'media.idleMs': 9_999 }, '/media/idleMs', 'out-of-range', 'must be 10000 to 3600000'],
    ['setting', { 'media.exhausted': 'drop' }, '/media/exhausted', 'not-allowed', 'must be one of refuse, direct'],
    ['setting', { 'media.latching': 'default' }, '/media/latching', 'not-allowed', 'must be one of strict, sdp, loose'],
    ['setting', { 'media.rtpengines': Array.from({ length: 17 }, (_, n) => ({ address: `192.0.2.1:${n + 1}`, weight: 1, enabled: true })) }, '/media/rtpengines', 'too-long', 'must be a list of 0 to 16 items'],
    ['setting', { 'media.rtpengines.1.address': '192.0.2.9:2223' }, '/media/rtpengines/1/address', 'duplicate', 'must not be listed twice: 192.0.2.9:2223'],
    ['setting', { 'media.rtpengines.0.weight': -1 }, '/media/rtpengines/0/weight', 'out-of-range', 'must be 0 to 65535'],
    ['setting', { 'media.rtpengines.0.port': 1 }, '/media/rtpengines/0/port', 'unknown-field', 'unknown field; accepted: address, weight, enabled'],
    ...['192.0.2.9', 'media.example', '2001:db8::9:2223', '[192.0.2.9]:2223', 'Media.example:2223', '10.0.0.300:2223', 'a:0', 'a:65536', 'udp:a:1'].map((address): [TableName, Record<string, unknown>, string, string, string] =>
      ['setting', { 'media.rtpengines.0.address': address }, '/media/rtpengines/0/address', 'format', `must be host:port, the host a name in lower case, an IPv4 address or an IPv6 address in brackets, not ${address}`]),
    ['setting', { 'registration.spreadPercent': 91 }, '/registration/spreadPercent', 'out-of-range', 'must be 0 to 90'],
    ['rule', { prepend: 'a b' }, '/prepend', 'format', 'must be characters of a SIP user part'],
    ['domain', { name: 'SIP.example' }, '/name', 'format', 'must be a host name in lower case, *.suffix, or an IP address'],
    ['domain', { did: 'x'.repeat(65) }, '/did', 'too-long', 'must be text of 0 to 64 characters'],
    ['domain', { enabled: 'yes' }, '/enabled', 'type', 'must be true or false'],
    ['domain', { did: 'a\nb' }, '/did', 'format', 'must not contain control characters'],
    ['domain', { did: '\ud800' }, '/did', 'format', 'must not contain control characters'],
    ['trunk', { sources: ['192.0.2.0/33'] }, '/sources/0', 'format', 'must be an IPv4 or IPv6 address or prefix, such as 192.0.2.7 or 2001:db8::/32'],
    ['trunk', { key: 'Carrier' }, '/key', 'format', 'must be lower-case letters, digits, ., _ and -, starting with a letter or digit'],
    ['setting', { unknownDomain: 405 }, '/unknownDomain', 'not-allowed', 'must be one of drop, 403, 404'],
    ['setting', { scanners: ['SIPVicious'] }, '/scanners/0', 'format', 'must be in lower case'],
    ['node', { id: 'a b' }, '/id', 'format', 'must be letters, digits, - and _'],
  ])('%s %j', (table, changes, pointer, code, message) => {
    expect(faults(table, changes)).toContainEqual({ pointer, code, message });
  });

  it('for all faults at once', () => {
    expect(faults('tenant', { id: 'x', key: '', enabled: 1, extra: 1 }).map((fault) => fault.pointer)).toEqual(['/id', '/key', '/enabled', '/extra']);
  });

  it('but never for more than a hundred', () => {
    expect(faults('trunk', { sources: Array.from({ length: 200 }, (_, i) => `x${i}`) })).toHaveLength(100);
  });
});

describe('accepted forms', () => {
  it.each<[TableName, Record<string, unknown>]>([
    ['domain', { name: '*.acme.example' }], ['domain', { name: '192.0.2.1' }], ['domain', { name: '2001:db8::1' }],
    ['rule', { match: { type: 'prefix', value: '+' } }], ['rule', { match: { type: 'exact', value: '*43#' } }], ['rule', { match: { type: 'any' } }], ['rule', { methods: [] }],
    ['dispatcherSet', { 'probing.from': 'sip:ping@edge.example:5060' }], ['dispatcherSet', { 'probing.from': 'sip:edge.example' }], ['dispatcherSet', { tenant: null }],
    ['setting', { unknownDomain: 404, scanners: [] }], ['setting', { 'media.rtpengines': [] }], ['setting', { 'media.rtpengines.0.address': 'media-1.example:2223' }],  ['trunk', { sources: [] }],
  ])('%s %j', (table, changes) => {
    expect(faults(table, changes).filter((fault) => fault.code !== 'mismatch')).toEqual([]);
  });

  it('include the default setting', () => {
    expect(decodeRow('setting', 'global', defaultSetting).ok).toBe(true);
  });
});

describe('the text of a row', () => {
  it('must be JSON of bounded length', () => {
    expect(decodeOp('node', 'n', '{')).toMatchObject({ ok: false, error: [{ code: 'format' }] });
    expect(decodeOp('node', 'n', ' '.repeat(70_000))).toMatchObject({ ok: false, error: [{ code: 'too-long' }] });
  });

  it('cannot reach prototypes', () => {
    const decoded = decodeOp('destination', '5', canonicalJson(validRows.destination).replace('"duid":"a"', '"__proto__":"x"'));
    expect(decoded).toMatchObject({ ok: false, error: [{ pointer: '/attrs/__proto__' }] });
  });
});

it('knows its tables', () => {
  expect(isTableName('domain')).toBe(true);
  expect([1, 'toString', null].some(isTableName)).toBe(false);
});
