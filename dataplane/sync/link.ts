/** One websocket to a control plane: opens it, hands frames on in order, says once when it is over. No protocol here. */
import WebSocket from 'ws';
import type { RawData } from 'ws';
import { limits } from '../contract/limits.ts';

/** How a node says who it is. */
export type Introduction = { readonly kind: 'token'; readonly token: string } | { readonly kind: 'join'; readonly token: string; readonly name: string };

export interface LinkHandlers {
  readonly opened: () => void;
  readonly text: (frame: string) => void;
  readonly binary: (frame: Buffer) => void;
  /** `refused` = the server does not know us (HTTP 401 or close 4001). Exactly once, also when opening failed. */
  readonly over: (reason: string, refused: boolean) => void;
}

const handshakeMs = 10_000;
/** Bytes that may wait in the socket before reports are held back. */
const congestedBytes = 1024 * 1024;

export class Link {
  private readonly socket: WebSocket;
  private ended = false;

  constructor(url: string, introduction: Introduction, handlers: LinkHandlers) {
    const headers: Record<string, string> = introduction.kind === 'token'
      ? { authorization: `Bearer ${introduction.token}` }
      : { authorization: `Join ${introduction.token}`, 'x-signalbox-node': encodeURIComponent(introduction.name) };
    this.socket = new WebSocket(url, { headers, perMessageDeflate: false, maxPayload: limits.frameBytes, handshakeTimeout: handshakeMs, followRedirects: false });
    const over = (reason: string, refused: boolean): void => {
      if (this.ended) return;
      this.ended = true;
      handlers.over(reason, refused);
    };
    this.socket.on('open', handlers.opened);
    this.socket.on('message', (data: RawData, isBinary: boolean) => {
      if (this.ended) return;
      const frame = asBuffer(data);
      if (isBinary) handlers.binary(frame);
      else handlers.text(frame.toString('utf8'));
    });
    this.socket.on('unexpected-response', (request, response) => {
      const status = response.statusCode ?? 0;
      request.destroy();
      over(status === 401 ? 'the control plane refuses the token' : `HTTP status ${status}`, status === 401);
    });
    this.socket.on('error', (error) => { over(error.message === '' ? 'connection failed' : error.message, false); });
    this.socket.on('close', (code, reason) => {
      const text = reason.toString('utf8');
      over(`closed with ${code}${text === '' ? '' : ` (${text})`}`, code === 4001);
    });
  }

  get congested(): boolean {
    return this.socket.bufferedAmount > congestedBytes;
  }

  send(text: string): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(text);
  }

  /** Ends it at once; `over` is not called any more. */
  destroy(): void {
    this.ended = true;
    this.socket.terminate();
  }
}

function asBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
