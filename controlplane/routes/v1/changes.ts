/** /api/v1/changes: who changed what when, and the way back; /api/v1/bulk: many changes as one. */
import { Type } from 'typebox';
import { planBulk } from '../../config/bulk.ts';
import { findChange, listChanges } from '../../config/history.ts';
import { decodeCursor } from '../../config/paging.ts';
import { rollbackTo } from '../../config/rollback.ts';
import { BulkAnswer, BulkBody, Change, ChangeDetail, listOf, Problem, RollbackAnswer, WriteQuery } from '../../contract/index.ts';
import { ProblemError } from '../../plugins/problem.ts';
import { checkBody } from '../../plugins/validation.ts';
import { runWrite, writeResponses } from './config-request.ts';
import type { ApiInstance, ConfigRouteDeps } from './config-request.ts';

const Params = Type.Object({ rev: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }) }, { additionalProperties: false });
const Query = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 50 })),
  cursor: Type.Optional(Type.String({ maxLength: 512 })),
  table: Type.Optional(Type.String({ maxLength: 64, description: 'Only revisions that changed a row of this wire table' })),
  key: Type.Optional(Type.String({ maxLength: 255, description: 'Only revisions that changed the row of this key' })),
  actor: Type.Optional(Type.String({ maxLength: 300 })),
}, { additionalProperties: false });
const tags = ['changes'];
const bulkLimit = 64 * 1024 * 1024;

export async function changeRoutes(app: ApiInstance, deps: ConfigRouteDeps): Promise<void> {
  app.get('/api/v1/changes', {
    config: { access: 'config.read' },
    schema: { summary: 'List revisions, newest first', tags, querystring: Query, response: { 200: listOf(Change) } },
  }, async (request) => {
    const { limit = 50, cursor, table, key, actor } = request.query;
    const before = decodeCursor(cursor, 'number');
    if (!before.ok) throw new ProblemError('invalid', 'The cursor is not one of this list.', { errors: [{ pointer: '?cursor', code: 'format', message: 'must be the next of a page' }] });
    return listChanges(deps.db, { before: before.value, limit, table, key, actor });
  });

  app.get('/api/v1/changes/:rev', {
    config: { access: 'config.read' },
    schema: { summary: 'Read a revision with every row before and after', tags, params: Params, response: { 200: ChangeDetail, 404: Problem } },
  }, async (request) => {
    const change = await findChange(deps.db, request.params.rev);
    if (change === null) throw new ProblemError('not-found', `The change log holds no revision ${request.params.rev}.`);
    return change;
  });

  app.post('/api/v1/changes/:rev/rollback', {
    config: { access: 'config.write' },
    schema: { summary: 'Make the configuration what it was at a revision, as a new revision', tags, params: Params, querystring: WriteQuery, response: { 200: RollbackAnswer, 404: Problem, 410: Problem, ...writeResponses } },
  }, async (request) => {
    const { rev } = request.params;
    return (await runWrite(deps, request, request.query, `Roll back to revision ${rev}`, (draft) => rollbackTo(draft, rev))).answer;
  });

  app.post('/api/v1/bulk', {
    bodyLimit: bulkLimit, config: { access: 'config.write' },
    schema: { summary: 'Many edits as one revision, all or nothing', tags, querystring: WriteQuery, body: BulkBody, response: { 200: BulkAnswer, ...writeResponses } },
  }, async (request) => {
    const { operations } = request.body;
    const summary = `Bulk write of ${operations.length} ${operations.length === 1 ? 'operation' : 'operations'}`;
    return (await runWrite(deps, request, request.query, summary, (draft) => planBulk(draft, operations, checkBody, '/operations'))).answer;
  });
}
