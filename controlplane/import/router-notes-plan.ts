/**
 * SIP Router Notes' SQLite layout → what an import wants (design 00, seed 001). PURE. Every dispatcher set that a domain
 * points at gets a route set of the same number; round robin, lower priority first, and the timers of the notes.
 */
import { algorithms } from '../../dataplane/contract/algorithms.ts';
import type { Algorithm } from '../../dataplane/contract/algorithms.ts';
import { isDomainPattern } from '../../dataplane/contract/decode-tenancy.ts';
import { limits } from '../../dataplane/contract/limits.ts';
import { parseTarget } from '../../dataplane/contract/target.ts';
import { notesChoice, readNotesFlags } from './destination-flags.ts';
import { readDispatcherAttrs } from './dispatcher-attrs.ts';
import { normalUri } from './kamailio-dispatcher.ts';
import type { ImportOptions, ImportPlan, PlannedDestination, PlannedSet } from './plan.ts';
import type { ImportSuggestion, Notes } from './report.ts';
import type { NotesDestination, NotesDomain, NotesTables } from './router-notes-database.ts';
import { planTenants } from './tenant-groups.ts';

/** The notes' modparams: probe every 30 s, down after 2, up after 2, only 200 is alive; fr_timer 5 s, fr_inv_timer 30 s. */
const probing = { mode: 'always', intervalMs: 30_000, downAfter: 2, upAfter: 2, codes: [200] } as const;
const failover = { frMs: 5_000, frInviteMs: 30_000 } as const;

/** What the notes' routing script does and the tables do not hold. */
const suggestions: readonly ImportSuggestion[] = [
  { code: 'methods-strict', message: 'SIP Router Notes let only REGISTER, INVITE, ACK, BYE, CANCEL and OPTIONS pass and answer 405 to everything else.', setting: { methods: 'strict' } },
  { code: 'require-to-match', message: 'SIP Router Notes drop requests whose To host differs from the Request-URI host.', setting: { requireToMatch: true } },
];

export function planNotes(tables: NotesTables, options: ImportOptions, warnings: Notes, cannotKeep: Notes): ImportPlan {
  const domains = keptDomains(tables.domains, warnings, cannotKeep);
  const groupOf = (domain: NotesDomain): string => (options.tenant === null ? String(domain.setid) : '');
  const usedIds = new Set(domains.map((domain) => domain.setid));
  const used = [...usedIds].sort((a, b) => a - b);
  const lines = Map.groupBy(tables.destinations, (destination) => destination.setid);
  for (const id of used) {
    if (!lines.has(id)) warnings.add('set-without-destinations', `dispatcher set ${id}`, 'A domain points at it, but the dispatcher table has no row for it; it is created empty and answers 503.');
  }
  noteFailover(tables.destinations, warnings);
  const groups = (id: number): string[] => (usedIds.has(id) ? [options.tenant === null ? String(id) : ''] : []);
  return {
    tenants: planTenants(domains.map((domain) => ({ group: groupOf(domain), domain: domain.domain })), options),
    dispatcherSets: [...new Set([...lines.keys(), ...used])].sort((a, b) => a - b).map((id) => planSet(id, lines.get(id) ?? [], groups(id), options.algorithm ?? algorithms.roundRobin, warnings, cannotKeep)),
    routeSets: used.map((id) => ({
      number: id, groups: groups(id), says: { rules: [{ match: { type: 'any' }, sets: [id] }] },
      defaults: { name: `set ${id}`, family: 'prefer', failover },
    })),
    domains: domains.map((domain) => ({
      name: domain.domain, where: domain.where, group: groupOf(domain),
      says: { routeSet: domain.setid, enabled: domain.enabled, comment: domain.comment.slice(0, limits.commentLength) },
    })),
    suggestions,
  };
}

function keptDomains(domains: readonly NotesDomain[], warnings: Notes, cannotKeep: Notes): readonly NotesDomain[] {
  const kept = new Map<string, NotesDomain>();
  for (const entry of domains) {
    const domain = entry.domain.trim().toLowerCase();
    if (!isDomainPattern(domain)) {
      cannotKeep.add('bad-domain', entry.where, `"${domain.slice(0, 80)}" is not a host name; the domain is left out.`);
      continue;
    }
    if (domain !== entry.domain) {
      // The notes compare with SQL's `=`, which is exact: such a row never matched unless the phone wrote it the same way.
      warnings.add('domain-case', entry.where, `"${entry.domain.slice(0, 80)}" is kept in lower case without blanks; SIP compares domains without case.`);
    }
    const before = kept.get(domain);
    if (before !== undefined) {
      warnings.add('duplicate-domain', entry.where, `"${domain}" is there already (${before.where}); this row is left out.`);
      continue;
    }
    kept.set(domain, { ...entry, domain });
  }
  return [...kept.values()];
}

function noteFailover(destinations: readonly NotesDestination[], warnings: Notes): void {
  const without = destinations.filter((destination) => (destination.flags & 2) === 0).length;
  if (without === 0) return;
  warnings.add('failover', 'dispatcher', `${without} of ${destinations.length} destinations do not have flag 2 (failover). Here a call always goes on to the next destination when one does not answer, cannot be reached, or answers 500 or 503; set maxAttempts of a route set to 1 to switch that off.`);
}

function planSet(id: number, rows: readonly NotesDestination[], groups: readonly string[], algorithm: Algorithm, warnings: Notes, cannotKeep: Notes): PlannedSet {
  const kept = rows.slice(0, limits.destinationsPerSet);
  if (kept.length < rows.length) cannotKeep.add('too-many-destinations', `dispatcher set ${id}`, `${rows.length} destinations; a set holds ${limits.destinationsPerSet}.`);
  const ranks = new Map([...new Set(kept.map((row) => row.priority))].sort((a, b) => a - b).map((priority, index) => [priority, index + 1]));
  const choice = notesChoice(algorithm, kept.map((row) => row.flags));
  const destinations = kept.toSorted((a, b) => a.priority - b.priority).flatMap((row) => planDestination(row, ranks.get(row.priority) ?? 1, choice.algorithm, warnings, cannotKeep));
  return { id, groups, destinations, says: {}, defaults: { name: `set ${id}`, ...choice, probing: { ...probing, codes: [...probing.codes] } } };
}

function planDestination(row: NotesDestination, rank: number, algorithm: Algorithm, warnings: Notes, cannotKeep: Notes): readonly PlannedDestination[] {
  const uri = normalUri(row.destination.trim(), row.where, warnings);
  if (parseTarget(uri) === null) {
    cannotKeep.add('bad-uri', row.where, `"${uri.slice(0, 80)}" is not a usable destination; accepted is sip:host[:port][;transport=udp|tcp|tls], IPv6 in brackets. The row is left out.`);
    return [];
  }
  readNotesFlags(row.flags, algorithm, row.where, warnings, cannotKeep);
  const { attrs, weight, pingFrom } = readDispatcherAttrs(row.attrs, row.where, warnings, cannotKeep);
  return [{ where: row.where, says: { uri, rank, attrs: { ...attrs, ...(pingFrom === null ? {} : { ping_from: pingFrom }) }, ...(weight === null ? {} : { weight }) }, defaults: {} }];
}
