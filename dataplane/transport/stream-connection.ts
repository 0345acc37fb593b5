import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { FRAME, StreamFramer } from '../sip/framing.ts';
import { Connection } from './connection.ts';
import type { ConnectionEnvironment } from './connection.ts';
import type { Flow } from './flow.ts';

/** TCP or TLS: messages framed by Content-Length (RFC 3261 §18.3), keep-alives in between (RFC 5626 §4.4.1). */
export class StreamConnection extends Connection {
  readonly #socket: Socket;
  readonly #framer = new StreamFramer();
  /** What must not leave before the other end's certificate has been looked at; null = nothing is held. */
  #held: string | null;
  readonly #secure: TLSSocket | null;

  constructor(environment: ConnectionEnvironment, flow: Flow, remote: string, socket: Socket, connecting: boolean) {
    super(environment, flow, remote, connecting);
    this.#socket = socket;
    this.#secure = socket instanceof TLSSocket ? socket : null;
    this.#held = connecting && this.#secure !== null ? '' : null;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', () => { environment.counters.receiveErrors++; });
    socket.on('close', () => this.lost(socket.errored));
    if (connecting) socket.once(this.#secure === null ? 'connect' : 'secureConnect', () => this.#established());
  }

  protected get queued(): number {
    return this.#socket.writableLength + (this.#held?.length ?? 0);
  }

  /** PEM of the certificate by which the other end has proved who it is; '' = it has not. */
  get verifiedCertificate(): string {
    return this.#secure?.authorized === true ? (this.#secure.getPeerX509Certificate()?.toString() ?? '') : '';
  }

  protected override write(text: string): void {
    if (this.#held === null) this.#socket.write(text, 'latin1');
    else this.#held += text;
  }

  protected override cut(error?: Error): void {
    this.#socket.destroy(error);
  }

  #established(): void {
    const held = this.#held;
    this.#held = null;
    if (held !== null) {
      this.environment.counters.tlsHandshakes++;
      if (held !== '') this.#socket.write(held, 'latin1');
    }
    this.connected();
  }

  #read(chunk: Buffer): void {
    if (this.closing) return;
    const framer = this.#framer;
    const { receiver, counters } = this.environment;
    this.touch();
    framer.push(chunk.toString('latin1'));
    let fresh = false;
    for (;;) {
      const found = framer.next();
      if (found === FRAME.message) {
        fresh = true;
        counters.messagesIn++;
        receiver.receive(framer.text, this.flow);
      } else if (found === FRAME.ping) {
        if (this.reading) this.#socket.write('\r\n', 'latin1');
      } else if (found === FRAME.fault) {
        counters.streamFaults++;
        receiver.fault(framer.text, framer.status, framer.fault, this.flow);
        this.closing = true;
        this.#socket.destroySoon();
        return;
      } else {
        break;
      }
      if (this.closing) return;
    }
    this.guardMessage(framer.partial, fresh);
  }
}
