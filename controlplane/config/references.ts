/** What the decoders cannot see: references exist, tenants match, nothing in use goes away, external ids are unique. */
import type { TableName } from '../../dataplane/contract/rows.ts';
import type { ProblemReference } from '../contract/problem.ts';
import type { Draft, Entry } from './draft.ts';
import type { ConfigFault } from './fault.ts';
import { checkRates } from './rate-references.ts';
import { checkExternalIds, checkTrunkSources } from './uniqueness.ts';
import { referrersOf } from './referrers.ts';
import type { Referrer } from './referrers.ts';

const shownReferences = 20;

/** Adds faults to the draft for what a request's fields say; returns a refusal when something still in use would go. */
export async function checkReferences(draft: Draft): Promise<ConfigFault | null> {
  await loadReferenced(draft);
  for (const entry of changedOf(draft, 'domain')) checkOwned(draft, entry);
  for (const entry of changedOf(draft, 'trunk')) checkOwned(draft, entry);
  for (const entry of changedOf(draft, 'number')) checkOwned(draft, entry);
  for (const entry of changedOf(draft, 'alias')) checkAlias(draft, entry);
  for (const entry of changedOf(draft, 'routeSet')) checkTenant(draft, entry);
  for (const entry of changedOf(draft, 'dispatcherSet')) checkTenant(draft, entry);
  for (const entry of changedOf(draft, 'rule')) checkRule(draft, entry);
  await checkRates(draft);
  await checkExternalIds(draft);
  await checkTrunkSources(draft);
  return checkReferrers(draft);
}

type Put<T extends TableName> = Entry<T> & { readonly current: NonNullable<Entry<T>['current']> };

/** Rows that the write sets (not those it removes). */
export function changedOf<T extends TableName>(draft: Draft, table: T): Put<T>[] {
  return [...draft.of(table).values()].filter((entry): entry is Put<T> => entry.current !== null && entry.current !== entry.original);
}

async function loadReferenced(draft: Draft): Promise<void> {
  const tenants = new Set<string>();
  const routeSets = new Set<string>();
  const sets = new Set<string>();
  for (const { current: { row } } of [...changedOf(draft, 'domain'), ...changedOf(draft, 'trunk'), ...changedOf(draft, 'number')]) {
    tenants.add(String(row.tenant));
    routeSets.add(String(row.routeSet));
  }
  for (const { current: { row } } of [...changedOf(draft, 'routeSet'), ...changedOf(draft, 'dispatcherSet'), ...changedOf(draft, 'alias')]) {
    if (row.tenant !== null) tenants.add(String(row.tenant));
  }
  for (const { current: { row } } of changedOf(draft, 'rule')) {
    routeSets.add(String(row.routeSet));
    for (const set of row.sets) sets.add(String(set));
  }
  const hosts = changedOf(draft, 'alias').map(({ current: { row } }) => hostOf(row.alias));
  await draft.load('domain', hosts);
  await draft.load('tenant', tenants);
  await draft.load('routeSet', routeSets);
  await draft.load('dispatcherSet', sets);
}

function checkOwned(draft: Draft, { current: { row }, at }: Put<'domain'> | Put<'trunk'> | Put<'number'>): void {
  if (!present(draft, 'tenant', row.tenant)) draft.fault(`${at}/tenant`, 'not-found', 'there is no such tenant');
  const routeSet = draft.of('routeSet').get(String(row.routeSet))?.current;
  if (routeSet === null || routeSet === undefined) {
    draft.fault(`${at}/routeSet`, 'not-found', `there is no route set ${row.routeSet}`);
  } else if (routeSet.row.tenant !== null && routeSet.row.tenant !== row.tenant) {
    draft.fault(`${at}/routeSet`, 'mismatch', `route set ${row.routeSet} belongs to another tenant`);
  }
}

function checkTenant(draft: Draft, { current: { row }, at }: Put<'routeSet'> | Put<'dispatcherSet'> | Put<'alias'>): void {
  if (row.tenant !== null && !present(draft, 'tenant', row.tenant)) draft.fault(`${at}/tenant`, 'not-found', 'there is no such tenant');
}

/** Nobody gives other names to the addresses of somebody else's domain. */
function checkAlias(draft: Draft, entry: Put<'alias'>): void {
  checkTenant(draft, entry);
  const { row } = entry.current;
  const domain = draft.of('domain').get(hostOf(row.alias))?.current ?? null;
  if (domain !== null && domain.row.tenant !== row.tenant) draft.fault(`${entry.at}/tenant`, 'mismatch', `the domain ${domain.key} belongs to another tenant`);
}

const hostOf = (address: string): string => address.slice(address.indexOf('@') + 1);

function checkRule(draft: Draft, { current: { row }, at }: Put<'rule'>): void {
  const owner = draft.of('routeSet').get(String(row.routeSet))?.current?.row.tenant ?? null;
  for (const [index, set] of row.sets.entries()) {
    const stored = draft.of('dispatcherSet').get(String(set))?.current;
    if (stored === null || stored === undefined) {
      draft.fault(`${at}/sets/${index}`, 'not-found', `there is no dispatcher set ${set}`);
    } else if (stored.row.tenant !== null && stored.row.tenant !== owner) {
      draft.fault(`${at}/sets/${index}`, 'mismatch', `dispatcher set ${set} belongs to another tenant`);
    }
  }
}

function present(draft: Draft, table: TableName, id: number): boolean {
  return (draft.of(table).get(String(id))?.current ?? null) !== null;
}

/** Rows elsewhere that refer to what was removed, or that no longer match the tenant of what moved. */
async function checkReferrers(draft: Draft): Promise<ConfigFault | null> {
  const referrers = await referrersOf(draft);
  if (referrers.length === 0) return null;
  const [first] = referrers;
  const listed = referrers.slice(0, shownReferences);
  const references: ProblemReference[] = listed.map(({ entity, key }) => ({ entity, key }));
  const names = listed.slice(0, 5).map(({ entity, key }) => `${entity.replace('-', ' ')} ${key}`).join(', ');
  const more = referrers.length > 5 ? ` and ${referrers.length > shownReferences ? 'more' : `${referrers.length - 5} more`}` : '';
  return { code: 'in-use', detail: `${sentence(first)}: ${names}${more}.`, references };
}

function sentence(referrer: Referrer | undefined): string {
  if (referrer === undefined) return 'It is still in use';
  return referrer.why === 'removed'
    ? `${referrer.subject} cannot be deleted, these still refer to it`
    : `${referrer.subject} cannot move to another tenant, these use it and would not match`;
}
