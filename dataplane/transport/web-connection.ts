import { isUtf8 } from 'node:buffer';
import type { RawData, WebSocket } from 'ws';
import { Connection } from './connection.ts';
import type { ConnectionEnvironment } from './connection.ts';
import type { Flow } from './flow.ts';

const ping = '\r\n\r\n';
const pong = '\r\n';
/** RFC 6455 §7.4.1: the server goes away. */
const goingAway = 1001;

/** WebSocket: one SIP message a WebSocket message, text or binary, Content-Length optional (RFC 7118 §5, §6). */
export class WebConnection extends Connection {
  readonly #web: WebSocket;
  #error: Error | null = null;

  constructor(environment: ConnectionEnvironment, flow: Flow, remote: string, web: WebSocket) {
    super(environment, flow, remote, false);
    this.#web = web;
    web.binaryType = 'nodebuffer';
    web.on('message', (data) => this.#read(data));
    web.on('ping', (data) => {
      this.touch();
      if (this.reading) web.pong(data);
    });
    web.on('error', (error) => {
      // A frame that is too long or against RFC 6455; ws closes with the status that says so.
      environment.counters.streamFaults++;
      this.#error ??= error;
    });
    web.on('close', () => this.lost(this.#error));
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

  #read(data: RawData): void {
    if (this.closing) return;
    this.touch();
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
