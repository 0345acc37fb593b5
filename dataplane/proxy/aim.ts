/** Where a branch goes: the address of its destination, or one place of a host name after the other (RFC 3263 §4.3). */
import { Address, type Family, type Listener, type TransportName } from '../transport/flow.ts';
import type { Branch } from './branch.ts';
import { maxTries } from './context.ts';
import type { ProxyEnvironment } from './environment.ts';
import { send } from './send.ts';
import { namedListener } from './send-socket.ts';

/** Sends a branch to its destination; false = there is no way to it. */
export function aim(env: ProxyEnvironment, branch: Branch): boolean {
  const { destination } = branch;
  if (destination === null) return false;
  const { transport, family, host, port } = destination;
  if (family !== 0) {
    const listener = listenerOf(env, branch, transport, family);
    return listener !== null && send(env, branch, new Address(transport, family, host, port, listener, 0));
  }
  // The prober keeps where the name leads; a name that leads nowhere is not usable to begin with.
  const { family: own } = branch.ctx.flow;
  const places = env.health.targets(destination.id, own);
  branch.places = branch.plan?.routeSet.row.family === 'match' ? places.filter((place) => place.family === own) : places;
  return sendToNextPlace(env, branch);
}

/** Sends a branch to the next place of its host name that there is a way to; false = none is left. */
export function sendToNextPlace(env: ProxyEnvironment, branch: Branch): boolean {
  const { places, ctx } = branch;
  while (branch.tried < places.length && ctx.tries < maxTries) {
    const place = places[branch.tried++];
    if (place === undefined) break;
    const { transport, family, address, port, serverName } = place;
    const listener = listenerOf(env, branch, transport, family);
    if (listener !== null && send(env, branch, new Address(transport, family, address, port, listener, 0, serverName))) return true;
  }
  return false;
}

/** The listener that a branch leaves by: the one that its destination names, else any that fits. null = there is none. */
function listenerOf(env: ProxyEnvironment, { destination }: Branch, transport: TransportName, family: Family): Listener | null {
  const socket = destination === null ? null : destination.attrs.socket;
  return socket === null ? env.pickListener(transport, family) : namedListener(env, socket, transport, family);
}
