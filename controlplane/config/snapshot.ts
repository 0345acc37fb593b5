/** All rows of one table in keyset pages, as plain SQL: a snapshot may be a million rows and needs no client objects. */
import { limits } from '../../dataplane/contract/limits.ts';
import type { Rows, TableName } from '../../dataplane/contract/rows.ts';
import type { SqlReader } from '../db/database.ts';
import {
  compileDestination, compileDispatcherSet, compileDomain, compileRouteSet, compileRule, compileSetting, compileTenant, compileTrunk,
} from './columns.ts';
import type {
  DestinationColumns, DispatcherSetColumns, DomainColumns, RouteSetColumns, RuleColumns, SettingColumns, TenantColumns, TrunkColumns,
} from './columns.ts';

interface Query<T extends TableName> {
  /** Named like the fields of the columns interface; `$1` = key to go on behind, `$2` = page size. */
  readonly sql: string;
  /** Sorts before every key. */
  readonly before: string | number;
  readonly compile: (columns: Readonly<Record<string, unknown>>) => Rows[T];
  readonly keyOf: (row: Rows[T]) => string | number;
}

/** A table that the database does not have. */
const nothing = { sql: 'SELECT $1::text, $2::integer WHERE false', before: '', compile: (): never => { throw new Error('no rows'); }, keyOf: () => '' };

// The casts below say what the SELECT beside them names.
const queries: { readonly [T in TableName]: Query<T> } = {
  setting: {
    sql: `SELECT unknown_domain AS "unknownDomain", require_to_match AS "requireToMatch", scanners, methods FROM "setting" WHERE "key" > $1 ORDER BY "key" LIMIT $2`,
    before: '', compile: (c) => compileSetting(c as unknown as SettingColumns), keyOf: () => 'global',
  },
  tenant: {
    sql: `SELECT id, "key", name, enabled, limits, policies FROM "tenant" WHERE id > $1 ORDER BY id LIMIT $2`,
    before: -1, compile: (c) => compileTenant(c as unknown as TenantColumns), keyOf: (row) => row.id,
  },
  dispatcherSet: {
    sql: `SELECT id, name, tenant_id AS "tenantId", algorithm, affinity, affinity_all AS "affinityAll", probing FROM "dispatcher_set" WHERE id > $1 ORDER BY id LIMIT $2`,
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
    sql: `SELECT id, route_set AS "routeSet", position, "match", methods, sets, strip, prepend FROM "rule" WHERE id > $1 ORDER BY id LIMIT $2`,
    before: -1, compile: (c) => compileRule(c as unknown as RuleColumns), keyOf: (row) => row.id,
  },
  domain: {
    sql: `SELECT name, tenant_id AS "tenantId", route_set AS "routeSetId", enabled, did FROM "domain" WHERE name > $1 ORDER BY name LIMIT $2`,
    before: '', compile: (c) => compileDomain(c as unknown as DomainColumns), keyOf: (row) => row.name,
  },
  certificate: nothing,
  rate: nothing,
  number: nothing,
  alias: nothing,
  trunk: {
    sql: `SELECT "key", name, tenant_id AS "tenantId", route_set AS "routeSetId", enabled, sources FROM "trunk" WHERE "key" > $1 ORDER BY "key" LIMIT $2`,
    before: '', compile: (c) => compileTrunk(c as unknown as TrunkColumns), keyOf: (row) => row.key,
  },
  node: {
    sql: `SELECT id::text AS id, draining FROM "node" WHERE draining AND id::text > $1 ORDER BY id::text LIMIT $2`,
    before: '', compile: (c) => ({ id: String(c['id']), draining: c['draining'] === true, answerOptions: true }), keyOf: (row) => row.id,
  },
};

/** Pages of at most `limits.chunkRows` rows. */
export async function* snapshotPages<T extends TableName>(sql: SqlReader, table: T): AsyncGenerator<readonly { readonly key: string; readonly row: Rows[T] }[]> {
  const query: Query<T> = queries[table];
  let after: string | number = query.before;
  for (;;) {
    const found = await sql(query.sql, [after, limits.chunkRows]);
    if (found.length === 0) return;
    const page = found.map((columns) => {
      const row = query.compile(columns);
      const key = query.keyOf(row);
      after = key;
      return { key: String(key), row };
    });
    yield page;
    if (found.length < limits.chunkRows) return;
  }
}
