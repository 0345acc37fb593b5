/** /api/v1/registrations and /api/v1/calls: what the nodes hold at the moment. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { tooMany } from '../../auth/authenticator.ts';
import { RateLimiter } from '../../auth/rate-limit.ts';
import { LiveCallList, LiveListQuery, RegistrationList } from '../../contract/live-lists.ts';
import type { Live } from '../../live/live.ts';
import { liveCallOf, registrationOf } from '../../live/listed-facts.ts';
import type { KeyOfTenant } from '../../live/listed-facts.ts';
import { pageOfNodes } from '../../live/node-lists.ts';
import type { AskedNode, NodeListPage, NodeListRequest } from '../../live/node-lists.ts';
import { ProblemError } from '../../plugins/problem.ts';
import type { PushGateway } from '../../push/api.ts';

export interface LiveListRouteDeps {
  readonly live: Pick<Live, 'mirror' | 'registry'>;
  readonly gateway: Pick<PushGateway, 'command'>;
  readonly now: () => number;
}

/** A search looks at every entry of a node: 20 pages at once, then ten a second. */
const pace = { burst: 20, refillMs: 100 };

export async function liveListRoutes(app: FastifyInstance, deps: LiveListRouteDeps): Promise<void> {
  const paces = new RateLimiter(pace, deps.now);

  async function list<Item>(
    request: FastifyRequest<{ Querystring: LiveListQuery }>, command: NodeListRequest['command'],
    read: (data: Readonly<Record<string, unknown>>, node: AskedNode, keyOf: KeyOfTenant) => Item | null,
  ): Promise<NodeListPage<Item>> {
    const attempt = paces.take(request.principal?.id ?? request.ip);
    if (!attempt.allowed) throw tooMany(attempt.retryAfterMs, 'Each user and each token may read 20 pages of registrations and calls at once, then ten a second');
    const { q = '', tenant: key, limit = 50, cursor } = request.query;
    const { view } = deps.live.mirror;
    const tenant = key === undefined ? undefined : [...view.tables.tenants.values()].find((one) => one.key === key)?.id;
    if (key !== undefined && tenant === undefined) return { items: [], next: null, missing: [] };
    const nodes = [...deps.live.registry.all()].filter((node) => node.connected);
    const args = { text: q, ...(tenant === undefined ? {} : { tenant }) };
    const keyOf: KeyOfTenant = (id) => view.tenant(id)?.key ?? null;
    const page = await pageOfNodes(deps.gateway, nodes, { command, args, limit, cursor }, (data, node) => read(data, node, keyOf), deps.now);
    if (!page.ok) throw new ProblemError('invalid', 'The cursor is not one of this list.', { errors: [{ pointer: '?cursor', code: 'format', message: 'must be the next of a page' }] });
    return page.value;
  }

  app.get<{ Querystring: LiveListQuery }>('/api/v1/registrations', {
    config: { access: 'live.read' },
    schema: {
      summary: 'List the phones that are registered through the nodes', tags: ['live'], querystring: LiveListQuery, response: { 200: RegistrationList },
      description: 'Asked of the nodes themselves, one after the other. `q` looks into address of record, Contact, source address and agent.',
    },
  }, (request): Promise<RegistrationList> => list(request, 'registrations.list', registrationOf));

  app.get<{ Querystring: LiveListQuery }>('/api/v1/calls', {
    config: { access: 'live.read' },
    schema: {
      summary: 'List the calls that are up: who calls whom, and why they went where they went', tags: ['live'], querystring: LiveListQuery, response: { 200: LiveCallList },
      description: 'Asked of the nodes themselves, one after the other. `q` looks into Call-ID, caller, callee, dialled URI and decision.',
    },
  }, (request): Promise<LiveCallList> => list(request, 'calls.list', (data, node, keyOf) => {
    const { view } = deps.live.mirror;
    return liveCallOf(data, node, keyOf, (id) => view.destination(id)?.uri ?? null);
  }));
}
