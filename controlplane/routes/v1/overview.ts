/** Everything at a glance. */
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { Overview } from '../../contract/overview.ts';
import type { Live } from '../../live/live.ts';

export interface OverviewRouteDeps {
  readonly live: Pick<Live, 'overview'>;
}

const Query = Type.Object({
  span: Type.Optional(Type.Union([Type.Literal('10m'), Type.Literal('1h')], { default: '10m', description: 'What the series cover: 60 points of 10 s or of 1 min' })),
}, { additionalProperties: false });

export async function overviewRoutes(app: FastifyInstance, deps: OverviewRouteDeps): Promise<void> {
  app.get<{ Querystring: { span?: '10m' | '1h' } }>('/api/v1/overview', {
    config: { access: 'live.read' },
    schema: { summary: 'Nodes, destinations, calls, alarms and the last changes', tags: ['live'], querystring: Query, response: { 200: Overview } },
  }, (request) => deps.live.overview(request.query.span ?? '10m'));
}
