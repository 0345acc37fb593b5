/** What all configuration routes share: from a request to a write, from its outcome to the answer. */
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest, RawServerDefault } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { actorOf } from '../../audit/audit.ts';
import { decodeCursor } from '../../config/paging.ts';
import type { ConfigFault } from '../../config/fault.ts';
import type { EditOptions } from '../../config/edit.ts';
import type { LiveOf } from '../../config/present.ts';
import type { ConfigReads } from '../../config/read-tenancy.ts';
import type { Plan } from '../../config/writer.ts';
import { Problem, WriteAnswer } from '../../contract/index.ts';
import type { ListQuery, WriteQuery } from '../../contract/index.ts';
import { invalidDetail, ProblemError } from '../../plugins/problem.ts';
import type { ConfigOutcome, ConfigService } from '../../services/config-service.ts';

export type ApiInstance = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, TypeBoxTypeProvider>;

export interface ConfigRouteDeps {
  readonly config: ConfigService;
  readonly db: ConfigReads;
  readonly live: LiveOf;
}


export const writeResponses = { 400: Problem, 409: Problem, 412: Problem };
export const Removed = WriteAnswer;

type AnyRequest = FastifyRequest;

/** `If-Match` and `If-None-Match` of a request. Throws ProblemError for what is neither a version of ours nor `*`. */
export function editOptions(request: Pick<AnyRequest, 'headers'>): EditOptions {
  const match = request.headers['if-match'];
  const none = request.headers['if-none-match'];
  if (none !== undefined && none.trim() !== '*') {
    throw new ProblemError('malformed', 'If-None-Match on a write may only be *.');
  }
  if (match === undefined) return { ifMatch: null, ifNoneMatch: none !== undefined, at: '' };
  if (match.trim() === '*') return { ifMatch: '*', ifNoneMatch: none !== undefined, at: '' };
  const versions = match.split(',').map((tag) => /^\s*"(\d{1,10})"\s*$/.exec(tag)?.[1]);
  if (versions.includes(undefined)) throw new ProblemError('malformed', 'If-Match must be the ETag of a read, like "3".');
  return { ifMatch: versions.map(Number), ifNoneMatch: none !== undefined, at: '' };
}

/** Reads the row that a write is about, as its GET answers; null = there is none. */
export type ReadCurrent = () => Promise<{ readonly version: number } | null>;

/**
 * Runs a write and gives its outcome. Throws ProblemError for a refusal.
 * @param current what a refusal for a stale If-Match carries, so that the caller can merge
 */
export async function runWrite<T>(
  deps: Pick<ConfigRouteDeps, 'config'>, request: FastifyRequest, query: WriteQuery, summary: string, plan: Plan<T>, current?: ReadCurrent,
): Promise<ConfigOutcome<T>> {
  const outcome = await deps.config.write({
    actor: actorOf(request), address: request.ip, requestId: request.id, summary,
    dryRun: query.dryRun === '1' || query.dryRun === 'true',
    waitMs: query.wait === 'applied' ? query.timeoutMs ?? 5_000 : null,
  }, plan);
  if (outcome.ok) return outcome.value;
  throw outcome.error.code === 'version-mismatch' && current !== undefined ? staleProblem(outcome.error.detail, await current()) : problemOf(outcome.error);
}

/** The same for an edit of one entity: 201 with a Location when it is new, else 200; ETag = its version. */
export async function writeEntity<T extends { readonly version: number }>(
  deps: Pick<ConfigRouteDeps, 'config'>, request: FastifyRequest<{ Querystring: WriteQuery }>, reply: Pick<FastifyReply, 'header' | 'code'>,
  summary: string, plan: Plan<T>, current?: ReadCurrent,
): Promise<T & WriteAnswer> {
  const { value, answer, changed } = await runWrite(deps, request, request.query, summary, plan, current);
  reply.header('etag', `"${value.version}"`);
  if (changed && value.version === 1 && request.method !== 'PATCH' && answer.dryRun !== true) reply.code(201);
  return { ...value, ...answer };
}

/** 412 with what is there now and its ETag. */
function staleProblem(detail: string, current: Awaited<ReturnType<ReadCurrent>>): ProblemError {
  return new ProblemError('version-mismatch', detail, { current, ...(current === null ? {} : { headers: { etag: `"${current.version}"` } }) });
}

/** The refusal as a problem. */
export function problemOf(fault: ConfigFault): ProblemError {
  switch (fault.code) {
    case 'invalid': return new ProblemError('invalid', invalidDetail(fault.errors.length), { errors: fault.errors });
    case 'in-use': return new ProblemError('in-use', fault.detail, { references: fault.references });
    case 'taken': return new ProblemError('conflict', fault.detail, { errors: [{ pointer: fault.pointer, code: 'taken', message: 'is taken' }] });
    case 'not-found': case 'conflict': case 'gone': case 'version-mismatch': return new ProblemError(fault.code, fault.detail);
  }
}

/** What a list's query string asks for. Throws ProblemError for a cursor of another list. */
export function listRequest<K extends 'string' | 'number'>(query: ListQuery & { readonly routeSet?: number }, kind: K) {
  const after = decodeCursor(query.cursor, kind);
  // Numbered rows have 32-bit numbers; beyond them PostgreSQL refuses to compare.
  if (!after.ok || (typeof after.value === 'number' && after.value > 2_147_483_647)) throw new ProblemError('invalid', 'The cursor is not one of this list.', { errors: [{ pointer: '?cursor', code: 'format', message: 'must be the next of a page' }] });
  return { after: after.value, limit: query.limit ?? 50, q: query.q === '' ? undefined : query.q, tenant: query.tenant, routeSet: query.routeSet };
}

/** Answers with an entity and its ETag, or 404 with a sentence. */
export function found<T extends { readonly version: number }>(reply: Pick<FastifyReply, 'header'>, entity: T | null, sentence: string): T {
  if (entity === null) throw new ProblemError('not-found', sentence);
  reply.header('etag', `"${entity.version}"`);
  return entity;
}
