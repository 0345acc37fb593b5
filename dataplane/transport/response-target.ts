import type { Via } from '../sip/via.ts';
import { Address, defaultPort } from './flow.ts';
import type { Flow, Target } from './flow.ts';

/**
 * Where the response to a request goes, from the request's top Via and the flow it came by.
 *
 * Streams: the request's own connection; should that be gone, a connection to the source address and the
 * sent-by port (RFC 3261 §18.2.2). UDP: the source address and port when rport asks for that (RFC 3581 §4)
 * or `forceRport` is set, else the source address and the sent-by port. The address is always the one the
 * request really came from: that is what `received` would say, and sent-by or maddr of a forged request would
 * make us a reflector.
 */
export const responseTarget = (via: Via, flow: Flow, forceRport = false): Target => {
  const port = via.port === 0 ? defaultPort(flow.transport) : via.port;
  if (flow.connection !== 0) return new Address(flow.transport, flow.family, flow.address, port, flow.listener, flow.connection);
  if (forceRport || via.rport >= 0 || port === flow.port) return flow;
  return new Address(flow.transport, flow.family, flow.address, port, flow.listener, 0);
};
