/** One SIP address of a test, over any transport. Keeps what came, in order. */
import { readSip, type SipText } from './sip-text.ts';
import { openStream, openUdp, openWebSocket, type Endpoint, type SipTransport, type TestCertificate, type Wire } from './sip-wires.ts';

export interface Received {
  readonly message: SipText;
  readonly address: string;
  readonly port: number;
  readonly atMs: number;
  /** Sends text back the way this message came. */
  reply(text: string): void;
}

export interface SipSocketOptions {
  readonly transport?: SipTransport;
  /** Loopback address, 127.0.0.1 by default. */
  readonly host?: string;
  /** 0 = any free one. */
  readonly port?: number;
  /** Keep every message for `waitFor` (default). Load generators turn it off. */
  readonly keep?: boolean;
  /** Collect what is no SIP message in `unreadable` instead of failing the test. */
  readonly tolerant?: boolean;
  /** TLS: shown to those who call here. Without one this end only calls. */
  readonly certificate?: TestCertificate;
  /** TLS and WSS: the server name that is asked for. */
  readonly serverName?: string;
}

/** A way through something between this socket and its peers. */
export interface Passage {
  /** All that is sent goes there. */
  readonly to: Endpoint;
  /** Peers see this socket there. */
  readonly seenAs: Endpoint;
}

interface Waiter {
  readonly matches: (message: SipText) => boolean;
  readonly resolve: (received: Received) => void;
}

export class SipSocket {
  readonly transport: SipTransport;
  readonly host: string;
  port = 0;
  /** Everything that came, in order. */
  readonly received: Received[] = [];
  /** Called for each message before it is kept. */
  onMessage: (received: Received) => void = () => undefined;
  /** What came and was no SIP message, where that is tolerated. */
  readonly unreadable: string[] = [];
  readonly #keep: boolean;
  readonly #tolerant: boolean;
  /** null = straight to the peers. */
  passage: Passage | null = null;
  #wire!: Wire;
  readonly #waiters = new Set<Waiter>();
  readonly #claimed = new WeakSet<Received>();

  private constructor(options: SipSocketOptions) {
    this.transport = options.transport ?? 'udp';
    this.host = options.host ?? '127.0.0.1';
    this.#keep = options.keep ?? true;
    this.#tolerant = options.tolerant ?? false;
  }

  static async open(options: SipSocketOptions = {}): Promise<SipSocket> {
    const socket = new SipSocket(options);
    const { transport, host } = socket;
    const wire = { transport, host, port: options.port ?? 0, certificate: options.certificate, serverName: options.serverName };
    const take = socket.#take.bind(socket);
    if (transport === 'udp') socket.#wire = await openUdp(wire, take);
    else if (transport === 'tcp' || transport === 'tls') socket.#wire = await openStream(wire, take);
    else socket.#wire = openWebSocket(wire, take);
    socket.port = socket.#wire.port;
    return socket;
  }

  #take(raw: string, address: string, port: number, reply: (text: string) => void): void {
    if (raw.trim() === '') return;
    let message: SipText;
    try {
      message = readSip(raw);
    } catch (error) {
      if (!this.#tolerant) throw error;
      this.unreadable.push(raw);
      return;
    }
    const received: Received = { message, address, port, atMs: Date.now(), reply };
    this.onMessage(received);
    if (!this.#keep) return;
    this.received.push(received);
    for (const waiter of this.#waiters) {
      if (!waiter.matches(received.message)) continue;
      this.#waiters.delete(waiter);
      this.#claimed.add(received);
      waiter.resolve(received);
      return;
    }
  }

  /** Sends one message; on a stream over the connection that is open to that address, or over a new one. */
  async send(text: string, to: Endpoint): Promise<void> {
    await this.#wire.send(text, this.passage?.to ?? to);
  }

  /** Where peers reach this socket. */
  get seenAs(): Endpoint {
    return this.passage?.seenAs ?? this;
  }

  /** The first message, past or future, that matches and that no earlier `waitFor` returned. */
  waitFor(what: string, matches: (message: SipText) => boolean, ms = 5_000): Promise<Received> {
    const past = this.received.find((received) => !this.#claimed.has(received) && matches(received.message));
    if (past) {
      this.#claimed.add(past);
      return Promise.resolve(past);
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        const seen = this.received.map((received) => received.message.startLine).slice(-8).join(' | ');
        reject(new Error(`${what}: not within ${ms} ms; came so far: ${seen || 'nothing'}`));
      }, ms);
      const waiter: Waiter = {
        matches,
        resolve(received) {
          clearTimeout(timer);
          resolve(received);
        },
      };
      this.#waiters.add(waiter);
    });
  }

  /** Closes the open connections and keeps listening. */
  dropConnections(): void {
    this.#wire.dropConnections();
  }

  close(): Promise<void> {
    return this.#wire.close();
  }
}
