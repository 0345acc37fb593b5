/** Cancelling what is still open of a request (RFC 3261 §16.7 step 10, §16.10). */
import type { ProxyContext } from './context.ts';
import type { ProxyEnvironment } from './environment.ts';

/**
 * Cancels every branch that is open (§16.7 step 10). Their finals are waited for; one that waits for a look-up has nothing
 * to wait for.
 * @param reason value of the Reason header (RFC 3326), '' = none
 */
export function cancelOpen(env: ProxyEnvironment, ctx: ProxyContext, reason: string): void {
  for (let branch = ctx.newest; branch !== null; branch = branch.earlier) {
    if (!branch.open) continue;
    if (branch.client === null || branch.client.ended) branch.close(487);
    else env.layer.cancel(branch.client, reason);
  }
}
