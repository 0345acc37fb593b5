/** What refers to what around rate tables: their sets exist, and belong to nobody but those who use the table. */
import type { Draft } from './draft.ts';

interface UsedSet { readonly table: number; readonly set: number; /** Line of an upload, 0 = not from one. */ readonly line: number }

/** Adds faults for rates whose sets are missing or another tenant's, and for rules that name a table without rates. */
export async function checkRates(draft: Draft): Promise<void> {
  const single = changedRates(draft);
  const rules = [...draft.of('rule').values()].filter(({ original, current }) => current !== null && current !== original && current.row.rates !== 0);
  if (draft.rates === null && single.length === 0 && rules.length === 0) return;
  await checkSetsExist(draft, single);
  const tables = new Set([...await touchedTables(draft), ...single.map(({ table }) => table), ...rules.flatMap(({ current }) => current?.row.rates ?? [])]);
  for (const table of tables) await checkTable(draft, table, single);
}

/** Sets that one of the write's rates names, wherever it stands. */
async function checkSetsExist(draft: Draft, single: readonly UsedSet[]): Promise<void> {
  const wanted = draft.rates === null ? [] : await draft.tx.$queryRaw<UsedSet[]>`
    SELECT table_number AS table, set_id AS set, min(line)::integer AS line FROM rate_edit WHERE price IS NOT NULL GROUP BY table_number, set_id ORDER BY 3`;
  await draft.load('dispatcherSet', [...wanted, ...single].map(({ set }) => String(set)));
  for (const { set, line } of [...wanted, ...single]) {
    if ((draft.of('dispatcherSet').get(String(set))?.current ?? null) === null) draft.fault(placeOf(line), 'not-found', `there is no dispatcher set ${set}`);
  }
}

async function checkTable(draft: Draft, table: number, single: readonly UsedSet[]): Promise<void> {
  const sets = await setsOf(draft, table);
  for (const one of single) if (one.table === table && !sets.some(({ set }) => set === one.set)) sets.push(one);
  const users = await rulesOf(draft, table);
  await draft.load('dispatcherSet', sets.map(({ set }) => String(set)));
  await draft.load('routeSet', users.map(({ routeSet }) => String(routeSet)));
  for (const { routeSet, at } of users) {
    if (sets.length === 0 && at !== null) draft.fault(`${at}/rates`, 'not-found', `there is no rate table ${table}`);
    const owner = draft.of('routeSet').get(String(routeSet))?.current?.row.tenant ?? null;
    for (const { set, line } of sets) {
      const tenant = draft.of('dispatcherSet').get(String(set))?.current?.row.tenant ?? null;
      if (tenant === null || tenant === owner) continue;
      if (at === null) draft.fault(placeOf(line), 'mismatch', `dispatcher set ${set} belongs to another tenant than route set ${routeSet}, which uses rate table ${table}`);
      else draft.fault(`${at}/rates`, 'mismatch', `dispatcher set ${set} of rate table ${table} belongs to another tenant`);
    }
  }
}

/** The sets of a table as it will be, single edits left out. */
export async function setsOf(draft: Draft, table: number): Promise<UsedSet[]> {
  if (draft.rates === null) return draft.tx.$queryRaw<UsedSet[]>`SELECT DISTINCT table_number AS table, set_id AS set, 0 AS line FROM rate WHERE table_number = ${table}::integer`;
  return draft.tx.$queryRaw<UsedSet[]>`
    SELECT table_number AS table, set_id AS set, min(line)::integer AS line FROM (
      SELECT table_number, set_id, 0 AS line FROM rate r WHERE table_number = ${table}::integer
        AND NOT EXISTS (SELECT 1 FROM rate_edit e WHERE e.table_number = r.table_number AND e.prefix = r.prefix AND e.set_id = r.set_id)
      UNION ALL SELECT table_number, set_id, line FROM rate_edit WHERE table_number = ${table}::integer AND price IS NOT NULL
    ) used GROUP BY table_number, set_id`;
}

/** Rate tables that the write touches as a whole. */
export async function touchedTables(draft: Draft): Promise<readonly number[]> {
  if (draft.rates === null) return [];
  return (await draft.tx.$queryRaw<{ n: number }[]>`SELECT DISTINCT table_number AS n FROM rate_edit`).map(({ n }) => n);
}

/** Rules that will choose by a table. `at` is null for those that the write leaves alone. */
export async function rulesOf(draft: Draft, table: number): Promise<readonly { readonly routeSet: number; readonly at: string | null }[]> {
  const stored = await draft.tx.rule.findMany({ where: { rates: table }, select: { id: true } });
  await draft.load('rule', stored.map(({ id }) => String(id)));
  return [...draft.of('rule').values()].flatMap(({ original, current, at }) =>
    (current === null || current.row.rates !== table ? [] : [{ routeSet: current.row.routeSet, at: current === original ? null : at }]));
}

function changedRates(draft: Draft): UsedSet[] {
  return [...draft.of('rate').values()].flatMap(({ original, current }) => (current === null || current === original ? [] : [{ table: current.row.table, set: current.row.set, line: 0 }]));
}

/** `7:2` = the second column of line 7. */
const placeOf = (line: number): string => (line === 0 ? '' : `${line}:2`);
