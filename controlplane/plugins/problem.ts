/** Every error leaves as RFC 9457 problem JSON with a stable code, field pointers and the request's id. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { problemCodes } from '../contract/problem.ts';
import type { Problem, ProblemCode, ProblemField, ProblemReference } from '../contract/problem.ts';
import { isDatabaseAway } from '../db/failures.ts';
import { RequestInvalid } from './validation.ts';

export interface ProblemExtras {
  readonly errors?: readonly ProblemField[];
  readonly references?: readonly ProblemReference[];
  /** Of a refused precondition: the row as it is now. */
  readonly current?: object | null;
  /** Header fields of the answer, e.g. `retry-after`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown by routes and hooks to end a request; `detail` is one sentence for the caller. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly code: ProblemCode;
  readonly extras: ProblemExtras;

  constructor(code: ProblemCode, detail: string, extras: ProblemExtras = {}) {
    super(detail);
    this.code = code;
    this.extras = extras;
  }
}

/** The sentence for so many wrong fields. */
export function invalidDetail(count: number): string {
  return count === 1 ? 'One field is not acceptable.' : `${count} fields are not acceptable.`;
}

/** Installs the error handler and the answer to unknown API paths. */
export function registerProblems(app: FastifyInstance): void {
  app.setErrorHandler<FastifyError | ProblemError | RequestInvalid>((error, request, reply) => {
    if (error instanceof ProblemError) return sendProblem(request, reply, error.code, error.message, error.extras);
    if (error instanceof RequestInvalid) {
      return sendProblem(request, reply, 'invalid', invalidDetail(error.errors.length), { errors: error.errors });
    }
    const code = codeOf(error);
    if (code === 'internal' && isDatabaseAway(error)) {
      request.log.warn({ err: error }, 'the database did not answer');
      return sendProblem(request, reply, 'unavailable', 'The database does not answer at the moment; try again.', { headers: { 'retry-after': '2' } });
    }
    if (code === 'internal') {
      request.log.error({ err: error }, 'a request failed');
      return sendProblem(request, reply, code, 'Something went wrong on our side; the log has the details under the request id.');
    }
    return sendProblem(request, reply, code, error.message);
  });
}

/** Answers with one problem. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, code: ProblemCode, detail: string, extras: ProblemExtras = {}): FastifyReply {
  const problem: Problem = {
    ...problemBody(code, detail, request.id),
    ...(extras.errors === undefined ? {} : { errors: [...extras.errors] }),
    ...(extras.references === undefined ? {} : { references: [...extras.references] }),
    ...(extras.current === undefined ? {} : { current: extras.current }),
  };
  if (code === 'unauthenticated') reply.header('www-authenticate', 'Bearer');
  return reply.code(problem.status).headers(extras.headers ?? {}).header('cache-control', 'no-store')
    .type('application/problem+json').serializer((body: unknown) => JSON.stringify(body)).send(problem);
}

/** What every problem says. */
export function problemBody(code: ProblemCode, detail: string, requestId: string): Problem {
  const { status, title } = problemCodes[code];
  return { type: `urn:signalbox:problem:${code}`, title, status, detail, code, requestId };
}

/** For Fastify's `frameworkErrors`: addresses that cannot be decoded, before any route is looked for. */
export function answerBadAddress(_error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  sendProblem(request, reply.header('x-request-id', request.id), 'malformed', 'The address cannot be read: it is not valid percent-encoding, or too long.');
}

const codesByStatus: Readonly<Record<number, ProblemCode>> = {
  400: 'malformed', 401: 'unauthenticated', 403: 'forbidden', 404: 'not-found', 405: 'method-not-allowed',
  413: 'too-large', 415: 'unsupported-media-type', 429: 'rate-limited', 503: 'unavailable',
};

function codeOf(error: FastifyError): ProblemCode {
  const status = error.statusCode ?? 500;
  return codesByStatus[status] ?? (status >= 400 && status < 500 ? 'malformed' : 'internal');
}
