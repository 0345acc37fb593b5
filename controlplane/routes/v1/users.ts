/** People who may sign in. */
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { Audit } from '../../audit/audit.ts';
import { tooMany } from '../../auth/authenticator.ts';
import { PasswordQueueFull } from '../../auth/password.ts';
import type { PasswordHasher } from '../../auth/password.ts';
import type { Sessions } from '../../auth/sessions.ts';
import { normalEmail } from '../../auth/sign-in.ts';
import type { UserRecord, UserStore } from '../../auth/stores.ts';
import { User, UserBody, UserList, UserPatch } from '../../contract/users.ts';
import { assertOwnRights } from '../../plugins/access.ts';
import { Problem } from '../../contract/problem.ts';
import { ProblemError } from '../../plugins/problem.ts';

export interface UserRouteDeps {
  readonly users: UserStore;
  readonly sessions: Sessions;
  readonly passwords: PasswordHasher;
  readonly audit: Audit;
}

const maxUsers = 10_000;
const Query = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 50 })),
  cursor: Type.Optional(Type.String({ maxLength: 512 })),
}, { additionalProperties: false });
const Params = Type.Object({ id: Type.String({ maxLength: 64 }) });
const lastOwner = 'There must be an owner who can sign in; make somebody else an owner first.';

export async function userRoutes(app: FastifyInstance, deps: UserRouteDeps): Promise<void> {
  app.get<{ Querystring: { limit?: number; cursor?: string } }>('/api/v1/users', {
    config: { access: 'users.manage' },
    schema: { summary: 'List users', tags: ['users'], querystring: Query, response: { 200: UserList } },
  }, async (request): Promise<UserList> => {
    const limit = request.query.limit ?? 50;
    const users = await deps.users.list(request.query.cursor ?? '', limit + 1);
    const items = users.slice(0, limit).map(toUser);
    return { items, next: users.length > limit ? items.at(-1)?.email ?? null : null };
  });

  app.post<{ Body: UserBody }>('/api/v1/users', {
    config: { access: 'users.manage' },
    schema: { summary: 'Create a user', tags: ['users'], body: UserBody, response: { 201: User } },
  }, async (request, reply) => {
    assertOwnRights(request, request.body.role, null);
    if (await deps.users.count() >= maxUsers) throw new ProblemError('conflict', `There are ${maxUsers} users already.`);
    const email = normalEmail(request.body.email);
    const passwordHash = await hashed(deps, request.body.password);
    const user = await deps.users.create({ email, name: request.body.name ?? '', role: request.body.role, passwordHash });
    if (user === null) throw new ProblemError('conflict', `${email} is a user already.`, { errors: [{ pointer: '/email', code: 'taken', message: 'is a user already' }] });
    deps.audit.record(request, { action: 'user.create', subject: email, text: `created the ${user.role} ${email}.` });
    return reply.code(201).send(toUser(user));
  });

  app.get<{ Params: { id: string } }>('/api/v1/users/:id', {
    config: { access: 'users.manage' },
    schema: { summary: 'Get a user', tags: ['users'], params: Params, response: { 200: User, 404: Problem } },
  }, async (request): Promise<User> => {
    const user = await deps.users.byId(request.params.id);
    if (user === null) throw new ProblemError('not-found', 'There is no such user.');
    return toUser(user);
  });

  app.patch<{ Params: { id: string }; Body: UserPatch }>('/api/v1/users/:id', {
    config: { access: 'users.manage' },
    schema: { summary: 'Change a user', tags: ['users'], params: Params, body: UserPatch, response: { 200: User } },
  }, async (request): Promise<User> => {
    const { password, ...fields } = request.body;
    const before = await deps.users.byId(request.params.id);
    // A new password is a way to become that user.
    if (before !== null) assertOwnRights(request, fields.role ?? before.role, null);
    if (before !== null && password !== undefined) assertOwnRights(request, before.role, null);
    const passwordHash = password === undefined ? {} : { passwordHash: await hashed(deps, password) };
    const own = request.principal?.id === request.params.id ? request.principal.session : null;
    const updated = await deps.users.update(request.params.id, { ...fields, ...passwordHash }, own);
    if (updated === 'not-found') throw new ProblemError('not-found', 'There is no such user.');
    if (updated === 'last-owner') throw new ProblemError('conflict', lastOwner);
    if (password !== undefined || fields.role !== undefined || fields.disabled !== undefined) deps.sessions.endedFor(updated.id, own);
    deps.audit.record(request, { action: 'user.change', subject: updated.email, text: `changed ${Object.keys(request.body).join(', ')} of ${updated.email}.` });
    return toUser(updated);
  });

  app.delete<{ Params: { id: string } }>('/api/v1/users/:id', {
    config: { access: 'users.manage' },
    schema: { summary: 'Remove a user', tags: ['users'], params: Params, response: { 204: Type.Null() } },
  }, async (request, reply) => {
    const user = await deps.users.byId(request.params.id);
    const removed = await deps.users.remove(request.params.id);
    if (removed === 'not-found' || user === null) throw new ProblemError('not-found', 'There is no such user.');
    if (removed === 'last-owner') throw new ProblemError('conflict', lastOwner);
    deps.sessions.endedFor(user.id, null);
    deps.audit.record(request, { action: 'user.remove', subject: user.email, text: `removed ${user.email}.` });
    return reply.code(204).send();
  });
}

async function hashed(deps: UserRouteDeps, password: string): Promise<string> {
  try {
    return await deps.passwords.hash(password);
  } catch (error) {
    if (error instanceof PasswordQueueFull) throw tooMany(1_000);
    throw error;
  }
}

function toUser(record: UserRecord): User {
  return {
    id: record.id, email: record.email, name: record.name, role: record.role, disabled: record.disabled,
    createdAtMs: record.createdAtMs, lastSignInAtMs: record.lastSignInAtMs,
  };
}
