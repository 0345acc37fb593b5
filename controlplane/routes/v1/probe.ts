/** OPTIONS to a destination now, from the nodes that are connected. */
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { Audit } from '../../audit/audit.ts';
import { tooMany } from '../../auth/authenticator.ts';
import { RateLimiter } from '../../auth/rate-limit.ts';
import { ProbeAnswer } from '../../contract/dispatcher-sets.ts';
import type { Live } from '../../live/live.ts';
import type { NodeFacts } from '../../live/node-facts.ts';
import { probeNow } from '../../live/probe.ts';
import { ProblemError } from '../../plugins/problem.ts';
import type { PushGateway } from '../../push/api.ts';

export interface ProbeRouteDeps {
  readonly live: Pick<Live, 'mirror' | 'registry'>;
  readonly gateway: Pick<PushGateway, 'command'>;
  readonly audit: Audit;
  readonly now: () => number;
}

const Params = Type.Object({ id: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }) });
const Query = Type.Object({ node: Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: 'Name or id; omitted = every connected node' })) }, { additionalProperties: false });
const maxNodes = 32;
/** Nobody hammers a PBX through us: five at once, then one a second a destination. */
const pace = { burst: 5, refillMs: 1_000 };

export async function probeRoutes(app: FastifyInstance, deps: ProbeRouteDeps): Promise<void> {
  const paces = new RateLimiter(pace, deps.now);

  app.post<{ Params: { id: number }; Querystring: { node?: string } }>('/api/v1/destinations/:id/probe', {
    config: { access: 'live.act' },
    schema: { summary: 'Probe a destination now', tags: ['dispatcher'], params: Params, querystring: Query, response: { 200: ProbeAnswer } },
  }, async (request): Promise<ProbeAnswer> => {
    const { id } = request.params;
    const { view } = deps.live.mirror;
    const destination = view.destination(id);
    const set = destination === null ? null : view.set(destination.setId);
    if (destination === null || set === null) throw new ProblemError('not-found', `There is no destination ${id}.`);
    const attempt = paces.take(String(id));
    if (!attempt.allowed) throw tooMany(attempt.retryAfterMs, 'A destination may be probed by hand five times at once, then once a second');
    const nodes = nodesFor(deps, request.query.node);
    deps.audit.record(request, { action: 'destination.probe', subject: String(id), text: `probed ${destination.uri} from ${nodes.length === 1 ? nodes[0]?.name ?? '' : `${nodes.length} nodes`}.` });
    const results = await Promise.all(nodes.map((node) => probeNow(deps.gateway, node, id, set)));
    return { asked: nodes.map((node) => ({ node: node.id, nodeName: node.name })), results };
  });
}

function nodesFor(deps: ProbeRouteDeps, word: string | undefined): readonly NodeFacts[] {
  if (word !== undefined) {
    const node = deps.live.registry.connected(word);
    if (node === undefined) throw new ProblemError('not-found', `No connected node is called ${word}.`);
    if (node.remote) throw new ProblemError('unavailable', `${node.name} is connected to another control plane; ask that one.`);
    return [node];
  }
  const nodes = deps.live.registry.here().toSorted((a, b) => (a.name < b.name ? -1 : 1)).slice(0, maxNodes);
  if (nodes.length === 0) throw new ProblemError('unavailable', 'No node is connected, so nobody can probe.', { headers: { 'retry-after': '5' } });
  return nodes;
}
