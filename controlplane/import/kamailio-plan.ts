/** Kamailio's db_text folder → what an import wants (design 00, seed 000). PURE. */
import { algorithms } from '../../dataplane/contract/algorithms.ts';
import type { Algorithm } from '../../dataplane/contract/algorithms.ts';
import type { Result } from '../../dataplane/contract/result.ts';
import { err, ok } from '../../dataplane/contract/result.ts';
import { limits } from '../../dataplane/contract/limits.ts';
import { isDomainPattern } from '../../dataplane/contract/decode-tenancy.ts';
import { parseDbText } from './db-text.ts';
import type { DbTextTable } from './db-text.ts';
import { readRows } from './db-text-rows.ts';
import { familyOffsets, readRoutes } from './kamailio-routes.ts';
import type { KamailioRoute } from './kamailio-routes.ts';
import { readAttributes, readDomains } from './kamailio-domains.ts';
import type { KamailioDomain } from './kamailio-domains.ts';
import { readDispatcherTable } from './kamailio-dispatcher.ts';
import type { KamailioSet } from './kamailio-dispatcher.ts';
import type { ImportOptions, ImportPlan, PlannedDomain, PlannedRouteSet, PlannedSet } from './plan.ts';
import { planTenants } from './tenant-groups.ts';
import type { ImportFault, Notes } from './report.ts';

const tableNames = ['version', 'domain', 'domain_attrs', 'dispatcher'] as const;
const assumedAlgorithm = algorithms.roundRobin;
type KamailioTable = (typeof tableNames)[number];
/** Table versions of Kamailio 3.3 to 6.0. */
const versions: Readonly<Record<string, number>> = { dispatcher: 4, domain: 2, domain_attrs: 1 };

/** `files`: name → text; a path before the name is ignored. Needs domain, domain_attrs and dispatcher. */
export function planKamailio(files: Readonly<Record<string, string>>, options: ImportOptions, warnings: Notes, cannotKeep: Notes): Result<ImportPlan, ImportFault> {
  // First, so that it is in the list however many follow.
  if (options.algorithm === null) warnings.add('algorithm-assumed', 'dispatcher', 'The tables do not say how destinations are chosen: that is an argument of ds_select_dst in kamailio.cfg. New sets get algorithm 4 (round robin); a set that exists already keeps its own. Compare with your script, or say it with ?algorithm=.');
  const tables = parseTables(files, warnings);
  if (!tables.ok) return tables;
  const { domain, domain_attrs: attrs, dispatcher, version } = tables.value;
  for (const [name, table] of [['domain', domain], ['domain_attrs', attrs], ['dispatcher', dispatcher]] as const) {
    if (table === undefined) return err({ code: 'missing-file', file: name, line: null, column: null, message: `The file "${name}" is missing; a db_text folder has domain, domain_attrs and dispatcher.` });
  }
  if (domain === undefined || attrs === undefined || dispatcher === undefined) return err({ code: 'missing-file', file: '', line: null, column: null, message: 'A file is missing.' });
  const checked = checkVersions(version, warnings);
  if (!checked.ok) return checked;
  const domains = readDomains(domain, warnings);
  if (!domains.ok) return domains;
  const attributes = readAttributes(attrs, warnings);
  if (!attributes.ok) return attributes;
  const sets = readDispatcherTable(dispatcher, options.algorithm ?? assumedAlgorithm, warnings, cannotKeep);
  if (!sets.ok) return sets;
  const dids = new Set(domains.value.map((entry) => entry.did));
  for (const attribute of attributes.value) {
    if (!dids.has(attribute.did)) warnings.add('attribute-without-domain', attribute.where, `No domain has the did "${attribute.did.slice(0, 64)}".`);
  }
  const routes = readRoutes(attributes.value.filter((attribute) => dids.has(attribute.did)), sets.value, warnings, cannotKeep);
  return ok(assemble(domains.value, routes, sets.value, options, warnings, cannotKeep));
}

function parseTables(files: Readonly<Record<string, string>>, warnings: Notes): Result<Partial<Record<KamailioTable, DbTextTable>>, ImportFault> {
  const tables: Partial<Record<KamailioTable, DbTextTable>> = {};
  for (const [path, text] of Object.entries(files)) {
    const base = path.split(/[/\\]/).at(-1) ?? path;
    const name = tableNames.find((known) => known === base);
    if (name === undefined) {
      warnings.add('file-ignored', path.slice(0, 128), `The file is not read; known are ${tableNames.join(', ')}.`);
      continue;
    }
    if (tables[name] !== undefined) return err({ code: 'file-twice', file: path, line: null, column: null, message: `The table "${name}" is there twice.` });
    const table = parseDbText(name, text, warnings);
    if (!table.ok) return table;
    tables[name] = table.value;
  }
  return ok(tables);
}

function checkVersions(table: DbTextTable | undefined, warnings: Notes): Result<null, ImportFault> {
  if (table === undefined) {
    warnings.add('version-missing', 'version', 'There is no "version" table. Kamailio needs one; the newest layouts are assumed.');
    return ok(null);
  }
  const rows = readRows(table, [{ name: 'table_name', type: 'string', required: true }, { name: 'table_version', type: 'int', required: true }], ['id'], warnings);
  if (!rows.ok) return rows;
  for (const row of rows.value) {
    const expected = versions[row.text('table_name') ?? ''];
    if (expected !== undefined && row.int('table_version') !== expected) {
      warnings.add('table-version', row.where, `The table "${row.text('table_name') ?? ''}" has the version ${row.int('table_version') ?? 'NULL'}; ${expected} is known. Its columns are read by name.`);
    }
  }
  return ok(null);
}

function assemble(domains: readonly KamailioDomain[], routes: ReadonlyMap<string, KamailioRoute>, sets: ReadonlyMap<number, KamailioSet>, options: ImportOptions, warnings: Notes, cannotKeep: Notes): ImportPlan {
  const kept = domains.filter((entry) => isKept(entry, routes, cannotKeep));
  const groupOf = (entry: KamailioDomain): string => (options.tenant === null ? entry.did : '');
  const users = new Map<KamailioRoute['routeSet'], { route: KamailioRoute; groups: Set<string> }>();
  for (const entry of kept) {
    const route = routes.get(entry.did);
    if (route === undefined) continue;
    const user = users.get(route.routeSet) ?? { route, groups: new Set<string>() };
    users.set(route.routeSet, user);
    user.groups.add(groupOf(entry));
  }
  const setGroups = new Map<number, Set<string>>();
  for (const { route, groups } of users.values()) {
    for (const id of route.sets) {
      const members = setGroups.get(id) ?? new Set<string>();
      setGroups.set(id, members);
      for (const group of groups) members.add(group);
    }
  }
  for (const id of setGroups.keys()) {
    if (!sets.has(id)) warnings.add('set-without-destinations', `dispatcher set ${id}`, 'A route leads to it, but the dispatcher table has no line for it; it is created empty and answers 503.');
  }
  const ids = [...new Set([...sets.keys(), ...setGroups.keys()])].sort((a, b) => a - b);
  return {
    tenants: planTenants(kept.map((entry) => ({ group: groupOf(entry), domain: entry.domain })), options),
    dispatcherSets: ids.map((id) => planSet(id, sets.get(id), [...setGroups.get(id) ?? []], options.algorithm ?? assumedAlgorithm, warnings)),
    routeSets: [...users.values()].map(({ route, groups }) => planRouteSet(route, [...groups])).sort((a, b) => a.number - b.number),
    domains: kept.map((entry): PlannedDomain => ({
      name: entry.domain, where: entry.where, group: groupOf(entry),
      says: { routeSet: routes.get(entry.did)?.routeSet ?? 0, did: entry.didGiven ? entry.did : '' },
    })),
    suggestions: [],
  };
}

function isKept(entry: KamailioDomain, routes: ReadonlyMap<string, KamailioRoute>, cannotKeep: Notes): boolean {
  if (!isDomainPattern(entry.domain)) {
    cannotKeep.add('bad-domain', entry.where, `"${entry.domain.slice(0, 80)}" is not a host name; the domain is left out.`);
    return false;
  }
  if (entry.did.length > limits.slugLength && entry.didGiven) {
    cannotKeep.add('long-did', entry.where, `The did of "${entry.domain}" is longer than ${limits.slugLength} characters; the domain is left out.`);
    return false;
  }
  if (!routes.has(entry.did)) {
    cannotKeep.add('domain-without-route', entry.where, `"${entry.domain}" (did "${entry.did}") has no usable "routeset" or "dispatcher_set_id"; a domain needs a route set, it is left out.`);
    return false;
  }
  return true;
}

function planSet(id: number, set: KamailioSet | undefined, groups: readonly string[], algorithm: Algorithm, warnings: Notes): PlannedSet {
  const family = splitFamily(id, groups);
  if (family !== null && set?.targets.some((target) => target.family !== 0 && target.family !== family.family) === true) {
    warnings.add('family', `dispatcher set ${id}`, `By its number it is for IPv${family.family}, but some of its destinations are of the other family.`);
  }
  return {
    id, groups, destinations: set?.destinations ?? [],
    says: set === undefined || (!set.noProbe && set.pingFrom === '') ? {} : {
      probing: { ...(set.noProbe ? { mode: 'never' as const, useUnknown: true } : {}), ...(set.pingFrom === '' ? {} : { from: set.pingFrom }) },
    },
    defaults: { name: family === null ? `set ${id}` : `routeset ${family.routeSet} IPv${family.family}`, algorithm },
  };
}

function splitFamily(id: number, groups: readonly string[]): { routeSet: number; family: 4 | 6 } | null {
  if (groups.length === 0) return null;
  if (id > familyOffsets.ipv6) return { routeSet: id - familyOffsets.ipv6, family: 6 };
  return id > familyOffsets.ipv4 ? { routeSet: id - familyOffsets.ipv4, family: 4 } : null;
}

function planRouteSet(route: KamailioRoute, groups: readonly string[]): PlannedRouteSet {
  return {
    number: route.routeSet, groups,
    says: { rules: [{ match: { type: 'any' }, sets: [...route.sets] }] },
    defaults: { name: `routeset ${route.routeSet}`, family: route.byFamily ? 'match' : 'prefer' },
  };
}
