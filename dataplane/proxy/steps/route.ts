/** Whose request it is and where it goes: tenant, limits, rules, dispatcher sets (design: pipeline steps 8, 9, 11). */
import { admit } from '../../routing/admit.ts';
import { planRoute } from '../../routing/plan.ts';
import type { Admitted } from '../../routing/admit.ts';
import type { ProxyContext } from '../context.ts';
import type { ProxyEnvironment } from '../environment.ts';
import { bareUser, RequestQuery } from '../request-query.ts';
import { reply, serviceUnavailable, type Verdict } from '../verdict.ts';

const unknownDomain = { 403: reply(403, 'Forbidden'), 404: reply(404, 'Not Found') } as const;
const noRoute = reply(404, 'No Route');
const draining = reply(503, 'Draining', 'Retry-After: 60\r\n');
const overLimit = reply(503, 'Limit Reached', 'Retry-After: 1\r\n');

/** Trunk by source or domain by host → tenant → limits → rule → destinations. Unknown domain: silence unless configured otherwise. */
export function routeByTenant(ctx: ProxyContext, env: ProxyEnvironment): Verdict {
  const { view } = env;
  if (env.draining) return draining;
  const query = new RequestQuery(ctx.request, ctx.flow);
  const admitted = admit(view, query, null);
  if (!admitted.ok) {
    if (admitted.refuse === 'no-route-set') {
      env.counters.add('no_rule_total');
      return noRoute;
    }
    env.counters.add(admitted.refuse === 'to-mismatch' ? 'dropped_to_mismatch_total' : 'dropped_unknown_domain_total');
    const answer = view.setting.unknownDomain;
    return answer === 'drop' || admitted.refuse === 'to-mismatch' ? 'drop' : unknownDomain[answer];
  }
  ctx.tenant = admitted.tenant;
  ctx.tenantId = admitted.tenant.id;
  ctx.failover = admitted.routeSet.row.failover;
  if (!withinLimits(ctx, env)) return overLimit;
  return plan(ctx, env, admitted, query);
}

/** Limits count calls: only INVITEs that begin one are asked about. */
function withinLimits(ctx: ProxyContext, env: ProxyEnvironment): boolean {
  if (ctx.request.method !== 'INVITE' || ctx.tenant === null) return true;
  if (env.limits.admitCall(ctx.tenant, env.clock.now()) === 'pass') return true;
  env.counters.add('refused_limit_total');
  return false;
}

function plan(ctx: ProxyContext, env: ProxyEnvironment, admitted: Admitted, query: RequestQuery): Verdict {
  const outcome = planRoute(env.view, env.health, env.turns, admitted, query, null);
  if (!outcome.ok) {
    if (outcome.refuse === 'no-rule') {
      env.counters.add('no_rule_total');
      return noRoute;
    }
    env.counters.add('no_destination_total');
    return serviceUnavailable;
  }
  ctx.plan = outcome;
  const uri = ctx.request.sipUri;
  if (uri !== null && outcome.user !== query.user) ctx.requestUri = withUser(uri.text, bareUser(uri.user), outcome.user);
  return 'relay';
}

/** The same URI with another user part; a user that was not there is put in front of the host. */
function withUser(text: string, user: string, next: string): string {
  const colon = text.indexOf(':') + 1;
  if (user !== '') return text.slice(0, colon) + next + text.slice(colon + user.length);
  return next === '' ? text : `${text.slice(0, colon)}${next}@${text.slice(colon)}`;
}
