/**
 * Kamailio's `dispatcher` table → destinations with ranks. PURE. The module tries the highest priority first, and lines
 * of one priority in reverse file order (its list is filled from the front and indexed from the back). Algorithm 15
 * alone takes the lowest priority first, all of one priority together; 13 and 14 also treat equal priorities as equals.
 */
import { algorithms } from '../../dataplane/contract/algorithms.ts';
import type { Algorithm } from '../../dataplane/contract/algorithms.ts';
import type { Result } from '../../dataplane/contract/result.ts';
import { err, ok } from '../../dataplane/contract/result.ts';
import { limits } from '../../dataplane/contract/limits.ts';
import type { Target } from '../../dataplane/contract/target.ts';
import { parseTarget } from '../../dataplane/contract/target.ts';
import { readRows } from './db-text-rows.ts';
import type { DbTextTable } from './db-text.ts';
import { readModuleFlags } from './destination-flags.ts';
import { readDispatcherAttrs } from './dispatcher-attrs.ts';
import type { PlannedDestination } from './plan.ts';
import type { ImportFault, Notes } from './report.ts';

export interface KamailioSet {
  readonly id: number;
  /** First tried first, ranks 1, 2, 3... */
  readonly destinations: readonly PlannedDestination[];
  readonly targets: readonly Target[];
  readonly noProbe: boolean;
  /** The probes' From URI that all destinations agree on; '' = none. */
  readonly pingFrom: string;
}

interface Line {
  readonly where: string;
  readonly uri: string;
  readonly target: Target;
  readonly priority: number;
  readonly noProbe: boolean;
  readonly pingFrom: string | null;
  readonly destination: { readonly attrs: Readonly<Record<string, string>>; readonly weight: number | null; readonly admin: 'disabled' | null; readonly comment: string };
}

/** All sets of the table by id. Lines whose URI cannot be used are noted and left out, as Kamailio does with ds_load_mode=0. */
export function readDispatcherTable(table: DbTextTable, algorithm: Algorithm, warnings: Notes, cannotKeep: Notes): Result<ReadonlyMap<number, KamailioSet>, ImportFault> {
  const rows = readRows(table, [
    { name: 'setid', type: 'int', required: true },
    { name: 'destination', type: 'string', required: true },
    { name: 'flags', type: 'int', required: false },
    { name: 'priority', type: 'int', required: false },
    { name: 'attrs', type: 'string', required: false },
    { name: 'description', type: 'string', required: false },
  ], ['id'], warnings);
  if (!rows.ok) return rows;
  const sets = new Map<number, Line[]>();
  for (const row of rows.value) {
    const id = row.int('setid');
    if (id === null || id < 0) return err(row.fault('setid', 'bad-setid', `The set id is ${id ?? 'empty'}; accepted are 0 and up.`));
    const lines = sets.get(id) ?? [];
    sets.set(id, lines);
    const uri = normalUri(row.text('destination') ?? '', row.where, warnings);
    const target = parseTarget(uri);
    if (target === null) {
      cannotKeep.add('bad-uri', row.where, `"${uri.slice(0, 80)}" is not a usable destination; accepted is sip:host[:port][;transport=udp|tcp|tls], IPv6 in brackets. The line is left out.`);
      continue;
    }
    const flags = readModuleFlags(row.int('flags') ?? 0, uri, row.where, warnings, cannotKeep);
    const attrs = readDispatcherAttrs(row.text('attrs'), row.where, warnings, cannotKeep);
    lines.push({
      where: row.where, uri, target, priority: row.int('priority') ?? 0, noProbe: flags.noProbe, pingFrom: attrs.pingFrom,
      destination: { attrs: attrs.attrs, weight: attrs.weight, admin: flags.admin, comment: (row.text('description') ?? '').slice(0, limits.commentLength) },
    });
  }
  return ok(new Map([...sets].map(([id, lines]) => [id, toSet(id, lines, algorithm, cannotKeep)])));
}

/** Adds the scheme that Kamailio adds and takes off a user part that its dispatcher ignores. */
export function normalUri(text: string, where: string, warnings: Notes): string {
  const withScheme = /^sips?:/i.test(text) ? text : `sip:${text}`;
  const match = /^(sips?:)([^@]*@)(.*)$/i.exec(withScheme);
  if (match === null) return withScheme;
  warnings.add('user-part', where, `"${withScheme.slice(0, 80)}" has a user part; a destination is a place only, it is left out.`);
  return `${match[1] ?? ''}${match[3] ?? ''}`;
}

/** Index 0 of Kamailio's array first: highest priority first, ties in reverse file order. */
export function inModuleOrder<T extends { readonly priority: number }>(lines: readonly T[]): readonly T[] {
  return lines.map((line, at) => ({ line, at }))
    .sort((a, b) => b.line.priority - a.line.priority || b.at - a.at)
    .map(({ line }) => line);
}

/** Rank by priority as the algorithm reads it: each its own, or one for all that count the same. */
export function ranksOf(priorities: readonly number[], algorithm: Algorithm): readonly number[] {
  if (algorithm === algorithms.tiers) return tiers(priorities, (a, b) => a - b);
  if (algorithm === algorithms.latency) return tiers(priorities, (a, b) => b - a);
  // All of one priority above 0: in turn. Else it is serial.
  if (algorithm === algorithms.rankRoundRobin && new Set(priorities).size === 1 && (priorities[0] ?? 0) > 0) return priorities.map(() => 1);
  return priorities.map((_, index) => index + 1);
}

function tiers(priorities: readonly number[], order: (a: number, b: number) => number): readonly number[] {
  const places = new Map([...new Set(priorities)].sort(order).map((priority, index) => [priority, index + 1]));
  return priorities.map((priority) => places.get(priority) ?? 1);
}

function toSet(id: number, lines: readonly Line[], algorithm: Algorithm, cannotKeep: Notes): KamailioSet {
  const where = `dispatcher set ${id}`;
  const kept = lines.slice(0, limits.destinationsPerSet);
  if (kept.length < lines.length) cannotKeep.add('too-many-destinations', where, `${lines.length} destinations; a set holds ${limits.destinationsPerSet}.`);
  const noProbe = kept.filter((line) => line.noProbe).length;
  if (noProbe > 0 && noProbe < kept.length) {
    cannotKeep.add('no-probe-flag', where, 'Flag 32 (no probe) stands on some of its destinations only; probing is a setting of the whole set, so all are probed.');
  }
  const froms = new Set(kept.map((line) => line.pingFrom ?? ''));
  // What all agree on is the set's; else each keeps its own.
  const pingFrom = froms.size === 1 ? [...froms][0] ?? '' : '';
  const ordered = inModuleOrder(kept);
  const ranks = ranksOf(ordered.map((line) => line.priority), algorithm);
  return {
    id, targets: kept.map((line) => line.target), noProbe: kept.length > 0 && noProbe === kept.length, pingFrom,
    destinations: ordered.map((line, index) => ({
      where: line.where,
      says: {
        uri: line.uri, rank: ranks[index] ?? 1,
        attrs: { ...line.destination.attrs, ...(froms.size > 1 && line.pingFrom !== null ? { ping_from: line.pingFrom } : {}) }, comment: line.destination.comment,
        ...(line.destination.weight === null ? {} : { weight: line.destination.weight }),
        ...(line.destination.admin === null ? {} : { admin: line.destination.admin }),
      },
      defaults: {},
    })),
  };
}
