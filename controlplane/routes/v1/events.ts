/** What happens, as it happens (text/event-stream) or as it was kept (JSON). */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { BearerTokens } from '../../auth/bearer.ts';
import type { Principal } from '../../auth/principal.ts';
import type { Sessions } from '../../auth/sessions.ts';
import { mayAccess } from '../../auth/principal.ts';
import { EventQuery, StoredEventList } from '../../contract/events.ts';
import type { EventLog } from '../../live/event-log.ts';
import type { EventStreams, StreamClient } from '../../live/event-stream.ts';
import { ProblemError } from '../../plugins/problem.ts';

export interface EventRouteDeps {
  readonly events: EventLog;
  readonly streams: EventStreams;
  readonly sessions: Sessions;
  readonly bearers: BearerTokens;
}

export async function eventRoutes(app: FastifyInstance, deps: EventRouteDeps): Promise<void> {
  const forget = deps.sessions.onEnd((ended) => {
    deps.streams.closeWhere((client) => ('session' in ended ? client.session === ended.session : client.userId === ended.user && client.session !== ended.kept));
  });
  // Open streams would keep the server from closing.
  app.addHook('preClose', async () => {
    forget();
    deps.streams.closeAll();
  });

  app.get<{ Querystring: EventQuery }>('/api/v1/events', {
    config: { access: 'live.read' },
    schema: {
      summary: 'Live events or their history', tags: ['live'], querystring: EventQuery, response: { 200: StoredEventList },
      description: 'With `Accept: text/event-stream` a stream of the events revision, node, health, stats, alarm and log; `Last-Event-ID` resumes it. Else a page of stored events, newest first.',
    },
  }, async (request, reply) => {
    if (wantsStream(request)) {
      const client = streamClient(request, deps);
      if (!deps.streams.admits(client)) throw new ProblemError('rate-limited', 'Too many event streams are open.', { headers: { 'retry-after': '10' } });
      const last = request.headers['last-event-id'];
      reply.hijack();
      deps.streams.open(reply.raw, client, typeof last === 'string' && last.length <= 64 ? last : null, reply.getHeaders());
      return reply;
    }
    const { kind, node, subject, cursor } = request.query;
    const limit = request.query.limit ?? 50;
    const filter = { ...(kind === undefined ? {} : { kind }), ...(node === undefined ? {} : { node }), ...(subject === undefined ? {} : { subject }) };
    const events = await deps.events.list(filter, readCursor(cursor), limit + 1);
    const items = events.slice(0, limit);
    const last = items.at(-1);
    return { items, next: events.length > limit && last !== undefined ? String(last.id) : null };
  });
}

function wantsStream(request: FastifyRequest): boolean {
  // A HEAD has no body to stream: it is answered like the list.
  return request.method === 'GET' && (request.headers.accept ?? '').split(',').some((type) => type.trim().split(';')[0] === 'text/event-stream');
}

function streamClient(request: FastifyRequest, deps: EventRouteDeps): StreamClient {
  const { principal } = request;
  if (principal === null) throw new ProblemError('unauthenticated', 'Nobody is signed in.');
  return {
    key: `${principal.kind} ${principal.id}`, session: principal.session, userId: principal.kind === 'user' ? principal.id : null,
    stillValid: () => stillValid(principal, deps),
  };
}

async function stillValid(principal: Principal, deps: EventRouteDeps): Promise<boolean> {
  if (principal.session === null) return deps.bearers.recheck(principal);
  const now = await deps.sessions.recheck(principal.session);
  return now !== null && mayAccess(now, 'live.read');
}

function readCursor(cursor: string | undefined): number | null {
  if (cursor === undefined) return null;
  if (!/^[0-9]{1,15}$/.test(cursor)) throw new ProblemError('invalid', 'The cursor is not one of ours.', { errors: [{ pointer: '?cursor', code: 'format', message: 'must be the next of a page' }] });
  return Number(cursor);
}
