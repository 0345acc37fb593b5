/** Limits on REGISTER: the node's rate, so that a storm reaches the registrars as a drizzle, and the tenant's number of registrations. */
import { H } from '../../sip/header-names.ts';
import { hashText } from '../../routing/hash.ts';
import { aorOf, isKept } from '../../registrations/read-answer.ts';
import type { SipMessage } from '../../sip/message.ts';
import type { ProxyContext } from '../context.ts';
import type { ProxyEnvironment } from '../environment.ts';
import { overLimit, reply, type Verdict } from '../verdict.ts';

/** Phones that were refused come back spread over this time. */
const retryFromSeconds = 5;
const retrySpreadSeconds = 26;

/** `continue`, or 503 with the time after which to come again. */
export function admitRegister(ctx: ProxyContext, env: ProxyEnvironment): Verdict {
  const { request, tenant } = ctx;
  const { perSecond } = env.view.setting.registration;
  if (perSecond > 0 && !env.limits.takeRegisterTurn(perSecond, env.clock.now())) {
    env.counters.add('refused_limit_total');
    return reply(503, 'Too Many Registrations', `Retry-After: ${retryFromSeconds + (hashText(request.callId) >>> 0) % retrySpreadSeconds}\r\n`);
  }
  if (tenant === null || tenant.limits.registrations === 0 || !request.has(H.contact)) return 'continue';
  const added = addedBindings(env, tenant.id, request);
  if (added === 0 || env.limits.registrationsLeft(tenant) >= added) return 'continue';
  env.counters.add('refused_limit_total');
  return overLimit;
}

/** How many bindings it would add; refreshing and removing what is there is always allowed. What the table would not keep cannot be counted. */
function addedBindings(env: ProxyEnvironment, tenant: number, request: SipMessage): number {
  const to = request.to?.sipUri ?? null;
  if (to === null) return 0;
  const aor = aorOf(to);
  const whole = request.header('expires')?.trim() === '0';
  const contacts = request.routeValues('contact').filter(({ address }) => {
    const expires = address.param('expires');
    const ends = address.uri === '*' || (expires === null ? whole : expires === '0');
    return !ends && !env.registrations.known(tenant, aor, address.uri);
  });
  return isKept(aor, contacts.map(({ address }) => address.uri)) ? contacts.length : Infinity;
}
