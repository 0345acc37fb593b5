/**
 * A userland relay as a media thread runs it, alone in a process. `argv`: JSON of RelayOrder. Prints one JSON line with the ports
 * that callers and callees send to, and serves until it is told to end.
 */
import type { StreamOwner } from '../../dataplane/media/relay.ts';
import { NodeSockets } from '../../dataplane/media/userland/node-sockets.ts';
import { UserlandRelay } from '../../dataplane/media/userland/relay.ts';
import { calleePort, callerPort, loadHost } from './order.ts';
import type { RelayOrder } from './edges.ts';

const order = JSON.parse(process.argv[2] ?? '') as RelayOrder;
const host = loadHost;
const settings = { first: order.firstOwnPort, last: order.lastOwnPort, bind: { v4: host, v6: '' } };
const relay = new UserlandRelay(settings, null, order.sockets === 'node:dgram' ? new NodeSockets(settings.bind) : undefined);

const ports: number[] = [];
for (let call = 0; call < order.calls; call++) {
  const owner: StreamOwner = { session: String(call), stream: 0, proven: true, learned: () => undefined, circles: () => undefined };
  const stream = relay.open({ caller: 4, callee: 4 }, owner);
  if (stream === null) throw new Error(`no ports are left for call ${call}`);
  for (const [side, port] of [['caller', callerPort(order.firstPort, call)], ['callee', calleePort(order.firstPort, call)]] as const) {
    stream.expect(side, { protocol: 'rtp', rtp: { address: host, port }, rtcp: null, mux: false, hosts: [host], latching: 'sdp' });
    ports.push(stream.port(side).rtp);
  }
}
process.stdout.write(`${JSON.stringify({ sockets: relay.datagrams.kind, ports })}\n`);
process.once('SIGTERM', () => {
  process.stdout.write(`${JSON.stringify(relay.status())}\n`);
  relay.close();
});
