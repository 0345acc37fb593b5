/** What a registration that the registrar has accepted means to this node. */
import type { SipMessage } from '../sip/message.ts';
import type { Branch } from './branch.ts';
import type { ProxyEnvironment } from './environment.ts';

/** Called once for each REGISTER, with its 2xx, before that goes up. The request is settled by then. */
export function onRegistered(env: ProxyEnvironment, _branch: Branch, _response: SipMessage): void {
  env.counters.add('registered_total');
}
