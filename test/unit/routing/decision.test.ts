import { describe, expect, it } from 'vitest';
import type { RowOp } from '../../../dataplane/contract/rows.ts';
import { decisionLength, decisionOf, describeDecision } from '../../../dataplane/routing/decision.ts';
import { nextDestination } from '../../../dataplane/routing/plan.ts';
import { Turns } from '../../../dataplane/routing/turns.ts';
import { TestHealth, destination, domain, routeSet, rule, set, tenant, trunk, view } from './rows.ts';
import { five, planOf, world } from './world.ts';

const health = new TestHealth();

describe('the decision of a call', () => {
  it('names domain, rule, set and destination', () => {
    const plan = planOf(world({ algorithm: 9 }, five), new Turns(), health);
    const taken = plan === null ? null : nextDestination(plan, health, null);
    expect(plan === null ? '' : describeDecision(decisionOf(plan, taken))).toBe('domain sip.acme.example, rule 1, set 1 (weight), destination 1');
  });

  it('names trunk, number, price list and every attempt that moved on', () => {
    const rows: RowOp[] = [
      tenant(1), routeSet(1), set(1, { affinityAll: true }), ...five.map(({ id }) => destination(id)), trunk('carrier', ['192.0.2.0/24']),
      { table: 'number', key: '+49*', row: { pattern: '+49*', tenant: 1, routeSet: 1, enabled: true } }, rule(7, { type: 'any' }, { rates: 3, enumSuffix: 'e164.arpa' }),
    ];
    const plan = planOf(view(...rows), new Turns(), health, { user: '+4930' });
    if (plan === null) throw new Error('no plan');
    plan.awaits = '';
    for (const outcome of [503, 'timeout'] as const) plan.missed(nextDestination(plan, health, null)?.id ?? 0, outcome);
    const text = describeDecision(decisionOf(plan, nextDestination(plan, health, null)));
    expect(text).toMatch(/^trunk carrier, number \+49\*, rule 7, rates 3, ENUM e164\.arpa, set 1 \(affinity aor\), \d: 503, \d: timeout, destination \d$/);
  });

  it('names an alias, and what no set names', () => {
    const alias: RowOp = { table: 'alias', key: 'sales@sip.acme.example', row: { alias: 'sales@sip.acme.example', target: 'bob@sip.acme.example', tenant: 1, enabled: true } };
    const plan = planOf(view(tenant(1), routeSet(1), domain('sip.acme.example'), rule(1, { type: 'any' }), set(1), destination(1), alias), new Turns(), health, { user: 'sales' });
    expect(plan === null ? '' : describeDecision(decisionOf(plan, null))).toBe('alias sales@sip.acme.example, domain sip.acme.example, rule 1, elsewhere');
  });

  it('stays small, however much there is to say', () => {
    const plan = planOf(world({ algorithm: 8 }, five), new Turns(), health);
    if (plan === null) throw new Error('no plan');
    for (let id = 1_000_000; id < 1_000_016; id++) plan.missed(id, 'transport');
    const text = describeDecision(decisionOf(plan, nextDestination(plan, health, null)));
    expect(text.length).toBe(decisionLength);
    expect(text.endsWith(', ... destination 1')).toBe(true);
  });
});
