/**
 * The `flags` column of a dispatcher table, which two documents read in two ways. PURE.
 * Kamailio's module: 1 inactive, 2 trying, 4 disabled, 8 probing, 16 no DNS, 32 no probe. SIP Router Notes: 1 hash the
 * user part only, 2 failover. Every importer says which reading it took.
 */
import { algorithms } from '../../dataplane/contract/algorithms.ts';
import type { Algorithm } from '../../dataplane/contract/algorithms.ts';
import type { Notes } from './report.ts';

export interface ModuleFlags {
  /** null = the file does not say, an operator's setting stays. */
  readonly admin: 'disabled' | null;
  readonly noProbe: boolean;
}

/** The reading of Kamailio's dispatcher module. */
export function readModuleFlags(flags: number, uri: string, where: string, warnings: Notes, cannotKeep: Notes): ModuleFlags {
  if ((flags & ~63) !== 0) warnings.add('unknown-flags', where, `Flags ${flags}: only 1, 2, 4, 8, 16 and 32 have a meaning; the others are left out.`);
  if ((flags & 4) === 0 && (flags & 3) !== 0) {
    warnings.add('state-flag', where, `Flag ${flags & 3} is a state (1 inactive, 2 trying), not a wish: health starts as unknown and the first probe decides.`);
  }
  if ((flags & 16) !== 0 && /[a-z]/i.test(hostOf(uri)) && !hostOf(uri).includes(':')) {
    cannotKeep.add('no-dns-flag', where, 'Flag 16 (no DNS at start): host names are always resolved while running.');
  }
  return { admin: (flags & 4) !== 0 ? 'disabled' : null, noProbe: (flags & 32) !== 0 };
}

/** What hashing of the user part alone is called here, by the algorithm that hashes the whole address. */
const userHashes: Readonly<Partial<Record<Algorithm, string>>> = {
  [algorithms.fromHash]: 'from-user', [algorithms.toHash]: 'to-user', [algorithms.requestUriHash]: 'ruri-user',
};

/** How a set of SIP Router Notes chooses: when all its rows have flag 1, hashing takes the user part only. */
export function notesChoice(algorithm: Algorithm, flags: readonly number[]): { readonly algorithm: Algorithm; readonly hashOn?: string } {
  const hashOn = userHashes[algorithm];
  return hashOn !== undefined && flags.length > 0 && flags.every((one) => (one & 1) !== 0) ? { algorithm: algorithms.valueHash, hashOn } : { algorithm };
}

/** The reading of SIP Router Notes; `algorithm` is what its set got (see notesChoice). */
export function readNotesFlags(flags: number, algorithm: Algorithm, where: string, warnings: Notes, cannotKeep: Notes): void {
  if ((flags & 1) !== 0 && algorithm !== algorithms.valueHash) {
    cannotKeep.add('hash-user-only', where, userHashes[algorithm] === undefined
      ? 'Flag 1 (hash only the user part) has no effect with an algorithm that hashes no address, there as here. The set keeps a phone on one destination by its address of record (affinity "aor").'
      : 'Flag 1 (hash only the user part) stands on some destinations of the set only; it is a matter of the whole set here, which hashes the whole address.');
  }
  if ((flags & ~3) !== 0) {
    warnings.add('unknown-flags', where, `Flags ${flags}: SIP Router Notes give a meaning to 1 and 2 only. Kamailio's module would read 4 as disabled, 8 as probing, 16 as no DNS, 32 as no probe; set the admin state by hand if that was meant.`);
  }
}

function hostOf(uri: string): string {
  const rest = uri.replace(/^sips?:/i, '').split(/[;?]/)[0] ?? '';
  const host = rest.slice(rest.lastIndexOf('@') + 1);
  return host.startsWith('[') ? host.slice(1, host.indexOf(']')) : host.replace(/:\d+$/, '');
}
