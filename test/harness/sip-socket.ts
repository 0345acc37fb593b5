/** One SIP address of a test: a UDP socket, or a TCP listener with its connections. Keeps what came, in order. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket as TcpSocket } from 'node:net';
import { readSip, type SipText } from './sip-text.ts';

export interface Received {
  readonly message: SipText;
  readonly address: string;
  readonly port: number;
  readonly atMs: number;
  /** Sends text back the way this message came. */
  reply(text: string): void;
}

export interface SipSocketOptions {
  readonly transport?: 'udp' | 'tcp';
  /** Loopback address, 127.0.0.1 by default. */
  readonly host?: string;
  /** 0 = any free one. */
  readonly port?: number;
  /** Keep every message for `waitFor` (default). Load generators turn it off. */
  readonly keep?: boolean;
}

interface Waiter {
  readonly matches: (message: SipText) => boolean;
  readonly resolve: (received: Received) => void;
}

export class SipSocket {
  readonly transport: 'udp' | 'tcp';
  readonly host: string;
  port = 0;
  /** Everything that came, in order. */
  readonly received: Received[] = [];
  /** Called for each message before it is kept. */
  onMessage: (received: Received) => void = () => undefined;
  readonly #keep: boolean;
  #udp: UdpSocket | undefined;
  #server: Server | undefined;
  readonly #connections = new Map<string, TcpSocket>();
  readonly #waiters = new Set<Waiter>();
  readonly #claimed = new WeakSet<Received>();

  private constructor(options: SipSocketOptions) {
    this.transport = options.transport ?? 'udp';
    this.host = options.host ?? '127.0.0.1';
    this.#keep = options.keep ?? true;
  }

  static async open(options: SipSocketOptions = {}): Promise<SipSocket> {
    const socket = new SipSocket(options);
    await (socket.transport === 'udp' ? socket.#openUdp(options.port ?? 0) : socket.#openTcp(options.port ?? 0));
    return socket;
  }

  async #openUdp(port: number): Promise<void> {
    const udp = createSocket({ type: this.host.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 4 * 1024 * 1024 });
    this.#udp = udp;
    udp.on('message', (data, from) => {
      const reply = (text: string): void => udp.send(Buffer.from(text, 'latin1'), from.port, from.address);
      this.#take(data.toString('latin1'), from.address, from.port, reply);
    });
    udp.bind(port, this.host);
    await once(udp, 'listening');
    // A refusing peer shows as an error of a later send; the test sees the missing answer.
    udp.on('error', () => undefined);
    this.port = udp.address().port;
  }

  async #openTcp(port: number): Promise<void> {
    const server = createServer((connection) => this.#adopt(connection));
    this.#server = server;
    server.listen(port, this.host);
    await once(server, 'listening');
    const bound = server.address();
    this.port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  }

  #adopt(connection: TcpSocket): void {
    const address = connection.remoteAddress ?? '';
    const port = connection.remotePort ?? 0;
    const key = `${address}|${port}`;
    this.#connections.set(key, connection);
    let pending = '';
    connection.setEncoding('latin1');
    connection.on('data', (chunk) => {
      pending += String(chunk);
      for (;;) {
        pending = pending.replace(/^(\r\n)+/, '');
        const end = pending.indexOf('\r\n\r\n');
        if (end < 0) return;
        const length = Number(/\r\n(?:content-length|l)\s*:\s*(\d+)/i.exec(pending.slice(0, end))?.[1] ?? 0);
        if (pending.length < end + 4 + length) return;
        const text = pending.slice(0, end + 4 + length);
        pending = pending.slice(end + 4 + length);
        this.#take(text, address, port, (answer) => connection.write(answer, 'latin1'));
      }
    });
    connection.on('error', () => undefined);
    connection.on('close', () => this.#connections.delete(key));
  }

  #take(raw: string, address: string, port: number, reply: (text: string) => void): void {
    if (raw.trim() === '') return;
    const received: Received = { message: readSip(raw), address, port, atMs: Date.now(), reply };
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

  /** Sends one message; over TCP on the connection that is open to that address, or on a new one. */
  async send(text: string, to: { readonly host: string; readonly port: number }): Promise<void> {
    if (this.#udp) {
      this.#udp.send(Buffer.from(text, 'latin1'), to.port, to.host);
      return;
    }
    let connection = this.#connections.get(`${to.host}|${to.port}`);
    if (!connection) {
      connection = connect({ host: to.host, port: to.port, localAddress: this.host });
      await once(connection, 'connect');
      this.#adopt(connection);
    }
    connection.write(text, 'latin1');
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

  /** Closes the open TCP connections and keeps listening. */
  dropConnections(): void {
    for (const connection of this.#connections.values()) connection.destroy();
  }

  async close(): Promise<void> {
    this.dropConnections();
    const udp = this.#udp;
    if (udp) await new Promise<void>((resolve) => udp.close(() => resolve()));
    const server = this.#server;
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}
