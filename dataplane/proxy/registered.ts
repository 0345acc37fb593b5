/** What a registration that the registrar has accepted means to this node. */
import { bindingChange } from '../registrations/read-answer.ts';
import type { SipMessage } from '../sip/message.ts';
import type { Branch } from './branch.ts';
import type { ProxyEnvironment } from './environment.ts';

/** Called once for each REGISTER, with its 2xx, before that goes up. */
export function onRegistered(env: ProxyEnvironment, branch: Branch, request: SipMessage, response: SipMessage): void {
  env.counters.add('registered_total');
  const { ctx, destination } = branch;
  // Along a Route or a flow token it went to whom its sender chose, who may accept anything.
  if (destination === null) return;
  const change = bindingChange(request, response, ctx.flow, ctx.tenantId, destination.id, env.wallClock.now());
  if (change !== null) env.registrations.changed(change);
}
