/** What carries the messages of a test's SIP socket: UDP, TCP and TLS with both ends, WebSocket as a phone speaks it. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import WebSocket from 'ws';
import { hostPort } from './sip-text.ts';

export type SipTransport = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** PEM texts. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

/** Takes one whole message; `reply` sends text back the way it came. */
export type Take = (raw: string, address: string, port: number, reply: (text: string) => void) => void;

export interface Wire {
  /** Where peers reach this end; 0 = nowhere (WebSocket). */
  readonly port: number;
  send(text: string, to: Endpoint): Promise<void>;
  /** Ends the open connections and keeps listening. */
  dropConnections(): void;
  close(): Promise<void>;
}

export interface WireOptions extends Endpoint {
  readonly transport: SipTransport;
  /** Of this end, for TLS. Without one it only calls. */
  readonly certificate?: TestCertificate | undefined;
  /** Server name that a TLS or WSS client asks for. */
  readonly serverName?: string | undefined;
}

export async function openUdp({ host, port }: Endpoint, take: Take): Promise<Wire> {
  // A port that a test must have (5060 on an address of its own) may be taken on all addresses, by an edge that a developer has running: what comes to ours is ours.
  const reusePort = port !== 0 && process.platform === 'linux';
  const udp = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 4 * 1024 * 1024, reusePort });
  udp.on('message', (data, from) => take(data.toString('latin1'), from.address, from.port, (text) => udp.send(Buffer.from(text, 'latin1'), from.port, from.address)));
  udp.bind(port, host);
  await once(udp, 'listening');
  // A refusing peer shows as an error of a later send; the test sees the missing answer.
  udp.on('error', () => undefined);
  return {
    port: udp.address().port,
    send: (text, to) => {
      udp.send(Buffer.from(text, 'latin1'), to.port, to.host);
      return Promise.resolve();
    },
    dropConnections: () => undefined,
    close: () => new Promise((resolve) => udp.close(() => resolve())),
  };
}

/** Cuts a stream into messages by their Content-Length. */
function readStream(connection: Socket, take: (raw: string) => void): void {
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
      take(text);
    }
  });
}

/** TCP or TLS: listens, and calls whom it has no connection with. */
export async function openStream(options: WireOptions, take: Take): Promise<Wire> {
  const { host, certificate } = options;
  const tls = options.transport === 'tls';
  const connections = new Map<string, Socket>();
  const adopt = (connection: Socket): void => {
    const address = connection.remoteAddress ?? '';
    const port = connection.remotePort ?? 0;
    const key = hostPort(address, port);
    connections.set(key, connection);
    readStream(connection, (raw) => take(raw, address, port, (answer) => connection.write(answer, 'latin1')));
    connection.on('error', () => undefined);
    connection.on('close', () => connections.delete(key));
  };
  let server: Server | undefined;
  if (!tls) server = createServer(adopt);
  else if (certificate !== undefined) server = createTlsServer({ cert: certificate.cert, key: certificate.key, requestCert: false }, adopt);
  let port = 0;
  if (server !== undefined) {
    server.listen(options.port, host);
    await once(server, 'listening');
    const bound = server.address();
    port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  }
  const open = async (to: Endpoint): Promise<Socket> => {
    const plain = connect({ host: to.host, port: to.port, localAddress: host });
    plain.on('error', () => undefined);
    await once(plain, 'connect');
    if (!tls) return plain;
    const secure = connectTls({ socket: plain, rejectUnauthorized: false, ...(options.serverName === undefined ? {} : { servername: options.serverName }) });
    await once(secure, 'secureConnect');
    return secure;
  };
  const dropConnections = (): void => {
    for (const connection of connections.values()) connection.destroy();
  };
  return {
    port,
    dropConnections,
    async send(text, to) {
      const key = hostPort(to.host, to.port);
      let connection = connections.get(key);
      if (connection === undefined) {
        connection = await open(to);
        adopt(connection);
      }
      connection.write(text, 'latin1');
    },
    async close() {
      dropConnections();
      if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** A phone in a browser: one WebSocket a peer, a message a frame (RFC 7118). */
export function openWebSocket(options: WireOptions, take: Take): Wire {
  const sockets = new Map<string, WebSocket>();
  const dropConnections = (): void => {
    for (const socket of sockets.values()) socket.terminate();
  };
  return {
    port: 0,
    dropConnections,
    async send(text, to) {
      const key = hostPort(to.host, to.port);
      let socket = sockets.get(key);
      if (socket === undefined) {
        const opened = new WebSocket(`${options.transport}://${key}/`, 'sip', { rejectUnauthorized: false, localAddress: options.host, ...(options.serverName === undefined ? {} : { servername: options.serverName }) });
        socket = opened;
        sockets.set(key, opened);
        opened.on('message', (data) => {
          const raw = (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer)).toString('latin1');
          take(raw, to.host, to.port, (answer) => opened.send(Buffer.from(answer, 'latin1')));
        });
        opened.on('close', () => sockets.delete(key));
        await once(opened, 'open');
        opened.on('error', () => undefined);
      }
      socket.send(Buffer.from(text, 'latin1'));
    },
    close() {
      dropConnections();
      return Promise.resolve();
    },
  };
}
