/**
 * Targets that a message names, against those that the configuration names: a stranger's word is held against the forbidden
 * networks (forbidden-targets.ts), the operator's is not, and neither is the flow that a peer was heard on.
 */
import { parseAddress, type Prefix } from '../contract/address.ts';
import type { Located } from '../transport/locate.ts';
import { isTrunk } from './configured-places.ts';
import type { ProxyEnvironment } from './environment.ts';
import { reply } from './verdict.ts';

export const targetRefused = reply(403, 'Target Not Allowed');

const words = new Int32Array(4);

/** Whether the place, which lies in a forbidden network, may be sent to because the configuration names it. If not, that is counted and told. */
export function isOpened(env: ProxyEnvironment, network: Prefix, address: string, port: number): boolean {
  if (env.configured.isDestination(env, address, port) || isTrunk(env.view, address, network)) return true;
  env.counters.add('refused_target_total');
  env.targetRefused(address, port);
  return false;
}

/** The places of a name from the wire that may be sent to. */
export function reachable(env: ProxyEnvironment, places: readonly Located[]): readonly Located[] {
  return places.filter(({ address, port }) => {
    const family = parseAddress(address, words);
    const network = family === 0 ? null : env.forbidden.find(family, words);
    return network === null || isOpened(env, network, address, port);
  });
}
