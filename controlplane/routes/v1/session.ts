/** Signing in and out, and one's own password. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Audit } from '../../audit/audit.ts';
import { assertNoForeignPage, tooMany } from '../../auth/authenticator.ts';
import { PasswordQueueFull } from '../../auth/password.ts';
import type { PasswordHasher } from '../../auth/password.ts';
import { endCookie, startCookie } from '../../auth/session-cookie.ts';
import type { Sessions } from '../../auth/sessions.ts';
import { normalEmail } from '../../auth/sign-in.ts';
import type { SignIn } from '../../auth/sign-in.ts';
import type { UserRecord, UserStore } from '../../auth/stores.ts';
import { Session, SignInBody } from '../../contract/session.ts';
import { PasswordChange } from '../../contract/users.ts';
import { ProblemError } from '../../plugins/problem.ts';

export interface SessionRouteDeps {
  readonly signIn: SignIn;
  readonly sessions: Sessions;
  readonly users: UserStore;
  readonly passwords: PasswordHasher;
  readonly audit: Audit;
}

const bodyLimit = 16 * 1024;

export async function sessionRoutes(app: FastifyInstance, deps: SessionRouteDeps): Promise<void> {
  app.post<{ Body: SignInBody }>('/api/v1/session', {
    bodyLimit, config: { access: 'public' },
    schema: { summary: 'Sign in', tags: ['session'], body: SignInBody, response: { 200: Session } },
  }, async (request, reply) => {
    assertNoForeignPage(request);
    const { email, password } = request.body;
    const outcome = await deps.signIn.signIn({ email, password, address: request.ip, agent: request.headers['user-agent'] ?? '' });
    if (outcome.ok) {
      deps.audit.record(request, { action: 'session.start', subject: outcome.user.email, text: 'signed in.', actor: `user:${outcome.user.email}` });
      startSession(reply, outcome.secret, request.protocol === 'https');
      return sessionOf(outcome.user);
    }
    if (outcome.kind === 'limited') throw tooMany(outcome.retryAfterMs);
    deps.audit.record(request, { action: 'session.refused', subject: normalEmail(email), text: `a sign-in as ${normalEmail(email)} was refused.`, severity: 'warning' });
    throw new ProblemError('unauthenticated', 'The e-mail address or the password is wrong.');
  });

  app.get('/api/v1/session', {
    config: { access: 'authenticated' },
    schema: { summary: 'Who am I', tags: ['session'], response: { 200: Session } },
  }, async (request): Promise<Session> => {
    const { principal } = request;
    if (principal === null) throw new ProblemError('unauthenticated', 'Nobody is signed in.');
    const user = principal.kind === 'user' ? await deps.users.byId(principal.id) : null;
    return user === null ? { user: { id: principal.id, email: '', name: principal.name, role: principal.role } } : sessionOf(user);
  });

  app.delete('/api/v1/session', {
    config: { access: 'authenticated' },
    schema: { summary: 'Sign out', tags: ['session'], response: { 204: Type.Null() } },
  }, async (request, reply) => {
    const session = request.principal?.session ?? null;
    if (session === null) throw new ProblemError('conflict', 'A bearer token has no session; revoke the token instead.');
    await deps.sessions.end(session);
    deps.audit.record(request, { action: 'session.end', subject: request.principal?.name ?? '', text: 'signed out.' });
    return reply.header('set-cookie', endCookie(request.protocol === 'https')).code(204).send();
  });

  app.post<{ Body: PasswordChange }>('/api/v1/session/password', {
    bodyLimit, config: { access: 'authenticated' },
    schema: { summary: "Change one's own password", tags: ['session'], body: PasswordChange, response: { 204: Type.Null() } },
  }, async (request, reply) => {
    const { principal } = request;
    const user = principal?.kind === 'user' ? await deps.users.byId(principal.id) : null;
    if (principal === null || user === null) throw new ProblemError('conflict', 'A bearer token has no password.');
    const wait = deps.signIn.limitPassword(user.email);
    if (wait > 0) throw tooMany(wait);
    try {
      if (!await deps.passwords.verify(request.body.current, user.passwordHash)) {
        throw new ProblemError('invalid', 'The present password is wrong.', { errors: [{ pointer: '/current', code: 'wrong', message: 'is not your present password' }] });
      }
      await deps.users.update(user.id, { passwordHash: await deps.passwords.hash(request.body.next) }, principal.session);
    } catch (error) {
      if (error instanceof PasswordQueueFull) throw tooMany(1_000);
      throw error;
    }
    deps.sessions.endedFor(user.id, principal.session);
    deps.audit.record(request, { action: 'user.password', subject: user.email, text: 'changed the own password.' });
    return reply.code(204).send();
  });
}

/** Puts the session's cookie on the answer. */
export function startSession(reply: FastifyReply, secret: string, secure: boolean): void {
  reply.header('set-cookie', startCookie(secret, secure)).header('cache-control', 'no-store');
}

export function sessionOf(user: UserRecord): Session {
  return { user: { id: user.id, email: user.email, name: user.name, role: user.role } };
}
