import { describe, expect, it } from 'vitest';
import type { AliasRow, NumberRow, RowOp } from '../../../dataplane/contract/rows.ts';
import { admit } from '../../../dataplane/routing/admit.ts';
import { explain } from '../../../dataplane/routing/explain.ts';
import type { RouteQuery } from '../../../dataplane/routing/query.ts';
import type { ConfigView } from '../../../dataplane/routing/view.ts';
import { TestHealth, destination, domain, query, routeSet, rule, set, tenant, trunk, view } from './rows.ts';

const number = (pattern: string, over: Partial<NumberRow> = {}): RowOp => ({ table: 'number', key: pattern, row: { pattern, tenant: 2, routeSet: 2, enabled: true, ...over } });
const alias = (from: string, target: string, over: Partial<AliasRow> = {}): RowOp => ({ table: 'alias', key: from, row: { alias: from, target, tenant: 1, enabled: true, ...over } });

const base: readonly RowOp[] = [
  tenant(1), tenant(2), tenant(3, { enabled: false }), routeSet(1), routeSet(2), routeSet(3), domain('sip.acme.example'), domain('new.example', { routeSet: 3 }),
];

/** "tenant → route set, user@host" or the refusal with its reason. */
function verdict(config: ConfigView, over: Partial<RouteQuery>): string {
  const admitted = admit(config, query(over), null);
  return admitted.ok ? `${admitted.tenant.id} → ${admitted.routeSet.number}, ${admitted.user}@${admitted.host}` : `${admitted.refuse}: ${admitted.detail}`;
}

describe('numbers (DIDs)', () => {
  const carrier = trunk('carrier', ['203.0.113.0/24']);
  const config = view(
    ...base, carrier, number('+4930123*'), number('+49301234', { routeSet: 3 }), number('+4930*', { tenant: 1, routeSet: 1 }), number('+4940*', { enabled: false }),
    number('+4950*', { tenant: 3 }), number('+4960*', { tenant: 9 }), number('+4970*', { routeSet: 9 }), number('+49*', { routeSet: 1 }),
  );
  const from = (user: string, of = config): string => verdict(of, { user, sourceAddress: '203.0.113.9', host: '198.51.100.1' });

  it.each([
    ['+49301234', '2 → 3, +49301234@198.51.100.1'],
    ['+493012345', '2 → 2, +493012345@198.51.100.1'],
    ['+4930123', '2 → 2, +4930123@198.51.100.1'],
    ['+493099', '1 → 1, +493099@198.51.100.1'],
    ['+4989', '2 → 1, +4989@198.51.100.1'],
    // No number of anybody: the trunk's own route set.
    ['+33', '1 → 1, +33@198.51.100.1'],
    ['', '1 → 1, @198.51.100.1'],
    ['+4940777', 'no-number: the number is disabled'],
    ['+4950777', 'no-number: the tenant of the number is missing or disabled'],
    ['+4960777', 'no-number: the tenant of the number is missing or disabled'],
    ['+4970777', 'no-route-set: the route set does not exist'],
  ])('%s → %s', (user, expected) => {
    expect(from(user)).toBe(expected);
  });

  it('are looked up after the trunk\'s own rewriting, which the Request-URI keeps', () => {
    const rewriting = view(...base, trunk('carrier', ['203.0.113.0/24'], { strip: 2, prepend: '+' }), number('+49301234'));
    expect([from('0049301234', rewriting), from('00331', rewriting), from('0', rewriting)]).toEqual(['2 → 2, +49301234@198.51.100.1', '1 → 1, +331@198.51.100.1', '1 → 1, +@198.51.100.1']);
  });

  it('belong to calls from trunks only', () => {
    expect(verdict(config, { user: '+49301234' })).toBe('1 → 1, +49301234@sip.acme.example');
  });

  it('leave a REGISTER from a trunk alone', () => {
    const rewriting = view(...base, trunk('carrier', ['203.0.113.0/24'], { prepend: '+' }), number('+*'));
    expect(verdict(rewriting, { method: 'REGISTER', user: '', sourceAddress: '203.0.113.9' })).toBe('1 → 1, @sip.acme.example');
  });

  it('are explained', () => {
    const texts = (user: string): string[] => explain(config, new TestHealth(), query({ user, sourceAddress: '203.0.113.9' })).steps.map(({ stage, outcome, text }) => `${stage} ${outcome}: ${text}`);
    expect(texts('+49301234').slice(0, 3)).toEqual([
      'source matched: 203.0.113.9 belongs to trunk carrier (carrier)', 'number matched: number +49301234 holds +49301234', 'tenant matched: tenant tenant-2 (Tenant 2), route set 3',
    ]);
    expect(texts('+4940').at(-1)).toBe('number refused: number +4940* holds +4940 and is disabled');
    expect(texts('+4950').at(-1)).toBe('number refused: number +4950* holds +4950; its tenant 3 is disabled');
    expect(texts('+33')[1]).toBe('number skipped: +33 is no number of a tenant; the trunk\'s own route set 1 serves');
    const rewriting = view(...base, trunk('carrier', ['203.0.113.0/24'], { strip: 2, prepend: '+' }));
    expect(explain(rewriting, new TestHealth(), query({ user: '0049', sourceAddress: '203.0.113.9' })).steps[1]?.text).toBe('the trunk\'s own rewriting makes 0049 +49');
  });
});

describe('aliases', () => {
  const config = view(
    ...base, alias('sales@sip.acme.example', 'bob@new.example'), alias('*@old.example', '*@new.example'), alias('chief@old.example', 'alice@sip.acme.example'),
    alias('*@gone.example', 'desk@new.example'), alias('off@sip.acme.example', 'bob@new.example', { enabled: false }), alias('off@old.example', 'x@sip.acme.example', { enabled: false }),
    alias('*@ping.example', '*@pong.example'), alias('*@pong.example', '*@ping.example'), alias('x@new.example', 'y@nowhere.example'),
  );

  it.each([
    ['sales', 'sip.acme.example', '1 → 3, bob@new.example'],
    ['Sales', 'sip.acme.example', '1 → 1, Sales@sip.acme.example'],
    ['1001', 'old.example', '1 → 3, 1001@new.example'],
    ['chief', 'old.example', '1 → 1, alice@sip.acme.example'],
    ['1001', 'gone.example', '1 → 3, desk@new.example'],
    ['off', 'sip.acme.example', '1 → 1, off@sip.acme.example'],
    // Its own alias is switched off, that of the domain is not.
    ['off', 'old.example', '1 → 3, off@new.example'],
    // One step, no more: there is no way to go round.
    ['1001', 'ping.example', 'unknown-domain: no such domain'],
    ['x', 'new.example', 'unknown-domain: no such domain'],
  ])('%s@%s → %s', (user, host, expected) => {
    expect(verdict(config, { user, host, toHost: host })).toBe(expected);
  });

  it('of a whole domain hold for a REGISTER, which has no user', () => {
    expect(verdict(config, { method: 'REGISTER', user: '', host: 'old.example' })).toBe('1 → 3, @new.example');
    expect(verdict(config, { method: 'REGISTER', user: '', host: 'gone.example' })).toBe('1 → 3, @new.example');
  });

  it('are not asked for calls from trunks', () => {
    const withTrunk = view(...base, trunk('carrier', ['203.0.113.1']), alias('sales@sip.acme.example', 'bob@new.example'));
    expect(verdict(withTrunk, { user: 'sales', sourceAddress: '203.0.113.1' })).toBe('1 → 1, sales@sip.acme.example');
  });

  it('go before the rules, which see and rewrite the target', () => {
    const whole = view(...base, alias('sales@sip.acme.example', '2001@new.example'), rule(1, { type: 'range', from: '2000', to: '2999' }, { routeSet: 3, strip: 1, prepend: '9' }), set(1), destination(1));
    const { decision, steps } = explain(whole, new TestHealth(), query({ user: 'sales' }));
    expect(decision).toMatchObject({ kind: 'route', alias: 'sales@sip.acme.example', domain: 'new.example', rule: 1, user: '9001', host: 'new.example' });
    expect(steps.slice(1, 3).map(({ stage, text }) => `${stage}: ${text}`)).toEqual(['alias: alias sales@sip.acme.example leads to 2001@new.example', 'domain: domain new.example found']);
  });
});
