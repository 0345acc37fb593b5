/** Which kind of UDP socket a listener gets. */
import { ok, type Result } from '../contract/result.ts';
import { ArrivedDatagrams } from '../system/arrived.ts';
import { systemCalls, type SystemCalls } from '../system/calls.ts';
import { pollOf } from '../system/poll.ts';
import type { Family } from './flow.ts';
import type { ListenError } from './listen-error.ts';
import { defaultLimits, type ListenerSettings, type TransportLimits } from './settings.ts';
import { BatchedUdpSocket, type Batching } from './udp-batched.ts';
import { NodeUdpSocket } from './udp-node.ts';
import type { UdpReader, UdpSocket } from './udp-socket.ts';

/** What goes to loopback is there at once, unless the machine is very busy. */
const arrivalMs = 1_000;
const loopback = (family: Family): string => (family === 4 ? '127.0.0.1' : '::1');

/** By system calls: what their sockets share. */
const batchings = new WeakMap<SystemCalls, Batching>();
/** Found out once: null = such sockets do not do what they should. */
const proven = new WeakMap<SystemCalls, Map<Family, Batching | null>>();

/**
 * Opens a UDP socket: of system calls where they work, shown by datagrams that go through them, of node:dgram elsewhere.
 * @param calls null = there are none
 */
export function openUdpSocket(settings: ListenerSettings, reader: UdpReader, limits: TransportLimits, calls: SystemCalls | null = systemCalls()): Promise<Result<UdpSocket, ListenError>> {
  const batching = calls === null ? null : batchingOf(calls, settings.family);
  const batched = batching === null ? null : BatchedUdpSocket.open(batching, settings, reader, limits);
  // What the system refuses it refuses node:dgram too, which has a name for the reason.
  return batched === null ? NodeUdpSocket.open(settings, reader, limits) : Promise.resolve(ok(batched));
}

function batchingOf(calls: SystemCalls, family: Family): Batching | null {
  const families = proven.get(calls) ?? new Map<Family, Batching | null>();
  proven.set(calls, families);
  const known = families.get(family);
  if (known !== undefined) return known;
  const batching = prove(calls, family);
  families.set(family, batching);
  return batching;
}

function prove(calls: SystemCalls, family: Family): Batching | null {
  try {
    const batching = batchings.get(calls) ?? { calls, poll: pollOf(calls), arrived: { 4: new ArrivedDatagrams(calls, 4), 6: new ArrivedDatagrams(calls, 6) } };
    batchings.set(calls, batching);
    return selfTest(batching, family) ? batching : null;
  } catch {
    // No epoll, or calls that take other arguments in this runtime: node:dgram serves.
    return null;
  }
}

/** Sends two datagrams from a socket to itself. What others of this host send to its port is no answer. */
function selfTest(batching: Batching, family: Family): boolean {
  const heard: string[] = [];
  const address = loopback(family);
  const reader: UdpReader = { received: (text, from, port) => { if (port === socket?.port) heard.push(`${text} ${from}`); }, receiveFailed: () => undefined, sendFailed: () => undefined };
  const socket = BatchedUdpSocket.open(batching, { family, address, port: 0, reusePort: false }, reader, defaultLimits);
  if (socket === null) return false;
  for (const text of ['one', 'two']) socket.send(text, address, socket.port, null);
  socket.flush();
  batching.poll.serveUntil(() => heard.length === 2, arrivalMs);
  socket.closeNow();
  return heard.join() === `one ${address},two ${address}`;
}
