/** The Request-URI of a call to a telephone number, as a destination gets it. PURE. */
import { parseTarget } from '../contract/target.ts';
import { telAsSip } from '../sip/tel.ts';
import type { Branch } from './branch.ts';
import { bracket } from './identity.ts';

/**
 * `sip:+4930123@host;user=phone` for a tel Request-URI, null for any other. The host is the domain that the call is in; one
 * from a trunk is in none, and goes by the destination's own.
 */
export function telRequestUri({ ctx, plan, destination }: Branch): string | null {
  const uri = ctx.request.sipUri;
  if (uri === null || uri.scheme !== 'tel' || plan === null || destination === null) return null;
  if (plan.admitted.domain !== null) return telAsSip(uri, plan.user, bracket(plan.host));
  const at = parseTarget(destination.uri);
  if (at === null) return null;
  return telAsSip(uri, plan.user, at.port === 0 ? bracket(at.host) : `${bracket(at.host)}:${at.port}`);
}
