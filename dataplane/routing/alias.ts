/** Aliases: another name of an address, or of all addresses of a domain. One step, so that none can run in circles. */
import type { AliasRow } from '../contract/rows.ts';
import type { Table } from './table.ts';

/**
 * The alias of a dialled address: its own, else that of its whole domain (`*@host`). A disabled one counts as absent.
 * @param user '' = none, as in a REGISTER: only the domain's alias can match
 * @param host lower case
 */
export function findAlias(aliases: Table<string, AliasRow>, user: string, host: string): AliasRow | null {
  if (aliases.size === 0) return null;
  const own = user === '' ? undefined : aliases.get(`${user}@${host}`);
  if (own !== undefined && own.enabled) return own;
  const whole = aliases.get(`*@${host}`);
  return whole !== undefined && whole.enabled ? whole : null;
}

/** User part that an alias leads to; `*` keeps the dialled one, and a request without user stays without. */
export function aliasUser(alias: AliasRow, user: string): string {
  const target = alias.target.slice(0, alias.target.lastIndexOf('@'));
  return target === '*' || user === '' ? user : target;
}

export const aliasHost = (alias: AliasRow): string => alias.target.slice(alias.target.lastIndexOf('@') + 1);
