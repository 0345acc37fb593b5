import { describe, expect, it } from 'vitest';
import {
  compileDestination, compileDispatcherSet, compileDomain, compileRouteSet, compileRule, compileSetting, compileTenant, compileTrunk,
} from '../../../../controlplane/config/columns.ts';
import { destinationRow, dispatcherSetRow, domainRow, isPrice, noteOf, routeSetRow, ruleRow, settingRow, tenantRow, toMillionths, trunkRow } from '../../../../controlplane/config/compile.ts';
import { algorithmNames } from '../../../../dataplane/contract/algorithms.ts';
import type { Algorithm } from '../../../../dataplane/contract/algorithms.ts';
import { canonicalJson } from '../../../../dataplane/contract/canonical.ts';
import { decodeOp } from '../../../../dataplane/contract/decode.ts';
import type { Rows, TableName } from '../../../../dataplane/contract/rows.ts';
import { defaultSetting } from '../../../../dataplane/contract/rows.ts';

/** The row as a node would read it. */
function asNode<T extends TableName>(table: T, key: string, row: Rows[T]): unknown {
  const decoded = decodeOp(table, key, canonicalJson(row));
  return decoded.ok ? decoded.value.row : decoded.error;
}

describe('bodies with every default become rows that nodes accept', () => {
  it.each<[TableName, string, Rows[TableName]]>([
    ['tenant', '1', tenantRow(1, 'acme', {})],
    ['domain', 'a.example', domainRow('a.example', 1, { tenant: 'acme', routeSet: 0 })],
    ['trunk', 'carrier', trunkRow('carrier', 1, { tenant: 'acme', routeSet: 0, sources: ['192.0.2.1'] })],
    ['routeSet', '0', routeSetRow(0, null, {})],
    ['rule', '1', ruleRow(1, 0, 0, { match: { type: 'any' }, sets: [1] })],
    ['dispatcherSet', '1', dispatcherSetRow(1, null, {})],
    ['destination', '1', destinationRow(1, 1, { uri: 'sip:192.0.2.1' })],
    ['setting', 'global', settingRow({})],
  ])('%s', (table, key, row) => {
    expect(asNode(table, key, row)).toEqual(row);
  });

  it('settings left out are those that nodes have without any row', () => {
    expect(settingRow({})).toEqual(defaultSetting);
  });

  it('names default to the key, notes to nothing', () => {
    expect(tenantRow(1, 'acme', {}).name).toBe('acme');
    expect(noteOf({})).toEqual({ comment: '', externalId: null });
    expect(noteOf({ comment: 'c', externalId: 'e' })).toEqual({ comment: 'c', externalId: 'e' });
  });
});

describe('a set that is not always probed', () => {
  it.each([['always', false], ['failing', true], ['never', true]] as const)('%s: unknown destinations are used = %s, unless said otherwise', (mode, used) => {
    expect(dispatcherSetRow(1, null, { probing: { mode } }).probing.useUnknown).toBe(used);
    expect(dispatcherSetRow(1, null, { probing: { mode, useUnknown: !used } }).probing.useUnknown).toBe(!used);
  });
});

describe('a rule', () => {
  const every = { type: 'any' } as const;

  it('takes prices beside its sets or in a list of their own, as whole millionths', () => {
    expect(ruleRow(1, 1, 0, { match: every, sets: [{ set: 10, price: 0.0123 }, { set: 11, price: 2 }] })).toMatchObject({ sets: [10, 11], prices: [12_300, 2_000_000] });
    expect(ruleRow(1, 1, 0, { match: every, sets: [10, 11], prices: [0.000001, 0] })).toMatchObject({ sets: [10, 11], prices: [1, 0] });
    expect([0.1, 0.07, 1.1, 999_999.999999, 0.000001].map((price) => toMillionths(price) / 1_000_000)).toEqual([0.1, 0.07, 1.1, 999_999.999999, 0.000001]);
    expect([0.1, 0.0123, 999_999.999999].every(isPrice)).toBe(true);
    expect([0.0000001, 1.2345678].some(isPrice)).toBe(false);
  });

  it('is not taken when only some of its sets have a price', () => {
    expect(asNode('rule', '1', ruleRow(1, 1, 0, { match: every, sets: [10, { set: 11, price: 1 }] }))).toMatchObject([{ pointer: '/prices', code: 'mismatch' }]);
  });

  it('has windows of every day and all day where nothing else is said', () => {
    expect(ruleRow(1, 1, 0, { match: every, sets: [1], windows: [{ timezone: 'Europe/Berlin' }] }).windows)
      .toEqual([{ timezone: 'Europe/Berlin', days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', to: '24:00' }]);
  });

  it('needs no sets beside rates or ENUM', () => {
    expect(asNode('rule', '1', ruleRow(1, 1, 0, { match: every, rates: 7 }))).toMatchObject({ sets: [] });
    expect(asNode('rule', '1', ruleRow(1, 1, 0, { match: every, enumSuffix: 'e164.arpa' }))).toMatchObject({ sets: [] });
    expect(asNode('rule', '1', ruleRow(1, 1, 0, { match: every }))).toMatchObject([{ pointer: '/sets', code: 'too-short' }]);
  });
});

describe('an algorithm', () => {
  it('is named by its number or its word', () => {
    for (const [number, name] of Object.entries(algorithmNames)) {
      expect(dispatcherSetRow(1, null, { algorithm: name }).algorithm).toBe(Number(number));
      expect(dispatcherSetRow(1, null, { algorithm: Number(number) as Algorithm }).algorithm).toBe(Number(number));
    }
  });
});

describe('columns become the same rows again', () => {
  it('for every table', () => {
    const tenant = tenantRow(3, 'acme', { limits: { calls: 4 }, policies: { media: 'auto' } });
    expect(compileTenant({ ...tenant })).toEqual(tenant);
    const domain = domainRow('*.example', 3, { tenant: 'acme', routeSet: 7, did: 'd', enabled: false });
    expect(compileDomain({ name: domain.name, tenantId: 3, routeSetId: 7, enabled: false, did: 'd' })).toEqual(domain);
    const trunk = trunkRow('c', 3, { tenant: 'acme', routeSet: 7, sources: ['2001:db8::/32'], strip: 2, prepend: '+' });
    expect(compileTrunk({ key: 'c', name: 'c', tenantId: 3, routeSetId: 7, enabled: true, sources: ['2001:db8::/32'], strip: 2, prepend: '+' })).toEqual(trunk);
    const routeSet = routeSetRow(7, 3, { family: 'match', failover: { on: ['timeout', 503] } });
    expect(compileRouteSet({ number: 7, name: '', tenantId: 3, family: 'match', failover: routeSet.failover })).toEqual(routeSet);
    const rule = ruleRow(9, 7, 2, { match: { type: 'range', from: '1', to: '9' }, sets: [1, 2], methods: ['INVITE'], strip: 1, prepend: '00', windows: [{ timezone: 'UTC' }], rates: 3, enumSuffix: 'e164.arpa' });
    expect(compileRule({ ...rule })).toEqual(rule);
    const set = dispatcherSetRow(4000, null, { algorithm: 8, affinity: 'source', affinityAll: true });
    expect(compileDispatcherSet({ ...set, tenantId: null })).toEqual(set);
    const destination = destinationRow(5, 4000, { uri: 'sip:[2001:db8::1]', rank: 2, weight: 0, admin: 'draining', attrs: { a: 'b' } });
    expect(compileDestination({ ...destination, setId: 4000 })).toEqual(destination);
    for (const unknownDomain of ['drop', 403, 404] as const) {
      const setting = settingRow({ unknownDomain });
      expect(compileSetting({ ...setting, unknownDomain: String(unknownDomain) })).toEqual(setting);
    }
  });
});
