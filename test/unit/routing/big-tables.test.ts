/** Packed tables with overlays against a plain model: random sets, deletes and re-packs must never show. */
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../dataplane/contract/canonical.ts';
import { rowKey, rowOp } from '../../../dataplane/contract/decode.ts';
import type { DomainRow, NumberRow, RateRow, Rows } from '../../../dataplane/contract/rows.ts';
import { BigTable, BigTableDraft, packAgain, runToEnd } from '../../../dataplane/routing/big-table.ts';
import { DomainTable } from '../../../dataplane/routing/domain-table.ts';
import { NumberTable } from '../../../dataplane/routing/number-table.ts';
import { PackedBase, placeHash, textHash } from '../../../dataplane/routing/packed-base.ts';
import { PackedDraft } from '../../../dataplane/routing/packed-draft.ts';
import { fieldsOf, newFields, packedKinds, type BigTableName } from '../../../dataplane/routing/packed-kinds.ts';
import { RateDraft, RateTable } from '../../../dataplane/routing/rate-table.ts';
import { Random } from '../../model/random.ts';

const fields = newFields();

function takeInto<T extends BigTableName>(table: T): (row: Rows[T], draft: PackedDraft<T>) => boolean {
  return (row, draft) => {
    return fieldsOf(rowOp(table, rowKey(table, row), row), fields) && draft.add(fields);
  };
}

const randomOf = (seed: number): Random => new Random(seed);
const pick = <V>(random: Random, from: readonly V[]): V => from[random.below(from.length)] as V;

const labels = ['a', 'b', 'sip', 'example', 'pbx'];
function domainName(random: Random): string {
  const name = Array.from({ length: 1 + random.below(3) }, () => pick(random, labels)).join('.');
  return random.chance(0.3) ? `*.${name}` : name;
}
const domain = (random: Random): DomainRow => ({
  name: domainName(random), tenant: 1 + random.below(3), routeSet: random.below(2_147_483_648), enabled: random.chance(0.8), did: random.chance(0.8) ? '' : pick(random, ['main', 'büro', '日本', '\ud800']),
});
const digits = (random: Random, most: number): string => Array.from({ length: 1 + random.below(most) }, () => String(random.below(2))).join('');
const number = (random: Random): NumberRow => ({ pattern: `${random.chance(0.3) ? '+' : ''}${digits(random, 5)}${random.chance(0.6) ? '*' : ''}`, tenant: 1 + random.below(3), routeSet: 7, enabled: random.chance(0.8) });
const rate = (random: Random): RateRow => ({ table: 1 + random.below(2), prefix: `${random.chance(0.3) ? '+' : ''}${digits(random, 4)}`, set: random.below(4), price: random.below(3) * 600_000_000_000 });

function plainDomain(rows: ReadonlyMap<string, DomainRow>, host: string): DomainRow | null {
  const fits = [...rows.values()].filter((row) => row.name === host || (row.name.startsWith('*') && host.endsWith(row.name.slice(1)) && host.length > row.name.length - 1));
  return fits.find((row) => row.name === host) ?? fits.sort((a, b) => b.name.length - a.name.length)[0] ?? null;
}

function plainNumber(rows: ReadonlyMap<string, NumberRow>, user: string): NumberRow | null {
  const prefixes = [...rows.values()].filter((row) => row.pattern.endsWith('*') && user.startsWith(row.pattern.slice(0, -1)));
  return rows.get(user) ?? prefixes.sort((a, b) => b.pattern.length - a.pattern.length)[0] ?? null;
}

function plainRates(rows: ReadonlyMap<string, RateRow>, table: number, user: string): [number, number, number][] {
  const best = new Map<number, RateRow>();
  for (const row of rows.values()) {
    if (row.table !== table || !user.startsWith(row.prefix)) continue;
    if ((best.get(row.set)?.prefix.length ?? 0) < row.prefix.length) best.set(row.set, row);
  }
  return [...best.values()].sort((a, b) => a.price - b.price || a.set - b.set).map((row) => [row.set, row.price, row.prefix.length]);
}

const byKey = <T extends BigTableName>(table: T, rows: Iterable<Rows[T]>): string[] => [...rows].map((row) => `${rowKey(table, row)} ${JSON.stringify(row)}`).sort();

describe.each([1, 2, 3, 4, 5, 6, 7, 8])('under random changes (%i)', (seed) => {
  it('domains answer as a plain list does', () => {
    const random = randomOf(seed);
    const model = new Map<string, DomainRow>();
    let table = new DomainTable(BigTable.empty('domain'));
    for (let round = 0; round < 60; round++) {
      const draft = new BigTableDraft(table.rows);
      for (let i = random.below(12); i > 0; i--) {
        const row = domain(random);
        if (random.chance(0.3)) { model.delete(row.name); draft.put(row.name, null); }
        else { model.set(row.name, row); draft.put(row.name, row); }
      }
      table = new DomainTable(draft.finish());
      if (random.chance(0.25)) table = new DomainTable(runToEnd(packAgain(table.rows)));
      for (let i = 0; i < 20; i++) {
        const host = domainName(random).replace('*', 'x');
        expect(table.find(host)).toEqual(plainDomain(model, host));
      }
      const name = domainName(random);
      expect([table.get(name), table.size]).toEqual([model.get(name), model.size]);
      expect(byKey('domain', table.values())).toEqual(byKey('domain', model.values()));
    }
  });

  it('numbers answer as a plain list does', () => {
    const random = randomOf(seed);
    const model = new Map<string, NumberRow>();
    let table = new NumberTable(BigTable.empty('number'));
    for (let round = 0; round < 60; round++) {
      const draft = new BigTableDraft(table.rows);
      for (let i = random.below(12); i > 0; i--) {
        const row = number(random);
        if (random.chance(0.3)) { model.delete(row.pattern); draft.put(row.pattern, null); }
        else { model.set(row.pattern, row); draft.put(row.pattern, row); }
      }
      table = new NumberTable(draft.finish());
      if (random.chance(0.25)) table = new NumberTable(runToEnd(packAgain(table.rows)));
      for (let i = 0; i < 20; i++) {
        const user = `${random.chance(0.3) ? '+' : ''}${digits(random, 7)}`;
        expect(table.find(user)).toEqual(plainNumber(model, user));
      }
      expect(byKey('number', table.values())).toEqual(byKey('number', model.values()));
    }
  });

  it('rates answer as a plain list does', () => {
    const random = randomOf(seed);
    const model = new Map<string, RateRow>();
    let table = new RateTable();
    for (let round = 0; round < 60; round++) {
      const draft = new RateDraft(table);
      for (let i = random.below(12); i > 0; i--) {
        const row = rate(random);
        const key = rowKey('rate', row);
        if (random.chance(0.3)) { model.delete(key); draft.put(key, null); }
        else { model.set(key, row); draft.put(key, row); }
      }
      table = draft.finish();
      if (random.chance(0.25)) {
        const packed = runToEnd(packAgain(table.rows));
        expect(packed.overlay.size).toBe(0);
        table = new RateTable(packed);
      }
      for (let i = 0; i < 20; i++) {
        const user = `${random.chance(0.3) ? '+' : ''}${digits(random, 7)}`;
        const { count, sets, prices, prefixLengths } = table.find(1, user);
        expect(sets.slice(0, count).map((set, at) => [set, prices[at], prefixLengths[at]])).toEqual(plainRates(model, 1, user));
      }
      expect(byKey('rate', table.rows.values())).toEqual(byKey('rate', model.values()));
    }
  });
});

describe('a packed row', () => {
  it.each<[string, BigTableName, (random: Random) => Rows[BigTableName]]>([['domain', 'domain', domain], ['number', 'number', number], ['rate', 'rate', rate]])('(%s) has the canonical text, key and value of the row it was packed from', (_name, table, make) => {
    const random = randomOf(9);
    for (let i = 0; i < 500; i++) {
      const row = make(random);
      const draft = new PackedDraft(packedKinds[table]);
      if (!takeInto(table)(row, draft)) continue;
      const base = runToEnd(draft.finish());
      const record = base.find(rowKey(table, row));
      expect([base.json(record), base.key(record), base.row(record)]).toEqual([canonicalJson(row), rowKey(table, row), row]);
    }
  });

  it('that colliding hashes hide is told apart by its bytes', () => {
    const draft = new PackedDraft(packedKinds.domain);
    const take = takeInto('domain');
    for (let i = 0; i < 50_000; i++) take({ name: `d${i}.example`, tenant: 1, routeSet: 1, enabled: true, did: '' }, draft);
    const table = new DomainTable(BigTable.of(runToEnd(draft.finish())));
    for (let i = 0; i < 50_000; i++) if (table.find(`d${i}.example`)?.name !== `d${i}.example` || table.find(`e${i}.example`) !== null) throw new Error(`domain ${i}`);
  });

  it('is not found under a hash of its own by another text or in another space', () => {
    const draft = new PackedDraft(packedKinds.number);
    takeInto('number')({ pattern: '4930', tenant: 1, routeSet: 1, enabled: true }, draft);
    const base = runToEnd(draft.finish());
    const hash = placeHash(textHash('4930', 0, 4), 0);
    const seek = (space: number, text: string): boolean => base.seek(base.home(hash), hash, space, text, 0, text.length) >= 0;
    expect([seek(0, '4930'), seek(1, '4930'), seek(0, '4931'), seek(0, '493'), seek(0, '49300')]).toEqual([true, false, false, false, false]);
  });

  it('of the same key supersedes those before it', () => {
    const draft = new PackedDraft(packedKinds.domain);
    const take = takeInto('domain');
    for (const tenant of [1, 2, 3]) take({ name: 'a.example', tenant, routeSet: 1, enabled: true, did: '' }, draft);
    const told: string[] = [];
    const base = runToEnd(draft.finish((packed, record) => told.push(packed.json(record))));
    expect([told.map((json) => Number(/"tenant":(\d)/.exec(json)?.[1])), base.size, base.row(base.find('a.example')).tenant]).toEqual([[1, 2], 1, 3]);
    expect([...BigTable.of(base).values()]).toHaveLength(1);
  });
});

describe('a packed table', () => {
  it('is not made of a buffer that holds something else', () => {
    expect(() => new PackedBase(packedKinds.domain, new SharedArrayBuffer(8))).toThrow(RangeError);
    expect(() => new PackedBase(packedKinds.domain, new SharedArrayBuffer(4_096))).toThrow(RangeError);
    const { buffer } = BigTable.empty('domain').base;
    const cut = new SharedArrayBuffer(buffer.byteLength - 1);
    new Uint8Array(cut).set(new Uint8Array(buffer, 0, cut.byteLength));
    expect(() => new PackedBase(packedKinds.domain, cut)).toThrow(RangeError);
  });

  it('gives the same row object to whoever asks again', () => {
    const draft = new PackedDraft(packedKinds.domain);
    takeInto('domain')({ name: 'a.example', tenant: 1, routeSet: 1, enabled: true, did: '' }, draft);
    const table = new DomainTable(BigTable.of(runToEnd(draft.finish())));
    expect(table.find('a.example')).toBe(table.find('a.example'));
  });

  it('is packed in slices', () => {
    const draft = new PackedDraft(packedKinds.domain);
    for (let i = 0; i < 20_000; i++) takeInto('domain')({ name: `d${i}.example`, tenant: 1, routeSet: 1, enabled: true, did: '' }, draft);
    expect([...draft.finish()].length).toBeGreaterThan(8);
  });
});

describe('a dialled star', () => {
  it('is not taken for a prefix', () => {
    const draft = new BigTableDraft(BigTable.empty('number'));
    draft.put('12*', { pattern: '12*', tenant: 1, routeSet: 1, enabled: true });
    const table = new NumberTable(draft.finish());
    expect([table.find('1*'), table.find('12*')?.pattern, table.find('12')?.pattern]).toEqual([null, '12*', '12*']);
  });
});
