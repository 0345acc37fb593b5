/** Optimistic locking: `If-Match` names the version that the caller has seen, `If-None-Match: *` asks for creation only. */
import type { TableName } from '../../dataplane/contract/rows.ts';
import type { ConfigFault } from './fault.ts';
import type { Stored } from './stored.ts';

export interface Precondition {
  /** Versions of `If-Match`; `*` = any existing one; null = no condition. */
  readonly ifMatch: readonly number[] | '*' | null;
  readonly ifNoneMatch: boolean;
  /** JSON pointer of the key of what has to be new because it is created by POST. */
  readonly isNewAt?: string;
}

export const noPrecondition: Precondition = { ifMatch: null, ifNoneMatch: false };

/** The fault when what is stored is not what the caller expects, else null. `name`: "Tenant acme". */
export function refuseStale(name: string, stored: Pick<Stored<TableName>, 'version'> | null, condition: Precondition): ConfigFault | null {
  if (condition.isNewAt !== undefined && stored !== null) {
    return { code: 'taken', pointer: condition.isNewAt, detail: `${name} exists already (version ${stored.version}). Leave its number out to get the next free one; PUT replaces what is there.` };
  }
  if (condition.ifNoneMatch && stored !== null) {
    return { code: 'version-mismatch', detail: `${name} exists already (version ${stored.version}), and If-None-Match: * asks for a new one.` };
  }
  if (condition.ifMatch === null) return null;
  if (stored === null) return { code: 'version-mismatch', detail: `${name} does not exist, and If-Match asks for an existing one.` };
  if (condition.ifMatch === '*' || condition.ifMatch.includes(stored.version)) return null;
  return { code: 'version-mismatch', detail: `${name} is at version ${stored.version}, not ${condition.ifMatch.join(' or ')}: someone changed it in the meantime.` };
}
