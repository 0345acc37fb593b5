/** What an import changes, read off the draft that it was put on. */
import { canonicalJson } from '../../dataplane/contract/canonical.ts';
import type { TableName } from '../../dataplane/contract/rows.ts';
import { listedDestinations } from '../contract/import.ts';
import type { ImportedDestinations } from '../contract/import.ts';
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
  const add = (entity: ImportChange['entity'], key: string, entry: Entry<TableName> | undefined, parts: readonly string[], destinations: ImportedDestinations | null = null): void => {
    if (entry?.current === null || entry === undefined) return;
    const kind = entry.original === null ? 'creates' : entry.current === entry.original ? 'unchanged' : 'updates';
    const list = { creates, updates, unchanged }[kind];
    counts[kind] += 1;
    if (list.length >= listed) return;
    if (kind !== 'updates') list.push({ entity, key, fields: [] });
    else list.push({ entity, key, fields: [...changedFields(entry), ...parts], ...(destinations === null ? {} : { destinations }) });
  };
  const tenants = new Map([...draft.of('tenant').values()].map((entry) => [entry.current?.row.key ?? '', entry]));
  for (const tenant of plan.tenants) add('tenant', tenant.key, tenants.get(tenant.key), []);
  const destinations = changedOf(draft, 'destination', (row) => row.set);
  for (const { id } of plan.dispatcherSets) {
    add('dispatcher-set', String(id), draft.of('dispatcherSet').get(String(id)), destinations.has(id) ? ['destinations'] : [], destinationChanges(destinations.get(id) ?? []));
  }
  const rules = changedOf(draft, 'rule', (row) => row.routeSet);
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

/** Rows that came, went or changed, by their owner (set, route set). */
function changedOf<T extends 'destination' | 'rule'>(draft: Draft, table: T, owner: (row: NonNullable<Entry<T>['current']>['row']) => number): ReadonlyMap<number, readonly Entry<T>[]> {
  const owners = new Map<number, Entry<T>[]>();
  for (const entry of draft.of(table).values()) {
    const { original, current } = entry;
    if (original === current) continue;
    const row = (current ?? original)?.row;
    if (row === undefined) continue;
    const of = owners.get(owner(row));
    if (of === undefined) owners.set(owner(row), [entry]);
    else of.push(entry);
  }
  return owners;
}

/** null = none of them changes. */
function destinationChanges(entries: readonly Entry<'destination'>[]): ImportedDestinations | null {
  if (entries.length === 0) return null;
  const counts = { added: 0, changed: 0, removed: 0 };
  const items: ImportedDestinations['items'] = [];
  for (const entry of entries) {
    const { original, current } = entry;
    const change = original === null ? 'added' : current === null ? 'removed' : 'changed';
    counts[change] += 1;
    if (items.length < listedDestinations) items.push({ change, uri: (current ?? original)?.row.uri ?? '', fields: [...changedFields(entry)] });
  }
  return { ...counts, items };
}
