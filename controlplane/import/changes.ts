/** What an import changes, read off the draft that it was put on. */
import { canonicalJson } from '../../dataplane/contract/canonical.ts';
import type { TableName } from '../../dataplane/contract/rows.ts';
import type { Draft, Entry } from '../config/draft.ts';
import type { ImportPlan } from './plan.ts';
import { listed } from './report.ts';
import type { ImportChange, ImportReport } from './report.ts';

export type ImportChanges = Pick<ImportReport, 'counts' | 'creates' | 'updates' | 'unchanged'>;

/** Creates, updates and what stays, in the order of the plan: tenants, dispatcher sets, route sets, domains. */
export function changesOf(draft: Draft, plan: ImportPlan): ImportChanges {
  const creates: ImportChange[] = [];
  const updates: ImportChange[] = [];
  const unchanged: ImportChange[] = [];
  const counts = { creates: 0, updates: 0, unchanged: 0 };
  const add = (entity: ImportChange['entity'], key: string, entry: Entry<TableName> | undefined, parts: readonly string[]): void => {
    if (entry?.current === null || entry === undefined) return;
    const kind = entry.original === null ? 'creates' : entry.current === entry.original ? 'unchanged' : 'updates';
    const list = { creates, updates, unchanged }[kind];
    counts[kind] += 1;
    if (list.length < listed) list.push({ entity, key, fields: kind === 'updates' ? [...changedFields(entry), ...parts] : [] });
  };
  const tenants = new Map([...draft.of('tenant').values()].map((entry) => [entry.current?.row.key ?? '', entry]));
  for (const tenant of plan.tenants) add('tenant', tenant.key, tenants.get(tenant.key), []);
  const destinations = changedOwners(draft, 'destination', (row) => row.set);
  for (const { id } of plan.dispatcherSets) {
    add('dispatcher-set', String(id), draft.of('dispatcherSet').get(String(id)), destinations.has(id) ? ['destinations'] : []);
  }
  const rules = changedOwners(draft, 'rule', (row) => row.routeSet);
  for (const { number } of plan.routeSets) {
    add('route-set', String(number), draft.of('routeSet').get(String(number)), rules.has(number) ? ['rules'] : []);
  }
  for (const { name } of plan.domains) add('domain', name, draft.of('domain').get(name), []);
  return { counts, creates, updates, unchanged };
}

function changedFields(entry: Entry<TableName>): readonly string[] {
  const { original, current } = entry;
  if (original === null || current === null) return [];
  const before: object = original.row;
  const after: object = current.row;
  const fields = Object.entries(after).filter(([name, value]) => canonicalJson(value) !== canonicalJson(Object.getOwnPropertyDescriptor(before, name)?.value ?? null)).map(([name]) => name);
  return original.note.comment === current.note.comment ? fields : [...fields, 'comment'];
}

/** Owners (sets, route sets) of rows that came, went or changed. */
function changedOwners<T extends 'destination' | 'rule'>(draft: Draft, table: T, owner: (row: NonNullable<Entry<T>['current']>['row']) => number): ReadonlySet<number> {
  const owners = new Set<number>();
  for (const { original, current } of draft.of(table).values()) {
    if (original === current) continue;
    const row = (current ?? original)?.row;
    if (row !== undefined) owners.add(owner(row));
  }
  return owners;
}
