/** A request in the log: without its query string, which holds the one-time token of the set-up link. */
import type { FastifyRequest } from 'fastify';

export function loggedRequest(request: FastifyRequest): { readonly method: string; readonly path: string; readonly address: string } {
  return { method: request.method, path: request.url.split('?', 1)[0] ?? '', address: request.ip };
}
