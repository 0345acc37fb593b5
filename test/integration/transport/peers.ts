/** Transports under test, and plain sockets that talk to them, over loopback. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { ManualClock } from '../../../dataplane/runtime/clock.ts';
import { TimerWheel } from '../../../dataplane/runtime/timer-wheel.ts';
import type { Family, Flow, Listener, SendOwner, TransportName } from '../../../dataplane/transport/flow.ts';
import { Address } from '../../../dataplane/transport/flow.ts';
import type { ListenerSettings, TransportLimits } from '../../../dataplane/transport/settings.ts';
import type { TlsParts } from '../../../dataplane/transport/stream-listener.ts';
import { Transports } from '../../../dataplane/transport/transports.ts';
import { RawStream } from '../../harness/raw-stream.ts';

export const loopback = (family: Family): string => (family === 4 ? '127.0.0.1' : '::1');
export const listen = (transport: TransportName, family: Family = 4, more: Partial<ListenerSettings> = {}): ListenerSettings =>
  ({ transport, family, address: loopback(family), port: 0, advertisedHost: '', advertisedPort: 0, reusePort: false, backend: false, certFile: '', origins: [], ...more });
export const message = (body = '', name = 'one'): string => `MESSAGE sip:${name}@pbx.example SIP/2.0\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** Waits until `holds`; looks at each turn of the event loop, fails after `limitMs`. */
export async function until(what: string, holds: () => boolean, limitMs = 5_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`waited in vain for: ${what}`);
    await new Promise<void>((resolve) => { setImmediate(resolve); });
  }
}

export interface Received {
  readonly raw: string;
  readonly flow: Flow;
}

export class Station {
  readonly clock = new ManualClock(1_000);
  readonly wheel = new TimerWheel(this.clock);
  readonly received: Received[] = [];
  readonly faults: { readonly head: string; readonly status: number; readonly reason: string; readonly flow: Flow }[] = [];
  readonly failures: string[] = [];
  /** What the receiver does with a message, or with a fault. */
  answer: ((raw: string, flow: Flow) => void) | null = null;
  transports!: Transports;

  async open(settings: readonly ListenerSettings[], limits: Partial<TransportLimits> = {}, tls?: TlsParts): Promise<this> {
    const opened = await Transports.open(settings, {
      receive: (raw, flow) => {
        this.received.push({ raw, flow });
        this.answer?.(raw, flow);
      },
      fault: (head, status, reason, flow) => {
        this.faults.push({ head, status, reason, flow });
        this.answer?.(head, flow);
      },
    }, this.wheel, limits, 0, tls);
    if (!opened.ok) throw new Error(opened.error.sentence());
    this.transports = opened.value;
    return this;
  }

  get listener(): Listener {
    return this.transports.listeners[0]!;
  }

  /** Notes failures as one line each. */
  owner(): SendOwner {
    return { awaiting: true, sendFailed: (detail) => { this.failures.push(detail); } };
  }

  sendTo(listener: { transport: TransportName; family: Family; address: string; port: number }, text: string, connection = 0): void {
    this.transports.send(new Address(listener.transport, listener.family, listener.address, listener.port, null, connection), text, this.owner());
  }

  run(ms: number): void {
    this.clock.advance(ms);
    this.wheel.advance();
  }

  async gets(count: number): Promise<Received> {
    await until(`${count} messages`, () => this.received.length >= count);
    return this.received[count - 1]!;
  }
}

/** A TCP connection to the listener. */
export const dial = ({ address, port }: Listener): Promise<RawStream> => RawStream.open({ host: address, port });

/** Sends datagrams from a socket of its own and gives back the first answer. */
export async function datagramAnswer(listener: Listener, text: string): Promise<Buffer> {
  const socket = createSocket(listener.family === 6 ? 'udp6' : 'udp4');
  const answer: Promise<unknown[]> = once(socket, 'message');
  socket.send(Buffer.from(text, 'latin1'), listener.port, listener.address);
  const [data] = await answer;
  socket.close();
  if (!Buffer.isBuffer(data)) throw new Error('no datagram');
  return data;
}
