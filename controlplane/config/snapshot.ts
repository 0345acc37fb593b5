/** All rows of one table in keyset pages, as plain SQL: a snapshot may be a million rows and needs no client objects. */
import { rowKey } from '../../dataplane/contract/decode.ts';
import { limits } from '../../dataplane/contract/limits.ts';
import type { Rows, TableName } from '../../dataplane/contract/rows.ts';
import type { SqlReader } from '../db/database.ts';
import {
  compileAlias, compileCertificate, compileDestination, compileDispatcherSet, compileDomain, compileNumber, compileRate, compileRouteSet, compileRule, compileSetting, compileTenant, compileTrunk,
} from './columns.ts';
import type {
  AliasColumns, CertificateColumns, DestinationColumns, DispatcherSetColumns, DomainColumns, NumberColumns, RateColumns, RouteSetColumns, RuleColumns, SettingColumns, TenantColumns, TrunkColumns,
} from './columns.ts';

/** Rows are small, and there may be a million: fewer, longer pages. */
const ratePage = 10_000;

interface Query<T extends TableName> {
  /** Named like the fields of the columns interface; `$1` = key to go on behind, `$2` = page size. */
  readonly sql: string;
  readonly pageRows?: number;
  /** Sorts before every key. */
  readonly before: string | number;
  readonly compile: (columns: Readonly<Record<string, unknown>>) => Rows[T];
  /** What `$1` of the page behind this row is. */
  readonly keyOf: (row: Rows[T]) => string | number;
}

// The casts below say what the SELECT beside them names.
const queries: { readonly [T in TableName]: Query<T> } = {
  setting: {
    sql: `SELECT unknown_domain AS "unknownDomain", require_to_match AS "requireToMatch", scanners, methods, tls, registration, keep_alive AS "keepAlive", media FROM "setting" WHERE "key" > $1 ORDER BY "key" LIMIT $2`,
    before: '', compile: (c) => compileSetting(c as unknown as SettingColumns), keyOf: () => 'global',
  },
  tenant: {
    sql: `SELECT id, "key", name, enabled, limits, policies FROM "tenant" WHERE id > $1 ORDER BY id LIMIT $2`,
    before: -1, compile: (c) => compileTenant(c as unknown as TenantColumns), keyOf: (row) => row.id,
  },
  dispatcherSet: {
    sql: `SELECT id, name, tenant_id AS "tenantId", algorithm, affinity, affinity_all AS "affinityAll", hash_on AS "hashOn", slow_start_ms AS "slowStartMs", registration, probing FROM "dispatcher_set" WHERE id > $1 ORDER BY id LIMIT $2`,
    before: -1, compile: (c) => compileDispatcherSet(c as unknown as DispatcherSetColumns), keyOf: (row) => row.id,
  },
  destination: {
    sql: `SELECT id, set_id AS "setId", uri, rank, weight, admin, attrs FROM "destination" WHERE id > $1 ORDER BY id LIMIT $2`,
    before: -1, compile: (c) => compileDestination(c as unknown as DestinationColumns), keyOf: (row) => row.id,
  },
  routeSet: {
    sql: `SELECT "number", name, tenant_id AS "tenantId", family, failover FROM "route_set" WHERE "number" > $1 ORDER BY "number" LIMIT $2`,
    before: -1, compile: (c) => compileRouteSet(c as unknown as RouteSetColumns), keyOf: (row) => row.number,
  },
  rule: {
    sql: `SELECT id, route_set AS "routeSet", position, "match", methods, sets, strip, prepend, prices, windows, rates, enum_suffix AS "enumSuffix" FROM "rule" WHERE id > $1 ORDER BY id LIMIT $2`,
    before: -1, compile: (c) => compileRule(c as unknown as RuleColumns), keyOf: (row) => row.id,
  },
  domain: {
    sql: `SELECT name, tenant_id AS "tenantId", route_set AS "routeSetId", enabled, did FROM "domain" WHERE name > $1 ORDER BY name LIMIT $2`,
    before: '', compile: (c) => compileDomain(c as unknown as DomainColumns), keyOf: (row) => row.name,
  },
  certificate: {
    sql: `SELECT name, names, chain, "key" FROM "certificate" WHERE name > $1 ORDER BY name LIMIT $2`,
    before: '', compile: (c) => compileCertificate(c as unknown as CertificateColumns), keyOf: (row) => row.name,
  },
  rate: {
    // The key as one JSON parameter, because it has three parts.
    sql: `SELECT table_number AS "tableNumber", prefix, set_id AS "setId", price FROM "rate"
      WHERE (table_number, prefix, set_id) > (($1::jsonb ->> 0)::integer, $1::jsonb ->> 1, ($1::jsonb ->> 2)::integer)
      ORDER BY table_number, prefix, set_id LIMIT $2`,
    before: '[0,"",0]', pageRows: ratePage, compile: (c) => compileRate(c as unknown as RateColumns), keyOf: (row) => JSON.stringify([row.table, row.prefix, row.set]),
  },
  number: {
    sql: `SELECT pattern, tenant_id AS "tenantId", route_set AS "routeSetId", enabled FROM "number" WHERE pattern > $1 ORDER BY pattern LIMIT $2`,
    before: '', compile: (c) => compileNumber(c as unknown as NumberColumns), keyOf: (row) => row.pattern,
  },
  alias: {
    sql: `SELECT alias, target, tenant_id AS "tenantId", enabled FROM "alias" WHERE alias > $1 ORDER BY alias LIMIT $2`,
    before: '', compile: (c) => compileAlias(c as unknown as AliasColumns), keyOf: (row) => row.alias,
  },
  trunk: {
    sql: `SELECT "key", name, tenant_id AS "tenantId", route_set AS "routeSetId", enabled, sources, strip, prepend FROM "trunk" WHERE "key" > $1 ORDER BY "key" LIMIT $2`,
    before: '', compile: (c) => compileTrunk(c as unknown as TrunkColumns), keyOf: (row) => row.key,
  },
  node: {
    sql: `SELECT id::text AS id, draining, answer_options AS "answerOptions" FROM "node" WHERE (draining OR NOT answer_options) AND id::text > $1 ORDER BY id::text LIMIT $2`,
    before: '', compile: (c) => ({ id: String(c['id']), draining: c['draining'] === true, answerOptions: c['answerOptions'] === true }), keyOf: (row) => row.id,
  },
};

/** Pages of a thousand rows or some thousands. */
export async function* snapshotPages<T extends TableName>(sql: SqlReader, table: T): AsyncGenerator<readonly { readonly key: string; readonly row: Rows[T] }[]> {
  const query: Query<T> = queries[table];
  const pageRows = query.pageRows ?? limits.chunkRows;
  let after: string | number = query.before;
  for (;;) {
    const found = await sql(query.sql, [after, pageRows]);
    if (found.length === 0) return;
    const page = found.map((columns) => {
      const row = query.compile(columns);
      after = query.keyOf(row);
      return { key: rowKey(table, row), row };
    });
    yield page;
    if (found.length < pageRows) return;
  }
}
