/** Who refers to rows that go away or change their tenant, seen through the draft. */
import type { TableName } from '../../dataplane/contract/rows.ts';
import type { Draft } from './draft.ts';
import { rulesOf, setsOf, touchedTables } from './rate-references.ts';
import type { Stored } from './stored.ts';
import { storedDispatcherSet } from './tables-dispatcher.ts';
import { storedAlias, storedNumber } from './tables-numbering.ts';
import { storedRouteSet, storedRule } from './tables-routing.ts';
import { storedDomain, storedTrunk } from './tables-tenancy.ts';

export interface Referrer {
  /** What is referred to, in words: "Route set 4". */
  readonly subject: string;
  readonly why: 'removed' | 'moved';
  readonly entity: string;
  readonly key: string;
}

/** Enough to name; a bulk write that removes many referrers itself looks further. */
const wanted = 21;

/** The first referrers that stand in the way; empty = none. */
export async function referrersOf(draft: Draft): Promise<readonly Referrer[]> {
  const tenants = removed(draft, 'tenant');
  const routeSets = [...removed(draft, 'routeSet'), ...moved(draft, 'routeSet')];
  const sets = [...removed(draft, 'dispatcherSet'), ...moved(draft, 'dispatcherSet')];
  const found: Referrer[] = [];
  if (tenants.length > 0) await ofTenants(draft, tenants, found);
  if (routeSets.length > 0) await ofRouteSets(draft, routeSets, found);
  if (sets.length > 0) {
    await ofDispatcherSets(draft, sets, found);
    await ofRates(draft, sets, found);
  }
  await ofRateTables(draft, found);
  return found;
}

function removed(draft: Draft, table: TableName): number[] {
  return [...draft.of(table).values()].filter((entry) => entry.original !== null && entry.current === null).map((entry) => Number(entry.original?.key));
}

/** Rows that now belong to a tenant they did not belong to; becoming shared hurts nobody. */
function moved(draft: Draft, table: 'routeSet' | 'dispatcherSet'): number[] {
  return [...draft.of(table).values()]
    .filter(({ original, current }) => original !== null && current !== null && current.row.tenant !== null && current.row.tenant !== original.row.tenant)
    .map((entry) => Number(entry.original?.key));
}

/** How many rows to read: those the draft changed itself may all be among them. */
function depth(draft: Draft, table: TableName): number {
  return wanted + draft.of(table).size;
}

async function ofTenants(draft: Draft, ids: readonly number[], found: Referrer[]): Promise<void> {
  const names = new Map(ids.map((id) => [id, draft.of('tenant').get(String(id))?.original?.row.key ?? String(id)]));
  const add = (table: 'domain' | 'trunk' | 'number' | 'alias' | 'routeSet' | 'dispatcherSet', entity: string): void => {
    for (const { current } of draft.of(table).values()) {
      const name = current === null || current.row.tenant === null ? undefined : names.get(current.row.tenant);
      if (current !== null && name !== undefined) found.push({ subject: `Tenant ${name}`, why: 'removed', entity, key: current.key });
    }
  };
  const where = { tenantId: { in: [...ids] } };
  know(draft, 'domain', (await draft.tx.domain.findMany({ where, take: depth(draft, 'domain') })).map(storedDomain));
  know(draft, 'trunk', (await draft.tx.trunk.findMany({ where, take: depth(draft, 'trunk') })).map(storedTrunk));
  know(draft, 'number', (await draft.tx.calledNumber.findMany({ where, take: depth(draft, 'number') })).map(storedNumber));
  know(draft, 'alias', (await draft.tx.alias.findMany({ where, take: depth(draft, 'alias') })).map(storedAlias));
  know(draft, 'routeSet', (await draft.tx.routeSet.findMany({ where, take: depth(draft, 'routeSet') })).map(storedRouteSet));
  know(draft, 'dispatcherSet', (await draft.tx.dispatcherSet.findMany({ where, take: depth(draft, 'dispatcherSet') })).map(storedDispatcherSet));
  add('domain', 'domain');
  add('trunk', 'trunk');
  add('number', 'number');
  add('alias', 'alias');
  add('routeSet', 'route-set');
  add('dispatcherSet', 'dispatcher-set');
}

async function ofRouteSets(draft: Draft, numbers: readonly number[], found: Referrer[]): Promise<void> {
  const where = { routeSetId: { in: [...numbers] } };
  const among = new Set(numbers);
  know(draft, 'domain', (await draft.tx.domain.findMany({ where, take: depth(draft, 'domain') })).map(storedDomain));
  know(draft, 'trunk', (await draft.tx.trunk.findMany({ where, take: depth(draft, 'trunk') })).map(storedTrunk));
  know(draft, 'number', (await draft.tx.calledNumber.findMany({ where, take: depth(draft, 'number') })).map(storedNumber));
  for (const table of ['domain', 'trunk', 'number'] as const) {
    for (const { current } of draft.of(table).values()) {
      if (current === null || !among.has(current.row.routeSet)) continue;
      const target = draft.of('routeSet').get(String(current.row.routeSet))?.current ?? null;
      const subject = `Route set ${current.row.routeSet}`;
      if (target === null) found.push({ subject, why: 'removed', entity: table, key: current.key });
      else if (target.row.tenant !== null && target.row.tenant !== current.row.tenant) found.push({ subject, why: 'moved', entity: table, key: current.key });
    }
  }
}

async function ofDispatcherSets(draft: Draft, ids: readonly number[], found: Referrer[]): Promise<void> {
  const among = new Set(ids);
  know(draft, 'rule', (await draft.tx.rule.findMany({ where: { sets: { hasSome: [...ids] } }, take: depth(draft, 'rule') })).map(storedRule));
  const rules = [...draft.of('rule').values()].flatMap(({ current }) => (current === null ? [] : [current]));
  const concerned = rules.filter((rule) => rule.row.sets.some((set) => among.has(set)));
  await draft.load('routeSet', concerned.map((rule) => String(rule.row.routeSet)));
  for (const rule of concerned) {
    const owner = draft.of('routeSet').get(String(rule.row.routeSet))?.current ?? null;
    for (const set of rule.row.sets) {
      if (!among.has(set)) continue;
      const target = draft.of('dispatcherSet').get(String(set))?.current ?? null;
      const reference = { subject: `Dispatcher set ${set}`, entity: 'route-set', key: String(rule.row.routeSet) } as const;
      const why = target === null ? 'removed' : target.row.tenant !== null && target.row.tenant !== (owner?.row.tenant ?? null) ? 'moved' : null;
      if (why !== null && !found.some((one) => one.entity === reference.entity && one.key === reference.key)) found.push({ ...reference, why });
    }
  }
}

/** A table without rates is none: rules must not choose by it. */
async function ofRateTables(draft: Draft, found: Referrer[]): Promise<void> {
  const gone = new Set([...draft.of('rate').values()].flatMap(({ original, current }) => (original !== null && current === null ? [original.row.table] : [])));
  for (const table of [...await touchedTables(draft), ...gone]) {
    if (!await isEmptied(draft, table)) continue;
    for (const { routeSet } of await rulesOf(draft, table)) found.push({ subject: `Rate table ${table}`, why: 'removed', entity: 'route-set', key: String(routeSet) });
  }
}

async function isEmptied(draft: Draft, table: number): Promise<boolean> {
  const rates = [...draft.of('rate').values()].filter((entry) => (entry.original ?? entry.current)?.row.table === table);
  if (rates.some(({ current }) => current !== null)) return false;
  if (rates.length === 0) return (await setsOf(draft, table)).length === 0;
  return ((await draft.tx.rateTable.findUnique({ where: { number: table } }))?.rows ?? 0) <= rates.filter(({ original }) => original !== null).length;
}

/** Rate tables that name sets which go away, and route sets whose tables name sets of another tenant now. */
async function ofRates(draft: Draft, ids: readonly number[], found: Referrer[]): Promise<void> {
  const naming = await draft.tx.$queryRaw<{ table: number; set: number }[]>`SELECT DISTINCT table_number AS table, set_id AS set FROM rate WHERE set_id = ANY(${[...ids]}::integer[]) LIMIT 1000`;
  for (const { table, set } of naming) {
    if (!(await setsOf(draft, table)).some((used) => used.set === set)) continue;
    const target = draft.of('dispatcherSet').get(String(set))?.current ?? null;
    const subject = `Dispatcher set ${set}`;
    if (target === null) {
      found.push({ subject, why: 'removed', entity: 'rate-table', key: String(table) });
      continue;
    }
    for (const { routeSet } of await rulesOf(draft, table)) {
      const owner = (await draft.find('routeSet', String(routeSet)))?.row.tenant ?? null;
      if (target.row.tenant !== null && target.row.tenant !== owner) found.push({ subject, why: 'moved', entity: 'route-set', key: String(routeSet) });
    }
  }
}

function know<T extends TableName>(draft: Draft, table: T, rows: readonly Stored<T>[]): void {
  for (const stored of rows) draft.know(table, stored);
}
