/** What may be there only once: external ids (per tenant, per set of destinations) and trunk sources. */
import type { TableName } from '../../dataplane/contract/rows.ts';
import type { Draft } from './draft.ts';
import { storedDestination, storedDispatcherSet } from './tables-dispatcher.ts';
import { storedAlias, storedNumber } from './tables-numbering.ts';
import { storedRouteSet } from './tables-routing.ts';
import { storedDomain, storedTenant, storedTrunk } from './tables-tenancy.ts';

type Named = 'tenant' | 'domain' | 'trunk' | 'number' | 'alias' | 'routeSet' | 'dispatcherSet' | 'destination';
const named: readonly Named[] = ['tenant', 'domain', 'trunk', 'number', 'alias', 'routeSet', 'dispatcherSet', 'destination'];

/** Adds a fault at `externalId` for each that another row of the same owner has. */
export async function checkExternalIds(draft: Draft): Promise<void> {
  for (const table of named) {
    const wanted = [...draft.of(table).values()]
      .flatMap(({ original, current }) => (current !== null && current !== original && current.note.externalId !== null ? [current.note.externalId] : []));
    if (wanted.length === 0) continue;
    await knowByExternalId(draft, table, wanted);
    reportTwins(draft, table);
  }
}

async function knowByExternalId(draft: Draft, table: Named, wanted: readonly string[]): Promise<void> {
  const { tx } = draft;
  const where = { externalId: { in: [...wanted] } };
  switch (table) {
    case 'tenant': for (const row of await tx.tenant.findMany({ where })) draft.know(table, storedTenant(row)); return;
    case 'domain': for (const row of await tx.domain.findMany({ where })) draft.know(table, storedDomain(row)); return;
    case 'trunk': for (const row of await tx.trunk.findMany({ where })) draft.know(table, storedTrunk(row)); return;
    case 'number': for (const row of await tx.calledNumber.findMany({ where })) draft.know(table, storedNumber(row)); return;
    case 'alias': for (const row of await tx.alias.findMany({ where })) draft.know(table, storedAlias(row)); return;
    case 'routeSet': for (const row of await tx.routeSet.findMany({ where })) draft.know(table, storedRouteSet(row)); return;
    case 'dispatcherSet': for (const row of await tx.dispatcherSet.findMany({ where })) draft.know(table, storedDispatcherSet(row)); return;
    case 'destination': for (const row of await tx.destination.findMany({ where })) draft.know(table, storedDestination(row)); return;
  }
}

function reportTwins(draft: Draft, table: Named): void {
  const holders = new Map<string, { readonly key: string; readonly at: string; readonly changed: boolean }>();
  for (const { original, current, at } of draft.of(table).values()) {
    if (current === null || current.note.externalId === null) continue;
    const scope = `${ownerOf(table, current.row)}/${current.note.externalId}`;
    const changed = current !== original;
    const other = holders.get(scope);
    if (other === undefined) {
      holders.set(scope, { key: current.key, at, changed });
    } else {
      const culprit = changed ? { at, holder: other.key } : { at: other.at, holder: current.key };
      draft.fault(`${culprit.at}/externalId`, 'taken', `is already the external id of ${table} ${culprit.holder}`);
    }
  }
}

function ownerOf(table: TableName, row: object): string {
  if (table === 'tenant') return '';
  if (table === 'destination') return String('set' in row ? row.set : '');
  return String('tenant' in row ? row.tenant : '');
}

/** Adds a fault for each trunk source that another trunk has: the first match would decide, by chance. */
export async function checkTrunkSources(draft: Draft): Promise<void> {
  const changed = [...draft.of('trunk').values()].filter((entry) => entry.current !== null && entry.current !== entry.original);
  if (changed.length === 0) return;
  const sources = [...new Set(changed.flatMap((entry) => entry.current?.row.sources ?? []))];
  for (const row of await draft.tx.trunk.findMany({ where: { sources: { hasSome: sources } } })) draft.know('trunk', storedTrunk(row));
  const holders = new Map<string, string>();
  for (const { original, current } of draft.of('trunk').values()) {
    if (current !== null && current === original) for (const source of current.row.sources) holders.set(source, current.key);
  }
  for (const { current, at } of changed) {
    for (const [index, source] of (current?.row.sources ?? []).entries()) {
      const holder = holders.get(source);
      if (holder !== undefined && holder !== current?.key) draft.fault(`${at}/sources/${index}`, 'taken', `is already a source of trunk ${holder}`);
      holders.set(source, current?.key ?? '');
    }
  }
}
