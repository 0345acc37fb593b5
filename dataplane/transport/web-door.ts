/** HTTP in front of WebSocket (RFC 6455, RFC 7118): an upgrade to the subprotocol `sip`, and a short word for everything else. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { bounds } from '../sip/bounds.ts';
import type { TransportCounters } from './settings.ts';

const subprotocol = 'sip';
const notice = 'SIP over WebSocket (RFC 7118): connect with the subprotocol "sip".\n';
const maxHeadBytes = 8_192;

export class WebDoor {
  readonly #http: Server;
  /** Pings are answered by the connection (web-connection.ts). */
  readonly #upgrader = new WebSocketServer({
    noServer: true, clientTracking: false, perMessageDeflate: false, autoPong: false, maxPayload: bounds.messageBytes,
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  });
  readonly #passed: (web: WebSocket, socket: Socket) => void;
  readonly #origins: ReadonlySet<string>;
  readonly #counters: TransportCounters;

  /**
   * @param passed takes a WebSocket and the socket below it, plain or TLS
   * @param origins of the pages that may come in, empty = any
   */
  constructor(passed: (web: WebSocket, socket: Socket) => void, origins: readonly string[], counters: TransportCounters) {
    this.#passed = passed;
    this.#origins = new Set(origins);
    this.#counters = counters;
    this.#http = createServer({ maxHeaderSize: maxHeadBytes, keepAlive: false, insecureHTTPParser: false });
    this.#http.on('request', (_, response) => {
      response.writeHead(426, { 'content-type': 'text/plain; charset=utf-8', upgrade: 'websocket', connection: 'close, upgrade', 'content-length': notice.length });
      response.end(notice);
    });
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#http.on('clientError', (_, socket) => socket.destroy());
  }

  enter(socket: Socket): void {
    this.#http.emit('connection', socket);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // From here on the HTTP server does not listen to it, and an error that nobody hears ends the worker.
    socket.on('error', () => socket.destroy());
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    if (!offered.includes(subprotocol)) {
      // RFC 7118 §4.1: without it the client does not mean SIP.
      refuse(socket, '400 Bad Request', 'The WebSocket subprotocol must be sip.\n');
      return;
    }
    const { origin } = request.headers;
    if (origin !== undefined && this.#origins.size > 0 && !this.#origins.has(origin)) {
      this.#counters.originsRefused++;
      refuse(socket, '403 Forbidden', 'SIGNALBOX_WS_ORIGINS does not name the origin of this page.\n');
      return;
    }
    this.#upgrader.handleUpgrade(request, socket, head, (web) => {
      // What a client that has gone left behind is read as the socket closes: it may break RFC 6455, and is nobody's by then.
      web.on('error', () => undefined);
      this.#passed(web, request.socket);
    });
  }
}

function refuse(socket: Duplex, status: string, text: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
}
