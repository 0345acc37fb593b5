/** API tokens: made, listed, revoked. The secret is in the answer to its creation and nowhere else. */
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { actorOf } from '../../audit/audit.ts';
import type { Audit } from '../../audit/audit.ts';
import type { BearerTokens } from '../../auth/bearer.ts';
import type { ApiTokenRecord } from '../../auth/stores.ts';
import { ApiTokenBody, ApiTokenCreated, ApiTokenList } from '../../contract/tokens.ts';
import type { ApiToken } from '../../contract/tokens.ts';
import { assertOwnRights } from '../../plugins/access.ts';
import { ProblemError } from '../../plugins/problem.ts';

export interface TokenRouteDeps {
  readonly bearers: BearerTokens;
  readonly audit: Audit;
  readonly now: () => number;
}

const Query = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 50 })),
  cursor: Type.Optional(Type.String({ maxLength: 64 })),
}, { additionalProperties: false });

export async function tokenRoutes(app: FastifyInstance, deps: TokenRouteDeps): Promise<void> {
  app.get<{ Querystring: { limit?: number; cursor?: string } }>('/api/v1/tokens', {
    config: { access: 'tokens.manage' },
    schema: { summary: 'List API tokens', tags: ['tokens'], querystring: Query, response: { 200: ApiTokenList } },
  }, async (request): Promise<ApiTokenList> => {
    const limit = request.query.limit ?? 50;
    const tokens = await deps.bearers.list(request.query.cursor ?? null, limit + 1);
    const items = tokens.slice(0, limit).map(toToken);
    return { items, next: tokens.length > limit ? items.at(-1)?.id ?? null : null };
  });

  app.post<{ Body: ApiTokenBody }>('/api/v1/tokens', {
    config: { access: 'tokens.manage' },
    schema: { summary: 'Create an API token', tags: ['tokens'], body: ApiTokenBody, response: { 201: ApiTokenCreated } },
  }, async (request, reply) => {
    const { name, role, scopes = null, expiresAtMs = null } = request.body;
    assertOwnRights(request, role, scopes);
    if (expiresAtMs !== null && expiresAtMs <= deps.now()) {
      throw new ProblemError('invalid', 'The token would have expired already.', { errors: [{ pointer: '/expiresAtMs', code: 'out-of-range', message: 'must be in the future' }] });
    }
    const created = await deps.bearers.create({ name, role, scopes, expiresAtMs, createdBy: actorOf(request) });
    if (created === null) throw new ProblemError('conflict', 'There are too many tokens already; revoke those that nobody uses.');
    deps.audit.record(request, { action: 'token.create', subject: name, text: `created the ${role} token ${name}.` });
    return reply.code(201).header('cache-control', 'no-store').send({ ...toToken(created.token), token: created.secret });
  });

  app.delete<{ Params: { id: string } }>('/api/v1/tokens/:id', {
    config: { access: 'tokens.manage' },
    schema: { summary: 'Revoke an API token', tags: ['tokens'], params: Type.Object({ id: Type.String({ maxLength: 64 }) }), response: { 204: Type.Null() } },
  }, async (request, reply) => {
    if (!await deps.bearers.revoke(request.params.id)) throw new ProblemError('not-found', 'There is no such token.');
    deps.audit.record(request, { action: 'token.revoke', subject: request.params.id, text: `revoked the token ${request.params.id}.` });
    return reply.code(204).send();
  });
}

function toToken(record: ApiTokenRecord): ApiToken {
  return {
    id: record.id, name: record.name, role: record.role, scopes: record.scopes === null ? null : [...record.scopes],
    createdAtMs: record.createdAtMs, expiresAtMs: record.expiresAtMs, lastUsedAtMs: record.lastUsedAtMs,
  };
}
