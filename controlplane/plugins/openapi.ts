/** OpenAPI 3.1 at /openapi.json, made from the very schemas that check requests. */
import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { Problem } from '../contract/index.ts';
import { shareSchemas } from './shared-schemas.ts';

/** What writes of configuration take beside their schema (`editOptions`). */
const preconditions = Type.Object({
  'if-match': Type.Optional(Type.String({ description: 'The ETag of a read: 412 when the row has changed since' })),
  'if-none-match': Type.Optional(Type.String({ description: '*: 412 when the row exists already' })),
});

const refusal = { description: 'Refused, with the reason', content: { 'application/problem+json': { schema: Problem } } };

/** `GET /api/v1/tenants/:key` → `getTenantsByKey`: unique as method and path are, and as lasting. */
function operationId(method: string, url: string): string {
  const words = url.split('/').slice(3).map((part) => (part.startsWith(':') ? `by-${part.slice(1)}` : part)).join('-').split(/[^A-Za-z0-9]+/);
  return method.toLowerCase() + words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join('');
}

/** Register before the routes. */
export async function registerOpenApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Signalbox', version,
        description: 'Manages tenants, domains, route sets, dispatcher sets and trunks of a SIP edge. Every write becomes one revision that all nodes apply at once. Errors are problem details (RFC 9457).',
      },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' }, session: { type: 'apiKey', in: 'cookie', name: 'signalbox_session' } } },
      security: [{ bearer: [] }, { session: [] }],
    },
    transformObject: (document) => ('openapiObject' in document ? shareSchemas(document.openapiObject) : document.swaggerObject),
    transform({ schema, url, route }) {
      const { access, upload } = route.config ?? {};
      const responses = (schema?.response ?? {}) as Readonly<Record<string, unknown>>;
      return {
        url,
        schema: {
          ...schema,
          ...(url.startsWith('/api/') ? { operationId: operationId(String(route.method), url) } : { hide: true }),
          ...(upload === undefined ? {} : { consumes: [upload], body: Type.String() }),
          ...(412 in responses ? { headers: preconditions } : {}),
          // Every refusal is a problem: 400, 401, 403, 404, 405, 413, 415, 429, 5xx, whatever a route itself names.
          response: { ...Object.fromEntries(Object.entries(responses).map(([status, body]) => [status, Number(status) < 400 ? body : refusal])), default: refusal },
          ...(access === 'public' ? { security: [] } : {}),
          ...(access === undefined || access === 'public' || access === 'authenticated' ? {} : { description: [schema?.description, `Needs the permission \`${access}\`.`].filter(Boolean).join('\n\n') }),
        },
      };
    },
  });
  app.get('/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, async () => app.swagger());
}
