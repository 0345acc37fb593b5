/**
 * Who asks, from a request: `Authorization: Bearer`, else the session cookie. A cookie travels by itself, so every
 * unsafe request that it carries must show that our own page made it: a header that a foreign page cannot set without
 * asking (CORS) and an Origin of our own.
 *
 * Wrong values are counted per source. A source with too many of them has only such values looked at as are known to be
 * right: whoever guesses behind the same address locks nobody out, and costs the database next to nothing.
 */
import type { FastifyRequest } from 'fastify';
import { csrfHeader, sessionCookie } from '../contract/session.ts';
import type { Authenticator } from '../plugins/access.ts';
import { ProblemError } from '../plugins/problem.ts';
import type { BearerTokens } from './bearer.ts';
import type { Principal } from './principal.ts';
import { RateLimiter } from './rate-limit.ts';
import { readCookie } from './session-cookie.ts';
import type { Sessions } from './sessions.ts';
import { sourceKey } from './sign-in.ts';

/** Thirty wrong values at once, then one a second. */
const wrongValues = { burst: 30, refillMs: 1_000 };
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export interface AuthenticatorDeps {
  readonly sessions: Sessions;
  readonly bearers: BearerTokens;
  readonly now: () => number;
}

export function createAuthenticator(deps: AuthenticatorDeps): Authenticator {
  const wrong = new RateLimiter(wrongValues, deps.now);

  async function byBearer(request: FastifyRequest, header: string): Promise<Principal> {
    const source = sourceKey(request.ip);
    const allowed = wrong.peek(source);
    const match = /^Bearer +([\x21-\x7e]+)$/i.exec(header);
    const value = match?.[1];
    if (!allowed.allowed && (value === undefined || !(await deps.bearers.passesLimit(value)))) throw tooMany(allowed.retryAfterMs);
    const principal = value === undefined ? null : await deps.bearers.principal(value);
    if (principal !== null) return principal;
    wrong.take(source);
    throw new ProblemError('unauthenticated', match === null ? 'The Authorization header must be "Bearer" and a token.' : 'The token is not known, revoked or expired.');
  }

  /** Nobody for a wrong value, limited or not: a browser whose session has ended is to sign in again, not to wait. */
  async function bySession(request: FastifyRequest, secret: string): Promise<Principal | null> {
    const source = sourceKey(request.ip);
    if (!wrong.peek(source).allowed && !(await deps.sessions.passesLimit(secret))) return null;
    const principal = await deps.sessions.principal(secret);
    if (principal === null) wrong.take(source);
    return principal;
  }

  return {
    async principal(request) {
      const header = request.headers.authorization;
      if (header !== undefined) return byBearer(request, header);
      const secret = readCookie(request.headers.cookie, sessionCookie);
      if (secret === null) return null;
      if (!safeMethods.has(request.method)) assertOwnPage(request);
      return bySession(request, secret);
    },
  };
}

/** Throws `forbidden` unless the request was made by a page of this server (CSRF). */
export function assertOwnPage(request: FastifyRequest): void {
  if (request.headers[csrfHeader] !== '1') {
    throw new ProblemError('forbidden', `A request with the session cookie needs the header ${csrfHeader}: 1.`);
  }
  if (!isOwnOrigin(request)) throw new ProblemError('forbidden', 'The request comes from a page of another origin.');
}

/** Throws `forbidden` when a browser says that a foreign page made the request; for routes that need no cookie. */
export function assertNoForeignPage(request: FastifyRequest): void {
  if (request.headers.origin !== undefined && !isOwnOrigin(request)) {
    throw new ProblemError('forbidden', 'The request comes from a page of another origin.');
  }
}

/** The refusal of a rate limit; `limit` says which, where that is no secret from an attacker. */
export function tooMany(retryAfterMs: number, limit = 'Too many attempts'): ProblemError {
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1_000));
  return new ProblemError('rate-limited', `${limit}; try again in ${seconds} s.`, { headers: { 'retry-after': String(seconds) } });
}

/** Host and port are compared; the scheme is the browser's word against a proxy's, and says nothing about who asks. */
function isOwnOrigin(request: FastifyRequest): boolean {
  const origin = request.headers.origin;
  if (origin === undefined || origin.length > 512 || !URL.canParse(origin)) return false;
  const { host, protocol } = new URL(origin);
  if (protocol !== 'http:' && protocol !== 'https:') return false;
  return host === normalHost(request.host, protocol);
}

function normalHost(host: string, protocol: string): string {
  return URL.canParse(`${protocol}//${host}`) ? new URL(`${protocol}//${host}`).host : host;
}
