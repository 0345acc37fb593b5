/** OpenAPI 3.1 at /openapi.json, made from the very schemas that check requests. */
import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';

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
    transform({ schema, url, route }) {
      const access = route.config?.access;
      return {
        url,
        schema: {
          ...schema,
          ...(url.startsWith('/api/') ? {} : { hide: true }),
          ...(access === 'public' ? { security: [] } : {}),
          ...(access === undefined || access === 'public' || access === 'authenticated' ? {} : { description: [schema?.description, `Needs the permission \`${access}\`.`].filter(Boolean).join('\n\n') }),
        },
      };
    },
  });
  app.get('/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, async () => app.swagger());
}
