/** /api/v1/rate-tables: price lists of carriers for least-cost routing, up to a million lines each. */
import { Type } from 'typebox';
import { putRate, removeRate, removeRates, replaceRates } from '../../config/edit-rates.ts';
import { findRateTable, listRates, listRateTables, rateCursor } from '../../config/read-rates.ts';
import {
  ListQuery, listOf, Problem, Rate, RateBody, RatePrefix, RateTable, RateTableNumber, RateTableWritten, RateWritten, SetNumber, WriteQuery,
} from '../../contract/index.ts';
import type { WriteAnswer } from '../../contract/index.ts';
import { ProblemError } from '../../plugins/problem.ts';
import { readRates } from '../../rates/read-rates.ts';
import { isStream } from './body-stream.ts';
import { editOptions, found, listRequest, problemOf, Removed, runWrite, writeEntity, writeResponses } from './config-request.ts';
import type { ApiInstance, ConfigRouteDeps } from './config-request.ts';

const Params = Type.Object({ number: RateTableNumber }, { additionalProperties: false });
const RateParams = Type.Object({ number: RateTableNumber, prefix: RatePrefix, set: SetNumber }, { additionalProperties: false });
const { limit, cursor } = ListQuery.properties;
const TablesQuery = Type.Object({ limit, cursor }, { additionalProperties: false });
const RatesQuery = Type.Object({ limit, cursor, prefix: Type.Optional(RatePrefix), set: Type.Optional(SetNumber) }, { additionalProperties: false });
const tags = ['rate-tables'];

export async function rateRoutes(app: ApiInstance, deps: ConfigRouteDeps): Promise<void> {
  app.get('/api/v1/rate-tables', {
    config: { access: 'config.read' },
    schema: { summary: 'List rate tables with how many rates they have', tags, querystring: TablesQuery, response: { 200: listOf(RateTable) } },
  }, async (request) => listRateTables(deps.db, listRequest(request.query, 'number')));

  app.get('/api/v1/rate-tables/:number', {
    config: { access: 'config.read' },
    schema: { summary: 'Rates of a table, by prefix', tags, params: Params, querystring: RatesQuery, response: { 200: listOf(Rate), 404: Problem } },
  }, async (request, reply) => {
    const { number } = request.params;
    found(reply, await findRateTable(deps.db, number), `There is no rate table ${number}.`);
    const { limit: most = 50, prefix, set } = request.query;
    const after = rateCursor(request.query.cursor);
    if (!after.ok) throw new ProblemError('invalid', 'The cursor is not one of this list.', { errors: [{ pointer: '?cursor', code: 'format', message: 'must be the next of a page' }] });
    return listRates(deps.db, number, { after: after.value, limit: most, prefix, set });
  });

  app.delete('/api/v1/rate-tables/:number', {
    config: { access: 'config.write' },
    schema: { summary: 'Delete a rate table that no rule uses', tags, params: Params, querystring: WriteQuery, response: { 200: Removed, 404: Problem, ...writeResponses } },
  }, async (request) => {
    const { number } = request.params;
    return (await runWrite(deps, request, request.query, `Delete rate table ${number}`, (draft) => removeRates(draft, number, editOptions(request)))).answer;
  });

  app.put('/api/v1/rate-tables/:number/:prefix/:set', {
    config: { access: 'config.write' },
    schema: { summary: 'Set one rate', tags, params: RateParams, querystring: WriteQuery, body: RateBody, response: { 200: RateWritten, ...writeResponses } },
  }, async (request): Promise<Rate & WriteAnswer> => {
    const { number, prefix, set } = request.params;
    const { value, answer } = await runWrite(deps, request, request.query, `Put rate ${prefix} of set ${set} in rate table ${number}`, (draft) => putRate(draft, request.params, request.body.price));
    return { ...value, ...answer };
  });

  app.delete('/api/v1/rate-tables/:number/:prefix/:set', {
    config: { access: 'config.write' },
    schema: { summary: 'Delete one rate', tags, params: RateParams, querystring: WriteQuery, response: { 200: Removed, 404: Problem, ...writeResponses } },
  }, async (request) => {
    const { number, prefix, set } = request.params;
    return (await runWrite(deps, request, request.query, `Delete rate ${prefix} of set ${set} in rate table ${number}`, (draft) => removeRate(draft, request.params))).answer;
  });

  // Price lists come as they are and are read while they arrive; no other route takes this media type so.
  await app.register(async (scope: ApiInstance) => {
    scope.addContentTypeParser('text/csv', (_request, payload, done) => { done(null, payload); });
    scope.put('/api/v1/rate-tables/:number', {
      config: { access: 'config.write', upload: 'text/csv' },
      schema: {
        summary: 'Replace a rate table by a price list (text/csv)', tags, params: Params, querystring: WriteQuery, response: { 200: RateTableWritten, 201: RateTableWritten, ...writeResponses },
        description: 'Lines `prefix,set,price`; with a first line that names the columns they may stand in any order among others. At most 1,000,000 lines and 64 MiB; one revision. Errors point to `line:column`.',
      },
    }, async (request, reply) => {
      const { number } = request.params;
      const body: unknown = request.body;
      if (!isStream(body)) throw new ProblemError('unsupported-media-type', 'Send the price list itself as text/csv.');
      const list = await readRates(body);
      if (!list.ok) throw problemOf({ code: 'invalid', errors: list.error });
      return writeEntity(deps, request, reply, `Replace rate table ${number}`, (draft) => replaceRates(draft, number, list.value.texts, list.value.rows, editOptions(request)));
    });
  });
}
