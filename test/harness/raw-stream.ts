/** One end of a stream connection that writes whatever bytes a test likes and keeps all it reads. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { until } from './deadline.ts';
import type { Endpoint } from './sip-wires.ts';

export class RawStream {
  readonly socket: Socket;
  /** Everything that came, as latin1. */
  text = '';
  closed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    for (const event of ['close', 'end']) {
      socket.on(event, () => {
        this.closed = true;
      });
    }
  }

  static async open({ host, port }: Endpoint, secure = false, from = host): Promise<RawStream> {
    const socket = secure ? connectTls({ host, port, rejectUnauthorized: false }) : connect({ host, port, localAddress: from });
    const stream = new RawStream(socket);
    await once(socket, secure ? 'secureConnect' : 'connect');
    return stream;
  }

  /** Over a socket that is there, or about to be. */
  static of(socket: Socket): RawStream {
    return new RawStream(socket);
  }

  write(bytes: string): void {
    this.socket.write(bytes, 'latin1');
  }

  /** Writes and waits until the kernel has it; a peer that has closed is not an error here. */
  async send(bytes: string): Promise<void> {
    if (this.closed) return;
    await new Promise<void>((resolve) => this.socket.write(bytes, 'latin1', () => resolve()));
  }

  /** Waits for a text in what came. */
  hears(what: string | RegExp, ms = 5_000): Promise<unknown> {
    return until(`${String(what)} on the stream, which has ${JSON.stringify(this.text.slice(-200))}`, ms, () => (typeof what === 'string' ? this.text.includes(what) : what.test(this.text)));
  }

  /** Waits until the peer has closed. */
  closes(ms = 5_000): Promise<unknown> {
    return until('the other end to close the stream', ms, () => this.closed);
  }

  end(): Promise<void> {
    this.socket.destroy();
    return Promise.resolve();
  }
}
