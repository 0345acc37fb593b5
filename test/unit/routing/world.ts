/** One dispatcher set behind one rule, and what it answers: the small world of the algorithms' tests. */
import type { DestinationRow, DispatcherSetRow, RowOp } from '../../../dataplane/contract/rows.ts';
import { admit } from '../../../dataplane/routing/admit.ts';
import { nextDestination, planRoute } from '../../../dataplane/routing/plan.ts';
import type { RoutePlan } from '../../../dataplane/routing/plan.ts';
import type { RouteQuery } from '../../../dataplane/routing/query.ts';
import type { Turns } from '../../../dataplane/routing/turns.ts';
import type { ConfigView } from '../../../dataplane/routing/view.ts';
import type { TestHealth } from './rows.ts';
import { destination, domain, query, routeSet, rule, set, tenant, view } from './rows.ts';

/** Set 1 with these destinations, used by an any-rule of route set 1 at sip.acme.example. */
export function world(over: Partial<DispatcherSetRow>, rows: readonly (Partial<DestinationRow> & { id: number })[], ...more: RowOp[]): ConfigView {
  return view(
    tenant(1), set(1, over), routeSet(1), rule(1, { type: 'any' }), domain('sip.acme.example'),
    ...rows.map((row) => destination(row.id, row)), ...more,
  );
}

/** The plan of a request, null when it is refused. */
export function planOf(config: ConfigView, turns: Turns, health: TestHealth, over: Partial<RouteQuery> = {}): RoutePlan | null {
  const q = query(over);
  const admitted = admit(config, q, null);
  if (!admitted.ok) throw new Error(admitted.detail);
  const plan = planRoute(config, health, turns, admitted, q, null);
  return plan.ok ? plan : null;
}

/** Ids in the order of the attempts. */
export function attempts(config: ConfigView, turns: Turns, health: TestHealth, over: Partial<RouteQuery> = {}, most = 99): number[] {
  const plan = planOf(config, turns, health, over);
  const ids: number[] = [];
  while (plan !== null && ids.length < most) {
    const next = nextDestination(plan, health, null);
    if (next === null) break;
    ids.push(next.id);
  }
  return ids;
}

/** Id of the first attempt, 0 = nobody. */
export function firstOf(config: ConfigView, turns: Turns, health: TestHealth, over: Partial<RouteQuery> = {}): number {
  return attempts(config, turns, health, over, 1)[0] ?? 0;
}

export function tally(count: number, pick: (index: number) => number): Map<number, number> {
  const seen = new Map<number, number>();
  for (let i = 0; i < count; i++) {
    const id = pick(i);
    seen.set(id, (seen.get(id) ?? 0) + 1);
  }
  return seen;
}

/** Shares of ids 1 to n of `count` requests, in thousandths. */
export function shares(n: number, count: number, pick: (index: number) => number): number[] {
  const seen = tally(count, pick);
  return Array.from({ length: n }, (_, i) => Math.round((seen.get(i + 1) ?? 0) * 1_000 / count));
}

export const ascending = (a: number, b: number): number => a - b;
export const five = [1, 2, 3, 4, 5].map((id) => ({ id }));
