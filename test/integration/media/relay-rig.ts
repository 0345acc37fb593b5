/** A relay on loopback with both kinds of sockets in turn, and ends that talk through it. */
import { createSocket } from 'node:dgram';
import type { Offload } from '../../../dataplane/media/offload.ts';
import type { Endpoint, Expectation, Family, RelayedStream, Side, StreamOwner } from '../../../dataplane/media/relay.ts';
import type { Datagrams } from '../../../dataplane/media/userland/datagrams.ts';
import { NodeSockets } from '../../../dataplane/media/userland/node-sockets.ts';
import { PolledSockets } from '../../../dataplane/media/userland/polled-sockets.ts';
import { UserlandRelay } from '../../../dataplane/media/userland/relay.ts';
import { systemCalls } from '../../../dataplane/system/calls.ts';
import { until } from '../../harness/deadline.ts';
import { RtpStream, type RtpStreamOptions } from '../../harness/rtp-stream.ts';

export const bindAll = { v4: '0.0.0.0', v6: '::' };

/** Every kind of sockets that this system has. */
export const kinds: readonly (readonly [Datagrams['kind'], () => Datagrams])[] = [
  ['node:dgram', () => new NodeSockets(bindAll)],
  ...(systemCalls() === null ? [] : [['system calls', polled] as const]),
];

function polled(): Datagrams {
  const calls = systemCalls();
  if (calls === null) throw new Error('no system calls');
  return new PolledSockets(calls, bindAll);
}

/** Above the ports that the system deals out there are only other tests. @returns the first, even port of so many free pairs */
export function freeRange(pairs: number): number {
  for (let attempt = 0; attempt < 100; attempt++) {
    const first = 61_000 + 2 * Math.floor(Math.random() * (2_250 - pairs));
    if (Array.from({ length: 2 * pairs }, (_, index) => first + index).every(isFree)) return first;
  }
  throw new Error(`no ${pairs} free pairs of ports`);
}

function isFree(port: number): boolean {
  const socket = createSocket({ type: 'udp6' });
  try {
    // Both families.
    socket.bindSync({ address: '::', port });
    return true;
  } catch {
    return false;
  } finally {
    socket.close();
  }
}

export interface RigOptions {
  readonly pairs?: number;
  readonly restMs?: number;
  readonly offload?: Offload;
}

/** Hears what a stream learns. */
export class Learner implements StreamOwner {
  readonly session: string;
  readonly stream = 0;
  readonly proven: boolean;
  readonly learnt: (readonly [Side, Endpoint])[] = [];
  readonly circling: Side[] = [];

  constructor(session = 'test', proven = true) {
    this.session = session;
    this.proven = proven;
  }

  learned(side: Side, at: Endpoint): void {
    this.learnt.push([side, at]);
  }

  circles(side: Side): void {
    this.circling.push(side);
  }
}

export class RelayRig implements AsyncDisposable {
  readonly relay: UserlandRelay;
  readonly ends: RtpStream[] = [];
  readonly first: number;

  private constructor(relay: UserlandRelay, first: number) {
    this.relay = relay;
    this.first = first;
  }

  static start(datagrams: () => Datagrams, { pairs = 8, restMs = 0, offload }: RigOptions = {}): RelayRig {
    const first = freeRange(pairs);
    return new RelayRig(new UserlandRelay({ first, last: first + 2 * pairs - 1, bind: bindAll }, offload ?? null, datagrams(), restMs), first);
  }

  async end(options: RtpStreamOptions = {}): Promise<RtpStream> {
    const end = await RtpStream.open(options);
    this.ends.push(end);
    return end;
  }

  /** A stream, which must be had. */
  open(owner: StreamOwner = new Learner(), families: Readonly<Record<Side, Family>> = { caller: 4, callee: 4 }): RelayedStream {
    const stream = this.relay.open(families, owner);
    if (stream === null) throw new Error(`no stream: ${JSON.stringify(this.relay.status())}`);
    return stream;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.relay.close();
    for (const end of this.ends) await end.close();
  }
}


/** What the SDP of an end says of it. */
export const expectationOf = (end: RtpStream, more: Partial<Expectation> = {}): Expectation => ({
  protocol: 'rtp', rtp: { address: end.host, port: end.port }, rtcp: null, mux: end.mux, hosts: [end.host], latching: 'sdp', ...more,
});

/** The end sends to our ports of its side. */
export function aim(end: RtpStream, stream: RelayedStream, side: Side): void {
  const { rtp, family } = stream.port(side);
  const host = family === 6 ? '::1' : '127.0.0.1';
  end.to = { host, port: rtp };
  end.rtcpTo = { host, port: end.mux ? rtp : rtp + 1 };
}

/** Both ends say where they are, and send to our ports. */
export function connect(stream: RelayedStream, caller: RtpStream, callee: RtpStream, more: Partial<Record<Side, Partial<Expectation>>> = {}): void {
  stream.expect('caller', expectationOf(caller, more.caller));
  stream.expect('callee', expectationOf(callee, more.callee));
  aim(caller, stream, 'caller');
  aim(callee, stream, 'callee');
}

/** One packet of `from` arrives at `to`; says it once, so that nothing is sent twice by the test. */
export async function carries(from: RtpStream, to: RtpStream): Promise<void> {
  const since = to.mark;
  from.say();
  await to.hears(from, 1, since);
}

/** Waits until the relay has taken note of so many packets of a kind. */
export const counted = (what: string, check: () => boolean): Promise<boolean> => until(what, 5_000, check);
