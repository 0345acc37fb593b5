/** Whose request it is and where it goes: tenant, limits, rules, dispatcher sets (design: pipeline steps 8, 9, 11). */
import { admit } from '../../routing/admit.ts';
import { bounds } from '../../sip/bounds.ts';
import { H } from '../../sip/header-names.ts';
import { planRoute } from '../../routing/plan.ts';
import type { Admitted } from '../../routing/admit.ts';
import { callerSideOf } from '../call-ends.ts';
import type { ProxyContext } from '../context.ts';
import type { ProxyEnvironment } from '../environment.ts';
import { requestUriOf, withoutMaddr } from '../readdress.ts';
import { RequestQuery } from '../request-query.ts';
import { admitRegister } from './registration.ts';
import { draining, overLimit, reply, serviceUnavailable, uriTooLong, type Verdict } from '../verdict.ts';

const unknownDomain = { 403: reply(403, 'Forbidden'), 404: reply(404, 'Not Found') } as const;
const noRoute = reply(404, 'No Route');

/** Trunk by source or domain by host → tenant → limits → rule → destinations. Unknown domain: silence unless configured otherwise. */
export function routeByTenant(ctx: ProxyContext, env: ProxyEnvironment): Verdict {
  const { view } = env;
  const query = new RequestQuery(ctx.request, ctx.flow, env.wallClock);
  const admitted = admit(view, query, null);
  if (!admitted.ok) {
    if (admitted.refuse === 'no-route-set' || admitted.refuse === 'no-number') {
      env.counters.add('no_rule_total');
      return noRoute;
    }
    env.counters.add(admitted.refuse === 'to-mismatch' ? 'dropped_to_mismatch_total' : 'dropped_unknown_domain_total');
    const answer = view.setting.unknownDomain;
    return answer === 'drop' || admitted.refuse === 'to-mismatch' ? 'drop' : unknownDomain[answer];
  }
  if (env.draining) return draining;
  ctx.tenant = admitted.tenant;
  ctx.tenantId = admitted.tenant.id;
  ctx.failover = admitted.routeSet.row.failover;
  if (!withinLimits(ctx, env)) return overLimit;
  if (ctx.request.method === 'REGISTER') {
    const admission = admitRegister(ctx, env);
    if (admission !== 'continue') return admission;
  }
  return plan(ctx, env, admitted, query);
}

/**
 * Limits count calls, in both directions: INVITEs that begin one are asked about. One that passes counts at once, so that
 * calls which ring cannot exceed the limit together; `settle` takes it off again, the 2xx puts the call there instead.
 */
export function withinLimits(ctx: ProxyContext, env: ProxyEnvironment): boolean {
  const { tenant } = ctx;
  if (ctx.request.method !== 'INVITE' || tenant === null) return true;
  if (env.limits.admitCall(tenant, env.clock.now()) === 'pass') {
    if (tenant.limits.calls > 0) {
      ctx.reserved = true;
      if (ctx.request.has(H.recordRoute)) ctx.records = ctx.request.routeValues('record-route').length;
      if (ctx.calleeFlow !== '') ctx.caller = callerSideOf(ctx.request);
    }
    return true;
  }
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
  ctx.requestUri = requestUriOf(outcome, uri);
  if (uri !== null && uri.params !== '' && (uri.transport === '' || uri.transport === ctx.flow.transport) && env.identity.meansMaddr(uri)) ctx.requestUri = withoutMaddr(ctx.requestUri ?? uri.text);
  return ctx.requestUri !== null && ctx.requestUri.length > bounds.requestUriBytes ? uriTooLong : 'relay';
}
