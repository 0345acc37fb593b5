/** The syntax of `SIGNALBOX_FORBIDDEN_TARGETS`: where messages from the wire may not send the node to. */
import { splitList } from './comma-list.ts';
import { parsePrefix } from './contract/address.ts';
import { err, ok, type Result } from './contract/result.ts';

export interface ForbiddenSetting {
  /** The networks that are never a peer's, and this host where the node serves others than it (see proxy/forbidden-targets.ts). */
  readonly standard: boolean;
  /** Further addresses and prefixes. */
  readonly forbidden: readonly string[];
  /** Addresses and prefixes inside of those that are allowed all the same. */
  readonly allowed: readonly string[];
}

export const standardForbidden: ForbiddenSetting = { standard: true, forbidden: [], allowed: [] };

const maxEntries = 64;
export const forbiddenForm = `"none", or up to ${maxEntries} of these, separated by commas: "default", networks like 10.0.0.0/8 or fd00::/8, and exceptions like !10.1.2.3`;

/** @returns the setting, or the part that is not understood */
export function parseForbidden(text: string): Result<ForbiddenSetting, string> {
  const parts = splitList(text);
  if (parts.length === 0 || parts.length > maxEntries) return err(text);
  if (parts.length === 1 && parts[0] === 'none') return ok({ standard: false, forbidden: [], allowed: [] });
  const forbidden: string[] = [];
  const allowed: string[] = [];
  for (const part of parts) {
    if (part === 'default') continue;
    const excepted = part.startsWith('!');
    const prefix = excepted ? part.slice(1) : part;
    if (parsePrefix(prefix) === null) return err(part);
    (excepted ? allowed : forbidden).push(prefix);
  }
  return ok({ standard: parts.includes('default'), forbidden, allowed });
}
