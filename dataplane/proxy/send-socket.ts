/** The listener that a destination's attribute `socket` names. */
import type { SocketName } from '../contract/socket.ts';
import { isWildcard } from '../contract/address.ts';
import type { Family, Listener, TransportName } from '../transport/flow.ts';
import type { ProxyEnvironment } from './environment.ts';

/**
 * The public listener at that address; one bound to every address of the host serves too, when its port is the same. null =
 * this node has none, or the way leads by another transport or family.
 */
export function namedListener(env: ProxyEnvironment, socket: SocketName, transport: TransportName, family: Family): Listener | null {
  if (socket.transport !== transport || socket.family !== family) return null;
  let everywhere: Listener | null = null;
  for (let id = 0; ; id++) {
    const listener = env.listener(id);
    if (listener === null) return everywhere;
    if (listener.backend || listener.transport !== transport || listener.family !== family || (socket.port !== 0 && listener.port !== socket.port)) continue;
    if (listener.address === socket.address) return listener;
    if (isWildcard(listener.address)) everywhere ??= listener;
  }
}
