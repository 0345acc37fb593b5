/** The text that sends what belongs together to the same destination. */
import { algorithms } from '../contract/rows.ts';
import type { DispatcherSet } from './dispatcher-set.ts';
import type { RoutePlan } from './route-plan.ts';

/** The text that sends the same phone, source or call to the same destination; '' = the algorithm decides. */
export function affinityKey(plan: RoutePlan, set: DispatcherSet): string {
  if (!plan.isRegister && !set.row.affinityAll) return '';
  switch (set.row.affinity) {
    case 'aor': return plan.query.aor;
    case 'source': return plan.query.sourceAddress;
    case 'call-id': return plan.query.callId;
    case 'none': return '';
  }
}

/** What the hash algorithms (0, 1, 2, 3, 5, 7) look at; '' = the request has no such value, or the algorithm is none of them. */
export function hashedValue(plan: RoutePlan, set: DispatcherSet): string {
  const { query } = plan;
  switch (set.algorithm) {
    case algorithms.callIdHash: return query.callId;
    case algorithms.fromHash: return query.fromKey;
    case algorithms.toHash: return query.toKey;
    case algorithms.requestUriHash: return requestKey(plan);
    case algorithms.authUserHash: return query.authUser;
    case algorithms.valueHash: return configuredValue(plan, set.row.hashOn);
    default: return '';
  }
}

/** The Request-URI as it will be sent: however a caller writes a number, it belongs to one destination. */
const requestKey = (plan: RoutePlan): string => (plan.user === '' ? plan.host : `${plan.user}@${plan.host}`);

const userOf = (key: string): string => key.slice(0, Math.max(0, key.lastIndexOf('@')));

function configuredValue(plan: RoutePlan, hashOn: string): string {
  const { query } = plan;
  switch (hashOn) {
    case 'from': return query.fromKey;
    case 'from-user': return userOf(query.fromKey);
    case 'to': return query.toKey;
    case 'to-user': return userOf(query.toKey);
    case 'ruri': return requestKey(plan);
    case 'ruri-user': return plan.user;
    case 'call-id': return query.callId;
    case 'source': return query.sourceAddress;
    case 'auth-user': return query.authUser;
    default: return hashOn.startsWith('header:') ? query.header(hashOn.slice(7).toLowerCase()) : '';
  }
}
