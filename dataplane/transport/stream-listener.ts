import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { err, ok } from '../contract/result.ts';
import type { Result } from '../contract/result.ts';
import type { ConnectionTable } from './connections.ts';
import { isSecure, isWebSocket } from './flow.ts';
import { codeOf, ListenError } from './listen-error.ts';
import { BoundListener } from './listener.ts';
import type { ListenerSettings } from './settings.ts';
import { TlsDoor } from './tls-door.ts';
import { fileId } from './tls-identities.ts';
import type { TlsIdentities } from './tls-identities.ts';
import type { WebDoor } from './web-door.ts';

/** How TLS listeners shake hands. */
export interface TlsParts {
  readonly identities: TlsIdentities;
  /** 48 bytes that seal session tickets. */
  readonly tickets: Uint8Array;
}

/** One listening socket of TCP, TLS, WS or WSS; its connections belong to the table. */
export class StreamListener {
  readonly listener: BoundListener;
  readonly #server: Server;

  private constructor(listener: BoundListener, settings: ListenerSettings, server: Server, table: ConnectionTable, tls: TlsParts, Web: typeof WebDoor | null) {
    this.listener = listener;
    this.#server = server;
    const enter = entrance(listener, settings, table, tls, Web);
    server.on('connection', (socket) => { if (table.admit(socket)) enter(socket); });
    server.on('error', () => { table.counters.receiveErrors++; });
  }

  static async open(id: number, settings: ListenerSettings, table: ConnectionTable, tls: TlsParts): Promise<Result<StreamListener, ListenError>> {
    // node:http brings all of fetch along, 5 MB a worker: only for those who listen for WebSockets.
    const Web = isWebSocket(settings.transport) ? (await import('./web-door.ts')).WebDoor : null;
    return new Promise((resolve) => {
      const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 });
      const refused = (error: unknown): void => { resolve(err(new ListenError(settings, codeOf(error)))); };
      server.once('error', refused);
      server.once('listening', () => {
        server.removeListener('error', refused);
        const bound = server.address();
        const port = bound !== null && typeof bound === 'object' ? bound.port : settings.port;
        resolve(ok(new StreamListener(new BoundListener(id, settings, port), settings, server, table, tls, Web)));
      });
      server.listen({
        host: settings.address, port: settings.port, ipv6Only: settings.family === 6, reusePort: settings.reusePort,
        backlog: 1_024, exclusive: true,
      });
    });
  }

  stopAccepting(): void {
    if (this.#server.listening) this.#server.close();
  }

  /** Stops accepting; connections stay until the table closes them. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      // The callback would hear an error when the server does not listen any more.
      this.#server.close(() => resolve());
    });
  }
}

/** What an admitted socket goes through: nothing, a TLS handshake, an HTTP upgrade, or one after the other. */
function entrance(listener: BoundListener, { transport, certFile, origins }: ListenerSettings, table: ConnectionTable, { identities, tickets }: TlsParts, Web: typeof WebDoor | null): (socket: Socket) => void {
  const web = Web === null ? null : new Web((upgraded, socket) => table.welcomeWeb(listener, upgraded, socket), origins, table.counters);
  const inside = (socket: Socket): void => (web === null ? table.welcome(listener, socket) : web.enter(socket));
  if (!isSecure(transport) && web === null) return inside;
  const door = isSecure(transport) ? new TlsDoor(identities, certFile === '' ? '' : fileId(certFile), tickets, table.counters, inside) : null;
  return (socket) => {
    table.await(listener, socket);
    if (door === null) inside(socket);
    else door.enter(socket);
  };
}
