/** Kamailio's `domain` and `domain_attrs` tables: which domain has which id, and what the ids carry. PURE. */
import type { Result } from '../../dataplane/contract/result.ts';
import { err, ok } from '../../dataplane/contract/result.ts';
import type { NamedRow } from './db-text-rows.ts';
import { readRows } from './db-text-rows.ts';
import type { DbTextTable } from './db-text.ts';
import type { ImportFault, Notes } from './report.ts';

export interface KamailioDomain {
  /** Lower case: Kamailio compares without case. */
  readonly domain: string;
  /** The domain's own name when the table says NULL. */
  readonly did: string;
  readonly didGiven: boolean;
  readonly where: string;
}

export interface KamailioAttribute {
  readonly did: string;
  readonly name: string;
  readonly value: string | number;
  readonly where: string;
}

/** `domain`: several domains may share one did (aliases). An empty domain makes Kamailio's reload fail, and this too. */
export function readDomains(table: DbTextTable, warnings: Notes): Result<readonly KamailioDomain[], ImportFault> {
  const rows = readRows(table, [
    { name: 'domain', type: 'string', required: true },
    { name: 'did', type: 'string', required: false },
  ], ['id', 'last_modified'], warnings);
  if (!rows.ok) return rows;
  const domains = new Map<string, KamailioDomain>();
  for (const row of rows.value) {
    const name = row.text('domain');
    if (name === null) return err(row.fault('domain', 'empty-domain', 'The domain is empty; Kamailio refuses to load the table.'));
    const domain = name.toLowerCase();
    const did = row.text('did');
    const entry = { domain, did: did ?? domain, didGiven: did !== null, where: row.where };
    const before = domains.get(domain);
    if (before !== undefined) {
      if (before.did !== entry.did) {
        return err(row.fault('domain', 'duplicate-domain', `"${domain}" is there twice with different ids ("${before.did}" in ${before.where}, "${entry.did}" here); which one counts is left to chance.`));
      }
      warnings.add('duplicate-domain', row.where, `"${domain}" is there twice with the same id; it is imported once.`);
      continue;
    }
    domains.set(domain, entry);
  }
  return ok([...domains.values()]);
}

/** `domain_attrs`, keyed by did: type 0 = whole number, 2 = text. What aborts Kamailio's reload is a fault here. */
export function readAttributes(table: DbTextTable, warnings: Notes): Result<readonly KamailioAttribute[], ImportFault> {
  const rows = readRows(table, [
    { name: 'did', type: 'string', required: true },
    { name: 'name', type: 'string', required: true },
    { name: 'type', type: 'int', required: true },
    { name: 'value', type: 'string', required: true },
  ], ['id', 'last_modified'], warnings);
  if (!rows.ok) return rows;
  const attributes: KamailioAttribute[] = [];
  for (const row of rows.value) {
    const attribute = readAttribute(row);
    if (!attribute.ok) return attribute;
    attributes.push(attribute.value);
  }
  return ok(attributes);
}

function readAttribute(row: NamedRow): Result<KamailioAttribute, ImportFault> {
  const did = row.text('did');
  const name = row.text('name');
  const value = row.text('value');
  const type = row.int('type');
  if (did === null) return err(row.fault('did', 'empty-did', 'The did is empty; Kamailio aborts the reload.'));
  if (name === null) return err(row.fault('name', 'empty-name', 'The attribute has no name; Kamailio aborts the reload.'));
  if (value === null) return err(row.fault('value', 'null-value', `The attribute "${name}" has no value; Kamailio aborts the reload.`));
  if (type === 2) return ok({ did, name, value, where: row.where });
  if (type !== 0) return err(row.fault('type', 'attribute-type', `Type ${type ?? 'NULL'} is not known; accepted are 0 (whole number) and 2 (text).`));
  if (!/^-?[0-9]{1,10}$/.test(value)) {
    return err(row.fault('value', 'attribute-not-a-number', `"${value.slice(0, 40)}" is not a whole number, but the type of "${name}" says 0.`));
  }
  return ok({ did, name, value: Number(value), where: row.where });
}
