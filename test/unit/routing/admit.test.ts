import { describe, expect, it } from 'vitest';
import { defaultSetting } from '../../../dataplane/contract/rows.ts';
import type { RowOp } from '../../../dataplane/contract/rows.ts';
import { admit } from '../../../dataplane/routing/admit.ts';
import type { ConfigView } from '../../../dataplane/routing/view.ts';
import type { RouteQuery } from '../../../dataplane/routing/query.ts';
import { Recorder } from '../../../dataplane/routing/recorder.ts';
import { domain, query, routeSet, tenant, trunk, view } from './rows.ts';

/** "trunk/domain → route set" or the refusal with its reason. */
function verdict(config: ConfigView, over: Partial<RouteQuery> = {}): string {
  const admitted = admit(config, query(over), null);
  return admitted.ok ? `${admitted.trunk?.key ?? admitted.domain?.name} → ${admitted.routeSet.number}` : `${admitted.refuse}: ${admitted.detail}`;
}

const base: readonly RowOp[] = [tenant(1), tenant(2), routeSet(1), routeSet(2)];

describe('domain', () => {
  const config = view(
    ...base, domain('sip.acme.example'), domain('*.acme.example', { routeSet: 2 }), domain('*.example'), domain('off.acme.example', { enabled: false }),
    domain('*.off.example', { enabled: false }), domain('acme.test'),
  );

  it.each([
    ['sip.acme.example', 'sip.acme.example → 1'],
    ['pbx.acme.example', '*.acme.example → 2'],
    ['a.b.acme.example', '*.acme.example → 2'],
    ['acme.example', '*.example → 1'],
    ['example', 'unknown-domain: no such domain'],
    ['acme.test', 'acme.test → 1'],
    ['sub.acme.test', 'unknown-domain: no such domain'],
    ['notacme.test', 'unknown-domain: no such domain'],
    ['.example', 'unknown-domain: no such domain'],
    ['', 'unknown-domain: no such domain'],
    // Switched off by name: the wildcard must not bring it back.
    ['off.acme.example', 'unknown-domain: the domain is disabled'],
    ['x.off.example', 'unknown-domain: the domain is disabled'],
  ])('%s → %s', (host, expected) => {
    expect(verdict(config, { host, toHost: host })).toBe(expected);
  });

  it('of a disabled or missing tenant is unknown', () => {
    expect(verdict(view(tenant(1, { enabled: false }), routeSet(1), domain('sip.acme.example')))).toBe('unknown-domain: the tenant is disabled');
    expect(verdict(view(routeSet(1), domain('sip.acme.example')))).toBe('unknown-domain: the domain has no tenant');
  });

  it('without its route set is refused as such', () => {
    expect(verdict(view(tenant(1), domain('sip.acme.example')))).toBe('no-route-set: the route set does not exist');
  });

  it('look-ups of endless names do not probe every label', () => {
    const host = 'a.'.repeat(100) + 'sip.acme.example';
    expect(verdict(config, { host, toHost: host })).toBe('*.acme.example → 2');
  });
});

describe('trunk', () => {
  const rows = [...base, domain('sip.acme.example'), trunk('carrier', ['192.0.2.0/24', '2001:db8::/32'], { routeSet: 2, tenant: 2 })];

  it('goes before the domain', () => {
    expect(verdict(view(...rows))).toBe('carrier → 2');
    expect(verdict(view(...rows), { sourceAddress: '2001:db8::9', host: '198.51.100.1' })).toBe('carrier → 2');
    expect(verdict(view(...rows), { sourceAddress: '198.51.100.9' })).toBe('sip.acme.example → 1');
  });

  it('that is disabled, or whose tenant is, counts as unknown', () => {
    expect(verdict(view(...rows, trunk('carrier', ['192.0.2.0/24'], { enabled: false })))).toBe('sip.acme.example → 1');
    expect(verdict(view(...rows, tenant(2, { enabled: false })))).toBe('sip.acme.example → 1');
    expect(verdict(view(...rows, { table: 'tenant', key: '2', row: null }), { host: 'x', toHost: 'x' })).toBe('unknown-domain: no such domain');
  });

  it('longest prefix over all trunks wins', () => {
    expect(verdict(view(...rows, trunk('pbx', ['192.0.2.7'])))).toBe('pbx → 1');
  });
});

describe('To and Request-URI', () => {
  const setting: RowOp = { table: 'setting', key: 'global', row: { ...defaultSetting, requireToMatch: true } };
  const rows = [...base, domain('sip.acme.example'), trunk('carrier', ['203.0.113.1'])];

  it('may differ unless the setting says otherwise', () => {
    expect(verdict(view(...rows), { toHost: 'other' })).toBe('sip.acme.example → 1');
    expect(verdict(view(...rows, setting), { toHost: 'other' })).toBe('to-mismatch: To and Request-URI name different hosts');
    expect(verdict(view(...rows, setting))).toBe('sip.acme.example → 1');
  });

  it('are not compared for REGISTER and trunks', () => {
    expect(verdict(view(...rows, setting), { toHost: 'other', method: 'REGISTER' })).toBe('sip.acme.example → 1');
    expect(verdict(view(...rows, setting), { toHost: 'other', sourceAddress: '203.0.113.1' })).toBe('carrier → 1');
  });
});

it('records what it looked at', () => {
  const config = view(...base, domain('*.acme.example'), trunk('carrier', ['203.0.113.0/24'], { tenant: 7 }));
  const texts = (over: Partial<RouteQuery>): string[] => {
    const recorder = new Recorder();
    admit(config, query(over), recorder);
    return recorder.steps.map((step) => `${step.stage} ${step.outcome}: ${step.text}`);
  };
  expect(texts({})).toEqual([
    'source skipped: 192.0.2.7 belongs to no trunk',
    'domain matched: wildcard *.acme.example, which holds sip.acme.example, found',
    'tenant matched: tenant tenant-1 (Tenant 1), route set 1',
  ]);
  expect(texts({ sourceAddress: '203.0.113.5', host: 'x', toHost: 'x' })).toEqual([
    'source skipped: 203.0.113.5 belongs to trunk carrier, whose tenant is missing',
    'domain refused: x is no domain of ours, neither by name nor by a wildcard',
  ]);
});
