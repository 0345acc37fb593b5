/** Whether the sender of a request is where it seems to be, or somebody who writes other people's addresses into UDP packets. */
import { isStream } from '../transport/flow.ts';
import type { ProxyContext } from './context.ts';
import type { ProxyEnvironment } from './environment.ts';

/**
 * Proven is who has a connection, a token of ours (in a dialog), or the address of a trunk or destination, or who sends from
 * where a registered phone is: a stranger would have to know those addresses. Asked only for calls whose media is relayed.
 */
export const isProven = (env: ProxyEnvironment, { flow, inDialog }: Pick<ProxyContext, 'flow' | 'inDialog'>): boolean =>
  inDialog || isStream(flow.transport) || env.view.trunk(flow.address) !== null || env.configured.isDestinationHost(env, flow.address) || env.registrations.isPhone(flow.address, flow.port);
