/** Algorithm 64: which requests are kept away from a destination that is overloaded (RFC 7339 §5.10, loss-based). */
import { algorithms } from '../contract/rows.ts';
import type { Destination } from './destination.ts';
import type { DispatcherSet } from './dispatcher-set.ts';
import type { RoutePlan } from './route-plan.ts';

/**
 * Per cent of requests to keep away: what the destination asks for, within `ocmin` and `ocmax`; `ocrate` while it asks
 * for nothing. 0 for every other algorithm.
 */
export function keptAwayPercent(plan: RoutePlan, set: DispatcherSet, destination: Destination): number {
  if (set.algorithm !== algorithms.overload) return 0;
  const { overloadMin, overloadMax, overloadRate } = destination.attrs;
  const asked = plan.turns.overload.percentOf(destination.id, plan.query.timeMs);
  return asked < 0 ? overloadRate : Math.min(overloadMax, Math.max(overloadMin, asked));
}

/**
 * Draws whether this request is kept away from the destination; if so it is passed over for good. Requests that name a
 * priority (RFC 4412) always pass.
 */
export function isKeptAway(plan: RoutePlan, set: DispatcherSet, destination: Destination): boolean {
  const percent = keptAwayPercent(plan, set, destination);
  if (percent === 0 || plan.turns.random() * 100 >= percent || plan.query.header('resource-priority') !== '') return false;
  plan.spare(destination.id);
  return true;
}
