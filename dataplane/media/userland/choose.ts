/** Which sockets a media thread forwards by. */
import { systemCalls, type SystemCalls } from '../../system/calls.ts';
import { familiesOf, type Family } from '../relay.ts';
import type { Datagrams } from './datagrams.ts';
import { NodeSockets } from './node-sockets.ts';
import { PolledSockets } from './polled-sockets.ts';
import type { RelaySettings } from './settings.ts';

const portsTried = 16;
/** What a host sends to itself is there at once, unless the machine is very busy. */
const arrivalMs = 1_000;

/**
 * System calls where they work, shown by a packet that goes through them; node:dgram elsewhere.
 * @param calls null = there are none
 */
export const chooseDatagrams = (settings: RelaySettings, calls: SystemCalls | null = systemCalls()): Datagrams =>
  (calls === null ? null : polledSockets(settings, calls)) ?? new NodeSockets(settings.bind);

function polledSockets(settings: RelaySettings, calls: SystemCalls): PolledSockets | null {
  try {
    const polled = new PolledSockets(calls, settings.bind);
    return familiesOf(settings.bind).every((family) => carries(polled, family, settings)) ? polled : null;
  } catch {
    // No epoll, or calls that take other arguments in this runtime: the sockets of Node serve.
    return null;
  }
}

/** Sends a packet from a socket to itself. */
function carries(polled: PolledSockets, family: Family, { first, last, bind }: RelaySettings): boolean {
  const address = family === 4 ? bind.v4.replace(/^0\.0\.0\.0$/, '127.0.0.1') : bind.v6.replace(/^::$/, '::1');
  for (let port = first; port <= Math.min(last, first + portsTried); port++) {
    let arrived = '';
    const hear = (data: Uint8Array, length: number): void => { arrived = Buffer.from(data.subarray(0, length)).toString('latin1'); };
    const socket = polled.open(family, port, { known: hear, other: () => undefined });
    if (socket === null) continue;
    const at = { address, port };
    socket.know(at);
    socket.aim(at);
    const text = `self-test ${port}`;
    socket.send(Buffer.from(text, 'latin1'), text.length);
    polled.serveUntil(() => arrived !== '', arrivalMs);
    socket.close();
    return arrived === text;
  }
  return false;
}
