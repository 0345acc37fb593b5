/** A configuration of any size, made as it is asked for: rows of the big tables and the few that they refer to. */
import { canonicalJson } from '../../dataplane/contract/canonical.ts';
import { HashSum, mapTables } from '../../dataplane/contract/hash.ts';
import type { TableHashes } from '../../dataplane/contract/hash.ts';
import type { TableName } from '../../dataplane/contract/rows.ts';
import type { WireRow } from '../../dataplane/contract/wire.ts';

/** Rows of each big table. */
export interface Sizes {
  readonly domain: number;
  readonly number: number;
  readonly rate: number;
}

/** Carriers that a rate table chooses among. */
const carriers = 8;

const small: readonly WireRow[] = [
  ['tenant', '1', canonicalJson({ id: 1, key: 'bench', name: 'Bench', enabled: true, limits: { calls: 0, cps: 0, registrations: 0 }, policies: { media: 'direct', topologyHiding: false, digest: false, redirects: 'pass', hideCallId: false, latching: 'default' } })],
  ...Array.from({ length: carriers }, (_, index): WireRow => ['dispatcherSet', String(index + 1), canonicalJson({
    id: index + 1, name: `carrier ${index + 1}`, tenant: null, algorithm: 8, affinity: 'none', affinityAll: false, hashOn: 'call-id', slowStartMs: 0, registration: 'path',
    probing: { mode: 'never', intervalMs: 30_000, timeoutMs: 2_000, downAfter: 2, upAfter: 1, codes: [200], from: '', useUnknown: true },
  })]),
  ['routeSet', '1', canonicalJson({ number: 1, name: 'bench', tenant: null, family: 'any', failover: { frMs: 5_000, frInviteMs: 30_000, on: [], maxAttempts: 1 } })],
];

export const domainName = (index: number): string => `customer${index}.voice.example`;
/** Half of the numbers are prefixes. */
export const numberPattern = (index: number): string => `+49${30_000_000 + 7 * index}${index % 2 === 0 ? '' : '*'}`;
/** Every prefix is one carrier's; lengths from 2 to 8. */
export const ratePrefix = (index: number): string => `+${10 + index}`;

export const domainRow = (index: number, tenant = 1): WireRow => ['domain', domainName(index), `{"did":"","enabled":true,"name":"${domainName(index)}","routeSet":1,"tenant":${tenant}}`];
const numberRow = (index: number): WireRow => ['number', numberPattern(index), `{"enabled":true,"pattern":"${numberPattern(index)}","routeSet":1,"tenant":1}`];
const rateRow = (index: number): WireRow => {
  const set = 1 + (index % carriers);
  return ['rate', `1/${ratePrefix(index)}/${set}`, `{"prefix":"${ratePrefix(index)}","price":${1_000 + (index % 9_000)},"set":${set},"table":1}`];
};

/** All rows, referred ones first. */
export function* allRows({ domain, number, rate }: Sizes): Generator<WireRow> {
  yield* small;
  for (let i = 0; i < rate; i++) yield rateRow(i);
  for (let i = 0; i < domain; i++) yield domainRow(i);
  for (let i = 0; i < number; i++) yield numberRow(i);
}

/** Table hashes of all rows. */
export function hashesOf(rows: Iterable<WireRow>): TableHashes {
  const sums: Record<TableName, HashSum> = mapTables(() => new HashSum());
  for (const [table, key, json] of rows) if (json !== null) sums[table].add(table, key, json);
  return mapTables((table) => sums[table].hex());
}
