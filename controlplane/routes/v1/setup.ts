/** The first owner's account, by the one-time link that the first start printed. */
import type { FastifyInstance } from 'fastify';
import type { Audit } from '../../audit/audit.ts';
import { assertNoForeignPage, tooMany } from '../../auth/authenticator.ts';
import type { Sessions } from '../../auth/sessions.ts';
import type { Setup } from '../../auth/setup.ts';
import { Session, SetupBody, SetupState } from '../../contract/session.ts';
import { ProblemError } from '../../plugins/problem.ts';
import { sessionOf, startSession } from './session.ts';

export interface SetupRouteDeps {
  readonly setup: Setup;
  readonly sessions: Sessions;
  readonly audit: Audit;
}

export async function setupRoutes(app: FastifyInstance, deps: SetupRouteDeps): Promise<void> {
  app.get('/api/v1/setup', {
    config: { access: 'public' },
    schema: { summary: 'Is there no user yet?', tags: ['session'], response: { 200: SetupState } },
  }, async (): Promise<SetupState> => ({ needed: await deps.setup.needed() }));

  app.post<{ Body: SetupBody }>('/api/v1/setup', {
    bodyLimit: 16 * 1024, config: { access: 'public' },
    schema: { summary: 'Create the owner account', tags: ['session'], body: SetupBody, response: { 201: Session } },
  }, async (request, reply) => {
    assertNoForeignPage(request);
    const outcome = await deps.setup.complete({ ...request.body, address: request.ip });
    if (!outcome.ok && outcome.kind === 'limited') throw tooMany(outcome.retryAfterMs);
    if (!outcome.ok) throw new ProblemError('gone', 'The set-up link is not valid any more. A restart of the control plane prints a new one while there is no user.');
    const secret = await deps.sessions.start(outcome.user, { address: request.ip, agent: request.headers['user-agent'] ?? '' });
    deps.audit.record(request, { action: 'setup', subject: outcome.user.email, text: 'created the owner account with the set-up link.', actor: `user:${outcome.user.email}` });
    startSession(reply, secret, request.protocol === 'https');
    return reply.code(201).send(sessionOf(outcome.user));
  });
}
