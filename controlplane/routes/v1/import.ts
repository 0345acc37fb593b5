/** Moving in from other systems: a report first (`?dryRun=1`), then one revision. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { algorithmNames, algorithmOf, algorithms } from '../../../dataplane/contract/algorithms.ts';
import type { Algorithm } from '../../../dataplane/contract/algorithms.ts';
import { actorOf } from '../../audit/audit.ts';
import { tooMany } from '../../auth/authenticator.ts';
import { RateLimiter } from '../../auth/rate-limit.ts';
import { SetNumber, Slug } from '../../contract/fields.ts';
import { DbTextBody, ImportReport } from '../../contract/import.ts';
import { WriteQuery } from '../../contract/query.ts';
import type { ImportOptions } from '../../import/plan.ts';
import type { Importer, ImportOutcome } from '../../import/importer.ts';
import type { ImportFault } from '../../import/report.ts';
import { sqliteBounds } from '../../import/router-notes-database.ts';
import { ProblemError } from '../../plugins/problem.ts';
import { isStream } from './body-stream.ts';
import type { WriteRequest } from '../../services/config-service.ts';
import { problemOf } from './config-request.ts';

export interface ImportRouteDeps {
  readonly importer: Importer;
  readonly now: () => number;
}

const Query = Type.Object({
  ...WriteQuery.properties, tenant: Type.Optional(Slug),
  algorithm: Type.Optional(Type.String({ maxLength: 32, description: 'How new dispatcher sets choose, by number or name: the argument of ds_select_dst in the old script' })),
}, { additionalProperties: false });
type ImportQuery = WriteQuery & { tenant?: string; algorithm?: string };

const NumbersQuery = Type.Object({ ...WriteQuery.properties, tenant: Type.Optional(Slug), routeSet: Type.Optional(SetNumber) }, { additionalProperties: false });
type NumbersQuery = WriteQuery & { tenant?: string; routeSet?: number };

const textBytes = 32 * 1024 * 1024;
/** Imports are heavy: five at once for a principal, then one every 5 s. */
const pace = { burst: 5, refillMs: 5_000 };

export async function importRoutes(app: FastifyInstance, deps: ImportRouteDeps): Promise<void> {
  const paces = new RateLimiter(pace, deps.now);
  const paced = async (request: FastifyRequest): Promise<void> => {
    const attempt = paces.take(request.principal?.id ?? request.ip);
    if (!attempt.allowed) throw tooMany(attempt.retryAfterMs, 'Each user and each token may import five times at once, dry runs included, then once every 5 s');
  };

  app.post<{ Body: DbTextBody; Querystring: ImportQuery }>('/api/v1/import/kamailio-dbtext', {
    bodyLimit: textBytes, config: { access: 'config.write' }, onRequest: paced,
    schema: {
      summary: "Import Kamailio's db_text tables", tags: ['import'], querystring: Query, body: DbTextBody, response: { 200: ImportReport },
      description: 'Files domain, domain_attrs, dispatcher and (optional) version by name. `tenant` puts all domains into one tenant; without it every domain id becomes one.',
    },
  }, async (request) => report(await deps.importer.kamailio(request.body.files, options(request.query), context(request, request.query, 'Import Kamailio db_text tables'))));

  // Lists of numbers are read while they arrive.
  await app.register(async (scope) => {
    scope.addContentTypeParser('text/csv', (_request, payload, done) => { done(null, payload); });
    scope.post<{ Querystring: NumbersQuery }>('/api/v1/import/numbers', {
      config: { access: 'config.write', upload: 'text/csv' }, onRequest: paced,
      schema: {
        summary: 'Import called numbers (text/csv)', tags: ['import'], querystring: NumbersQuery, response: { 200: ImportReport },
        description: 'Lines `pattern,tenant,routeSet,enabled,comment,externalId`; with a first line that names the columns they may stand in any order and all but `pattern` may be absent. `tenant` and `routeSet` of the query hold where a line says none. Numbers that the list does not have stay. At most 100,000 lines; errors point to `line:column`.',
      },
    }, async (request) => {
      const body: unknown = request.body;
      if (!isStream(body)) throw new ProblemError('unsupported-media-type', 'Send the list itself as text/csv.');
      const { tenant = null, routeSet = null } = request.query;
      return report(await deps.importer.numbers(body, { tenant, routeSet }, context(request, request.query, 'Import called numbers')));
    });
  });

  // SQLite files come as they are; no other route takes this media type.
  await app.register(async (scope) => {
    scope.addContentTypeParser(['application/octet-stream', 'application/vnd.sqlite3', 'application/x-sqlite3'], { parseAs: 'buffer', bodyLimit: sqliteBounds.bytes }, (_request, body, done) => {
      done(null, body);
    });
    scope.post<{ Querystring: ImportQuery }>('/api/v1/import/sip-router-notes', {
      bodyLimit: sqliteBounds.bytes, config: { access: 'config.write', upload: 'application/octet-stream' }, onRequest: paced,
      schema: {
        summary: "Import SIP Router Notes' SQLite database", tags: ['import'], querystring: Query, response: { 200: ImportReport },
        description: 'The file itself as application/octet-stream. `tenant` puts all domains into one tenant; without it every dispatcher set becomes one.',
      },
    }, async (request) => {
      if (!(request.body instanceof Uint8Array)) throw new ProblemError('unsupported-media-type', 'Send the SQLite file itself as application/octet-stream.');
      return report(await deps.importer.routerNotes(request.body, options(request.query), context(request, request.query, 'Import SIP Router Notes database')));
    });
  });
}

function options(query: ImportQuery): ImportOptions {
  return { tenant: query.tenant ?? null, algorithm: query.algorithm === undefined ? null : readAlgorithm(query.algorithm) };
}

function readAlgorithm(text: string): Algorithm {
  const found = Object.values(algorithms).find((number) => String(number) === text) ?? algorithmOf(text);
  if (found !== null) return found;
  const message = `must be one of ${Object.entries(algorithmNames).map(([number, name]) => `${number} (${name})`).join(', ')}`;
  throw new ProblemError('invalid', 'There is no such algorithm.', { errors: [{ pointer: '?algorithm', code: 'not-allowed', message }] });
}

function context(request: FastifyRequest, query: ImportQuery, summary: string): WriteRequest {
  return {
    actor: actorOf(request), address: request.ip, requestId: request.id, summary, dryRun: query.dryRun === '1' || query.dryRun === 'true',
    waitMs: query.wait === 'applied' ? query.timeoutMs ?? 5_000 : null,
  };
}

function report(outcome: ImportOutcome): ImportReport {
  if (outcome.ok) return outcome.value;
  throw outcome.error.kind === 'config' ? problemOf(outcome.error.fault) : fileProblem(outcome.error.fault);
}

/** `errors[].pointer` is the file with line and column: `domain:3:14`. */
function fileProblem(fault: ImportFault): ProblemError {
  const place = [fault.file, fault.line, fault.column].filter((part) => part !== null && part !== '').join(':');
  const where = place === '' ? '' : `${place}: `;
  return new ProblemError('invalid', `${where}${fault.message} Nothing was imported.`, { errors: [{ pointer: place, code: fault.code, message: fault.message }] });
}
