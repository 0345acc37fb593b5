/**
 * Who may call what: each route names its access rule in `config.access`; a route without one does not
 * register. The principal is found before anything else of the request is looked at.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { exceeds, mayAccess } from '../auth/principal.ts';
import type { Principal } from '../auth/principal.ts';
import type { Access, Permission, Role } from '../contract/permissions.ts';
import { ProblemError } from './problem.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route demands. */
    access?: Access;
    /** The media type of a body that is taken as it is, without a schema. */
    upload?: 'text/csv' | 'application/octet-stream';
  }
  interface FastifyRequest {
    /** null = nobody (public routes only). */
    principal: Principal | null;
  }
}

/**
 * Finds out who asks. Implemented by controlplane/auth (bearer token, or session cookie with its CSRF rules).
 * null = no credentials; throws ProblemError for credentials that are wrong, limited or forged.
 */
export interface Authenticator {
  principal(request: FastifyRequest): Promise<Principal | null>;
}

/** Register before any route. Throws at registration for a route without an access rule. */
export function registerAccess(app: FastifyInstance, authenticator: Authenticator): void {
  app.decorateRequest('principal', null);
  app.addHook('onRoute', (route) => {
    if (route.config?.access === undefined) throw new Error(`${String(route.method)} ${route.url} declares no access rule`);
  });
  app.addHook('onRequest', async (request) => {
    const access = request.routeOptions.config.access ?? 'public';
    if (access === 'public') return;
    request.principal = await authenticator.principal(request);
    if (request.principal === null) throw new ProblemError('unauthenticated', 'This needs a signed-in user or a bearer token.');
    if (!mayAccess(request.principal, access)) {
      throw new ProblemError('forbidden', `This needs the permission ${access}, which ${request.principal.name} does not have.`);
    }
  });
}

/** Throws `forbidden` when the request would give somebody a role with a permission that its own principal lacks. */
export function assertOwnRights(request: FastifyRequest, role: Role, scopes: readonly Permission[] | null): void {
  const missing = exceeds(request.principal, role, scopes);
  if (missing !== null) throw new ProblemError('forbidden', `Nobody can give more than they have: ${request.principal?.name ?? 'nobody'} lacks the permission ${missing}.`);
}
