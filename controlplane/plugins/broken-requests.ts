/** Requests that never reach a route: addresses and HTTP that cannot be read are answered as problem JSON, too. */
import { randomBytes } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { problemBody } from './problem.ts';

interface ClientError extends Error {
  readonly code?: string;
}

/** For Fastify's `clientErrorHandler`: HTTP that cannot be parsed, that is too long or too slow. */
export function answerBrokenRequest(error: ClientError, socket: Socket): void {
  // Gone already, or the answer of the request before is still under way.
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable || socket.bytesWritten > 0) {
    socket.destroy(error);
    return;
  }
  const [status, code, detail] = verdict(error.code);
  const body = JSON.stringify({ ...problemBody(code, detail, randomBytes(8).toString('base64url')), status });
  socket.end([
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, 'connection: close', 'content-type: application/problem+json', 'cache-control: no-store',
    `content-length: ${Buffer.byteLength(body)}`, '', body,
  ].join('\r\n'), () => { socket.destroy(); });
}

function verdict(code: string | undefined): readonly [number, 'malformed' | 'too-large', string] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW': return [431, 'too-large', 'The address and header fields are too long.'];
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW': return [413, 'too-large', 'The extensions of a chunk are too long.'];
    case 'ERR_HTTP_REQUEST_TIMEOUT': return [408, 'malformed', 'The request did not come in time.'];
    default: return [400, 'malformed', 'The request is not HTTP that can be read.'];
  }
}
