/** Moving in from other systems: a report first (`?dryRun=1`), then one revision. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { actorOf } from '../../audit/audit.ts';
import { tooMany } from '../../auth/authenticator.ts';
import { RateLimiter } from '../../auth/rate-limit.ts';
import { Slug } from '../../contract/fields.ts';
import { DbTextBody, ImportReport } from '../../contract/import.ts';
import { WriteQuery } from '../../contract/query.ts';
import type { Importer, ImportOutcome } from '../../import/importer.ts';
import type { ImportFault } from '../../import/report.ts';
import { sqliteBounds } from '../../import/router-notes-database.ts';
import { ProblemError } from '../../plugins/problem.ts';
import type { WriteRequest } from '../../services/config-service.ts';
import { problemOf } from './config-request.ts';

export interface ImportRouteDeps {
  readonly importer: Importer;
  readonly now: () => number;
}

const Query = Type.Object({ ...WriteQuery.properties, tenant: Type.Optional(Slug) }, { additionalProperties: false });
type ImportQuery = WriteQuery & { tenant?: string };

const textBytes = 32 * 1024 * 1024;
/** Imports are heavy: five at once for a principal, then one every 5 s. */
const pace = { burst: 5, refillMs: 5_000 };

export async function importRoutes(app: FastifyInstance, deps: ImportRouteDeps): Promise<void> {
  const paces = new RateLimiter(pace, deps.now);
  const paced = async (request: FastifyRequest): Promise<void> => {
    const attempt = paces.take(request.principal?.id ?? request.ip);
    if (!attempt.allowed) throw tooMany(attempt.retryAfterMs);
  };

  app.post<{ Body: DbTextBody; Querystring: ImportQuery }>('/api/v1/import/kamailio-dbtext', {
    bodyLimit: textBytes, config: { access: 'config.write' }, onRequest: paced,
    schema: {
      summary: "Import Kamailio's db_text tables", tags: ['import'], querystring: Query, body: DbTextBody, response: { 200: ImportReport },
      description: 'Files domain, domain_attrs, dispatcher and (optional) version by name. `tenant` puts all domains into one tenant; without it every domain id becomes one.',
    },
  }, async (request) => report(await deps.importer.kamailio(request.body.files, options(request.query), context(request, request.query, 'Import Kamailio db_text tables'))));

  // SQLite files come as they are; no other route takes this media type.
  await app.register(async (scope) => {
    scope.addContentTypeParser(['application/octet-stream', 'application/vnd.sqlite3', 'application/x-sqlite3'], { parseAs: 'buffer', bodyLimit: sqliteBounds.bytes }, (_request, body, done) => {
      done(null, body);
    });
    scope.post<{ Querystring: ImportQuery }>('/api/v1/import/sip-router-notes', {
      bodyLimit: sqliteBounds.bytes, config: { access: 'config.write' }, onRequest: paced,
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

function options(query: ImportQuery): { readonly tenant: string | null } {
  return { tenant: query.tenant ?? null };
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
