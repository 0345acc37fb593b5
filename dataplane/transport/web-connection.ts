import { isUtf8 } from 'node:buffer';
import type { Socket } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import { Connection } from './connection.ts';
import type { ConnectionEnvironment } from './connection.ts';
import type { Flow } from './flow.ts';
import { WebFrames } from './web-frames.ts';

const ping = '\r\n\r\n';
const pong = '\r\n';
/** RFC 6455 §7.4.1: the server goes away. */
const goingAway = 1001;

/** WebSocket: one SIP message a WebSocket message, text or binary, Content-Length optional (RFC 7118 §5, §6). */
export class WebConnection extends Connection {
  readonly #web: WebSocket;
  readonly #frames = new WebFrames();
  #error: Error | null = null;

  /** @param socket below `web`, which has read what comes by the time that this connection looks at it */
  constructor(environment: ConnectionEnvironment, flow: Flow, remote: string, web: WebSocket, socket: Socket) {
    super(environment, flow, remote, false);
    this.#web = web;
    web.binaryType = 'nodebuffer';
    web.on('message', (data) => this.#read(data));
    web.on('ping', (data) => {
      if (this.reading) web.pong(data);
    });
    web.on('error', (error) => {
      // A frame that is too long or against RFC 6455; ws closes with the status that says so.
      environment.counters.streamFaults++;
      this.#error ??= error;
    });
    web.on('close', () => this.lost(this.#error));
    socket.on('data', (chunk: Buffer) => this.#watch(chunk));
  }

  override get open(): boolean {
    return !this.closing && this.#web.readyState === this.#web.OPEN;
  }

  protected get queued(): number {
    return this.#web.bufferedAmount;
  }

  /** Text where the bytes are UTF-8, as a browser would send it itself; else binary. */
  protected override write(text: string): void {
    const bytes = Buffer.from(text, 'latin1');
    this.#web.send(bytes, { binary: !isUtf8(bytes) }, (error) => {
      if (error !== null && error !== undefined) this.#error ??= error;
    });
  }

  protected override cut(error?: Error): void {
    if (error !== undefined) this.#error ??= error;
    this.#web.close(goingAway);
    this.#web.terminate();
  }

  /** `ws` says nothing of a frame, or a message in fragments, that never ends. */
  #watch(chunk: Buffer): void {
    if (this.closing) return;
    this.touch();
    const ended = this.#frames.read(chunk);
    this.guardMessage(this.#frames.partial, ended);
  }

  #read(data: RawData): void {
    if (this.closing) return;
    const raw = (Buffer.isBuffer(data) ? data : Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)])).toString('latin1');
    if (raw === ping) {
      if (this.reading) this.write(pong);
      return;
    }
    const { receiver, counters } = this.environment;
    counters.messagesIn++;
    receiver.receive(raw, this.flow);
  }
}
