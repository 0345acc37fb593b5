/** The node's own HTTP port: `/live`, `/ready`, `/metrics`, `/inspect`, `/inspect/calls`. Read-only, meant for loopback. */
import { createServer, type Server } from 'node:http';
import type { Ready } from './readiness.ts';

export interface AdminSources {
  /** Serving traffic with a configuration? The text says what is missing. */
  ready(): Ready;
  metrics(): string;
  inspect(): unknown;
  /** A page of the calls that are up; `cursor` and `text` as the request has them, '' = none. */
  calls(cursor: string, text: string): Promise<unknown>;
}

/**
 * Opens the port.
 * @throws the listen error (EADDRINUSE, EACCES) for main to turn into a sentence
 */
export async function openAdmin(host: string, port: number, sources: AdminSources): Promise<Server> {
  const server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000 }, (request, response) => {
    const answer = (status: number, type: string, body: string): void => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
    };
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, 'text/plain', 'GET only\n');
    const [path, query = ''] = (request.url ?? '').split('?', 2);
    switch (path) {
      case '/live':
        return answer(200, 'text/plain', 'live\n');
      case '/ready': {
        const { ready, text } = sources.ready();
        return answer(ready ? 200 : 503, 'text/plain', `${text}\n`);
      }
      case '/metrics':
        return answer(200, 'text/plain; version=0.0.4', sources.metrics());
      case '/inspect':
        return answer(200, 'application/json', `${JSON.stringify(sources.inspect(), null, 1)}\n`);
      case '/inspect/calls': {
        const fields = new URLSearchParams(query);
        sources.calls(fields.get('cursor') ?? '', fields.get('text') ?? '').then(
          (value) => answer(200, 'application/json', `${JSON.stringify(value, null, 1)}\n`),
          () => answer(500, 'text/plain', 'a worker did not answer\n'),
        );
        return;
      }
      default:
        return answer(404, 'text/plain', 'known: /live /ready /metrics /inspect /inspect/calls?cursor=&text=\n');
    }
  });
  server.maxConnections = 64;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return server;
}
