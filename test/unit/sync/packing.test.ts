/** Big tables of a replica: packed or plain, in memory or read back from disk, they must always say the same. */
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../dataplane/contract/canonical.ts';
import type { WireRow } from '../../../dataplane/contract/wire.ts';
import { emptyView, ViewDraft } from '../../../dataplane/routing/build.ts';
import type { ConfigView } from '../../../dataplane/routing/view.ts';
import type { ConfigChange } from '../../../dataplane/sync/ports.ts';
import { Replica } from '../../../dataplane/sync/replica.ts';
import { allNodeSafeguards } from '../../../dataplane/sync/safeguards.ts';
import { snapshotParts } from '../../../dataplane/sync/snapshot-file.ts';
import { settleAll, SnapshotReader } from '../../../dataplane/sync/snapshot-reader.ts';
import { Staging } from '../../../dataplane/sync/staging.ts';
import type { Settled } from '../../../dataplane/sync/staging.ts';
import { Random } from '../../model/random.ts';
import { domainRow, planFor, routeSetRow, setRow, tenantRow } from './batch.ts';

const unguarded = { ...allNodeSafeguards, shrinkGuard: false };

function stage(base: Replica, kind: 'snapshot' | 'delta', rows: readonly WireRow[], plain: number): Settled {
  const staging = new Staging(base, planFor(base, kind, rows), unguarded, plain);
  for (const row of rows) staging.receive(row);
  const settled = settleAll(staging);
  if (!settled.ok) throw new Error(settled.error.detail);
  return settled.value;
}

function follow(view: ConfigView, change: Pick<ConfigChange, 'packed' | 'ops' | 'epoch' | 'rev'>): ConfigView {
  const draft = new ViewDraft(view);
  for (const table of change.packed) draft.rebase(table);
  for (const op of change.ops) draft.apply(op);
  return draft.commit(change.epoch, change.rev);
}

const fileOf = (replica: Replica): Buffer => Buffer.concat([...snapshotParts(replica)].map((part) => Buffer.from(part)));

function read(file: Buffer, piece: number): ReturnType<SnapshotReader['finish']> {
  const reader = new SnapshotReader(file.length);
  for (let at = 0; at < file.length; at += piece) reader.take(file.subarray(at, at + piece));
  return reader.finish();
}

const numberRow = (pattern: string, tenant = 1): WireRow => ['number', pattern, canonicalJson({ pattern, tenant, routeSet: 1, enabled: true })];
const rateRow = (prefix: string, set: number, price: number): WireRow => ['rate', `1/${prefix}/${set}`, canonicalJson({ table: 1, prefix, set, price })];

/** Good, unreadable and dangling rows, in odd spellings too. */
function randomRow(random: Random): WireRow {
  const name = random.chance(0.2) ? `*.d${random.below(4)}.example` : `d${random.below(12)}.example`;
  const dice = random.below(10);
  if (dice < 4) return domainRow(name, random.chance(0.8) ? 1 : 9, random.chance(0.9) ? 1 : 9);
  if (dice < 5) return ['domain', name, random.pick(['[]', 'no JSON', '{}']) ?? ''];
  if (dice < 6) return ['domain', name, `{"name":"${name}", "did":"x","enabled":false,"routeSet":1,"tenant":1}`];
  if (dice < 8) return numberRow(`4${random.below(8)}${random.chance(0.5) ? '*' : ''}`, random.chance(0.9) ? 1 : 9);
  return rateRow(`4${random.below(5)}`, 1 + random.below(3), random.below(5));
}

const referred: readonly WireRow[] = [tenantRow(1), routeSetRow(1), setRow(1), setRow(2)];
const visible = (view: ConfigView): unknown => [
  [...view.tables.domains.values()].map((row) => canonicalJson(row)).sort(),
  [...view.tables.numbers.values()].map((row) => canonicalJson(row)).sort(),
  [...view.tables.rates.rows.values()].map((row) => canonicalJson(row)).sort(),
  view.counts,
];
const texts = (replica: Replica): unknown => (['domain', 'number', 'rate'] as const).map((table) => [replica.tables[table].size, [...replica.tables[table].entries()].map(([key, json]) => `${key} ${json}`).sort()]);
const held = (replica: Replica): unknown => [...replica.quarantine.values()].map(({ table, key, reason, dangling, good }) => [table, key, reason, dangling, good]).sort((a, b) => (String(a) < String(b) ? -1 : 1));

describe('packed and plain tables', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('agree on rows, hashes, quarantine and view after any batches, and after a restart (%i)', (seed) => {
    const random = new Random(seed);
    const start = stage(Replica.empty, 'snapshot', referred, 2);
    let packed = start.replica;
    let plain = start.replica;
    let packedView = follow(emptyView(), start.change);
    let plainView = packedView;
    const rows = new Map<string, WireRow>();
    let packs = 0;
    for (let round = 0; round < 60; round++) {
      const changes = Array.from({ length: random.below(8) }, () => randomRow(random)).map((row): WireRow => (random.chance(0.25) ? [row[0], row[1], null] : row));
      for (const row of changes) {
        if (row[2] === null) rows.delete(`${row[0]} ${row[1]}`);
        else rows.set(`${row[0]} ${row[1]}`, row);
      }
      const whole = random.chance(0.3);
      const batch = whole ? [...referred, ...rows.values()] : changes;
      const one = stage(packed, whole ? 'snapshot' : 'delta', batch, 2);
      const other = stage(plain, whole ? 'snapshot' : 'delta', batch, Infinity);
      packs += one.change.packed.length;
      expect(other.change.packed).toEqual([]);
      packed = one.replica;
      plain = other.replica;
      packedView = follow(packedView, one.change);
      plainView = follow(plainView, other.change);
      expect(packed.hashes).toEqual(plain.hashes);
      expect(texts(packed)).toEqual(texts(plain));
      expect(held(packed)).toEqual(held(plain));
      expect(visible(packedView)).toEqual(visible(plainView));
      if (round % 10 !== 9) continue;
      const loaded = read(fileOf(packed), 1 + random.below(200));
      if (!loaded.ok) throw new Error(loaded.error);
      expect(texts(loaded.value.replica)).toEqual(texts(packed));
      expect(loaded.value.replica.position).toEqual(packed.position);
      expect(visible(follow(emptyView(), { ...loaded.value, epoch: 'e', rev: 1 }))).toEqual(visible(packedView));
      packed = loaded.value.replica;
    }
    expect(packs).toBeGreaterThan(10);
  });
});

describe('a kept configuration with packed tables', () => {
  const rows = [...referred, ...Array.from({ length: 300 }, (_, i) => domainRow(`d${i}.example`)), numberRow('49*')];
  const { replica } = stage(Replica.empty, 'snapshot', rows, 100);
  const file = fileOf(replica);

  it('is packed', () => {
    expect(replica.tables.domain.base?.size).toBe(300);
    expect(replica.tables.number.base).toBeNull();
    expect(file.includes('"format":2')).toBe(true);
  });

  it('comes back whole, in whatever pieces', () => {
    for (const piece of [1_000, 7, file.length]) expect(read(file, piece)).toMatchObject({ ok: true, value: { packed: [{ table: 'domain' }] } });
  });

  it.each<[string, (copy: Buffer) => Buffer, string]>([
    ['a flipped bit in a packed row', (copy) => { copy[2_000] = (copy[2_000] ?? 0) ^ 4; return copy; }, 'does not match its checksum'],
    ['a packed table cut short', (copy) => copy.subarray(0, 3_000), 'is cut short'],
    ['nothing behind its packed tables', (copy) => copy.subarray(0, copy.lastIndexOf('{"sha256"')), 'is cut short'],
    ['a packed table of another layout', (copy) => { copy[copy.indexOf(10) + 1] = 99; return copy; }, 'has a packed table that cannot be read'],
    ['a packed table larger than the file', (copy) => Buffer.from(copy.toString('latin1').replace(/"bytes":\d+/, '"bytes":99999999999'), 'latin1'), 'is cut short'],
    ['a table packed that is none', (copy) => Buffer.from(copy.toString('latin1').replace('{"table":"domain"', '{"table":"tenant"'), 'latin1'), 'has a damaged header'],
  ])('with %s is not believed', (_what, damage, fault) => {
    const loaded = read(damage(Buffer.from(file)), 4_096);
    expect(loaded.ok ? 'believed' : loaded.error).toContain(fault);
  });

  it('is not believed when its packed rows are not those of its table hash', () => {
    const other = stage(Replica.empty, 'snapshot', rows.slice(0, -2), 100).replica;
    const mixed = new Replica(replica.epoch, replica.rev, replica.hashes, { ...replica.tables, domain: other.tables.domain }, replica.quarantine);
    const loaded = read(fileOf(mixed), 4_096);
    expect(loaded.ok ? 'believed' : loaded.error).toContain('does not match itself');
  });

  it('holds rows back whose tenant is gone, checked anew at each start', () => {
    const orphaned = new Replica(replica.epoch, replica.rev, { ...replica.hashes, tenant: Replica.empty.hashes.tenant }, { ...replica.tables, tenant: Replica.empty.tables.tenant }, replica.quarantine);
    const loaded = read(fileOf(orphaned), 4_096);
    if (!loaded.ok) throw new Error(loaded.error);
    expect(loaded.value.replica.quarantine.size).toBe(301);
    expect(follow(emptyView(), { ...loaded.value, epoch: 'e', rev: 1 }).counts.domain).toBe(0);
  });

  it('comes in parts, so that writing it never blocks for long', () => {
    for (const part of snapshotParts(replica)) expect(part.length).toBeLessThan(600_000);
  });
});

describe('one row among many packed ones', () => {
  it('changes nothing but itself, on the node and in the view', () => {
    const rows = [...referred, ...Array.from({ length: 5_000 }, (_, i) => domainRow(`d${i}.example`))];
    const first = stage(Replica.empty, 'snapshot', rows, 4_000);
    const next = stage(first.replica, 'delta', [['domain', 'd7.example', null]], 4_000);
    expect(next.change.packed).toEqual([]);
    expect(next.change.ops).toMatchObject([{ table: 'domain', key: 'd7.example', row: null }]);
    expect(next.replica.tables.domain.base).toBe(first.replica.tables.domain.base);
    expect([next.replica.tables.domain.size, next.replica.tables.domain.get('d7.example')]).toEqual([4_999, undefined]);
  });

  it('that comes back as it was packed costs no text', () => {
    const rows = [...referred, ...Array.from({ length: 5_000 }, (_, i) => domainRow(`d${i}.example`))];
    const first = stage(Replica.empty, 'snapshot', rows, 4_000).replica;
    const gone = stage(first, 'delta', [['domain', 'd7.example', null]], 4_000).replica;
    const back = stage(gone, 'delta', [domainRow('d7.example')], 4_000).replica;
    expect([gone.tables.domain.overlay.size, back.tables.domain.overlay.size, back.hashes.domain]).toEqual([1, 0, first.hashes.domain]);
  });

  it('of an unchanged snapshot keeps the packed table, and one that differs in a few rows says only those', () => {
    const rows = [...referred, ...Array.from({ length: 5_000 }, (_, i) => domainRow(`d${i}.example`))];
    const first = stage(Replica.empty, 'snapshot', rows, 4_000).replica;
    const same = stage(first, 'snapshot', rows, 4_000);
    expect([same.change.packed, same.change.ops, same.replica.tables.domain.base === first.tables.domain.base]).toEqual([[], [], true]);
    const other = stage(first, 'snapshot', [...rows.slice(0, -1), domainRow('new.example')], 4_000);
    expect(other.change.packed).toEqual([]);
    expect(other.change.ops.map((op) => [op.key, op.row === null])).toEqual([['new.example', false], ['d4999.example', true]]);
  });
});
