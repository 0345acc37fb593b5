import { describe, expect, it } from 'vitest';
import { emptyHashes } from '../../../dataplane/contract/hash.ts';
import type { WireRow } from '../../../dataplane/contract/wire.ts';
import { Replica } from '../../../dataplane/sync/replica.ts';
import { allNodeSafeguards } from '../../../dataplane/sync/safeguards.ts';
import { Staging } from '../../../dataplane/sync/staging.ts';
import { applied, destinationRow, domainRow, planFor, routeSetRow, ruleRow, setRow, stage, tenantRow, trunkRow, without } from './batch.ts';

const start = applied(Replica.empty, 'snapshot', [tenantRow(1), routeSetRow(1), domainRow('a.example')]).replica;
const keysOf = (rows: readonly { readonly table: string; readonly key: string }[]): string[] => rows.map((row) => `${row.table} ${row.key}`);

describe('a batch', () => {
  it('gives the difference: puts in dependency order, then removals in reverse', () => {
    const { change } = applied(start, 'delta', [
      without(domainRow('a.example')), domainRow('b.example', 2, 2), routeSetRow(2), without(routeSetRow(1)), tenantRow(2), without(tenantRow(1)),
    ]);
    expect(keysOf(change.ops)).toEqual(['tenant 2', 'routeSet 2', 'domain b.example', 'domain a.example', 'routeSet 1', 'tenant 1']);
    expect(change.ops.map((op) => op.row === null)).toEqual([false, false, false, true, true, true]);
  });

  it('that is a snapshot gives only what differs, removals included', () => {
    const two = applied(start, 'delta', [domainRow('b.example')]).replica;
    const { replica, change } = applied(two, 'snapshot', [tenantRow(1), routeSetRow(1, 'renamed'), domainRow('b.example')]);
    expect(keysOf(change.ops)).toEqual(['routeSet 1', 'domain a.example']);
    expect(replica.tables.domain.size).toBe(1);
  });

  it('leaves its base alone', () => {
    applied(start, 'delta', [domainRow('b.example'), without(tenantRow(9))]);
    expect(start.tables.domain.size).toBe(1);
    expect(start.rev).toBe(1);
  });

  it('with rows that are already there changes nothing but the revision', () => {
    const { replica, change } = applied(start, 'delta', [domainRow('a.example'), without(domainRow('unknown.example'))]);
    expect(change.ops).toEqual([]);
    expect(replica.rev).toBe(2);
  });

  it('counts the last version of a row that comes twice', () => {
    const { change } = applied(start, 'delta', [domainRow('b.example', 7), domainRow('b.example', 1), domainRow('a.example', 7), domainRow('a.example', 1)]);
    expect(keysOf(change.ops)).toEqual(['domain b.example']);
  });

  it('whose rows differ from the announced hashes is refused whole', () => {
    expect(stage(start, 'delta', [domainRow('b.example')], { hashes: start.hashes })).toMatchObject({ ok: false, error: { code: 'hash', detail: 'rows of domain differ from what was announced' } });
    expect(stage(start, 'snapshot', [], { hashes: start.hashes })).toMatchObject({ ok: false, error: { code: 'hash' } });
  });

  it('of many rows is settled in slices', () => {
    const rows = Array.from({ length: 2_000 }, (_, i) => domainRow(`d${i}.example`));
    const staging = new Staging(start, planFor(start, 'delta', rows), allNodeSafeguards);
    for (const row of rows) staging.receive(row);
    const settling = staging.settle();
    let slices = 0;
    while (settling.next().done !== true) slices++;
    expect(slices).toBeGreaterThan(20);
  });
});

describe('a row that cannot be read', () => {
  const bad: WireRow = ['domain', 'a.example', '{"name":"a.example"}'];

  it('is quarantined with its reason; the good version stays, and the hash is that of the received text', () => {
    const { replica, change } = applied(start, 'delta', [bad, domainRow('b.example')]);
    expect(keysOf(change.ops)).toEqual(['domain b.example']);
    expect(replica.tables.domain.get('a.example')).toBe(bad[2]);
    expect(replica.effective('domain', 'a.example')).toBe(domainRow('a.example')[2]);
    expect(replica.quarantined()).toMatchObject([{ table: 'domain', key: 'a.example', reason: expect.stringContaining('/tenant: is required') }]);
  });

  it('keeps its good version over further bad ones and over snapshots', () => {
    const once = applied(start, 'delta', [bad]).replica;
    const twice = applied(once, 'delta', [['domain', 'a.example', 'no JSON']]).replica;
    const snapshot = applied(twice, 'snapshot', [tenantRow(1), routeSetRow(1), bad]);
    expect(snapshot.replica.effective('domain', 'a.example')).toBe(domainRow('a.example')[2]);
    expect(snapshot.change.ops).toEqual([]);
    const same = applied(twice, 'snapshot', [tenantRow(1), routeSetRow(1), ['domain', 'a.example', 'no JSON']]);
    expect(same.replica.quarantine.size).toBe(1);
  });

  it('is forgotten with the row', () => {
    const held = applied(start, 'delta', [bad, domainRow('b.example')]).replica;
    const { replica, change } = applied(held, 'delta', [without(bad)]);
    expect(replica.quarantine.size).toBe(0);
    expect(change.ops).toMatchObject([{ key: 'a.example', row: null }]);
  });

  it('without a good version is simply absent', () => {
    const { replica, change } = applied(start, 'delta', [['domain', 'new.example', '[]']]);
    expect(change.ops).toEqual([]);
    expect(replica.effective('domain', 'new.example')).toBeNull();
    expect(applied(replica, 'delta', [without(domainRow('new.example'))]).change.ops).toEqual([]);
  });
});

describe('a row that refers to a missing one', () => {
  it.each<[string, WireRow, WireRow]>([
    ['domain', domainRow('x.example', 5), routeSetRow(5)],
    ['domain', domainRow('x.example', 1, 5), tenantRow(5)],
    ['trunk', trunkRow('x', 5), routeSetRow(5)],
    ['rule', ruleRow(1, 1, [5, 6]), setRow(6)],
    ['destination', destinationRow(1, 5), setRow(5)],
  ])('(%s) waits for it', (_what, row, target) => {
    const { replica, change } = applied(start, 'delta', [row]);
    expect(change.ops).toEqual([]);
    expect(replica.quarantined()[0]?.reason).toMatch(/ is missing$/);
    const later = applied(replica, 'delta', [target]);
    expect(keysOf(later.change.ops)).toEqual([`${target[0]} ${target[1]}`, `${row[0]} ${row[1]}`]);
    expect(later.replica.quarantine.size).toBe(0);
  });

  it('may come before it in the same batch', () => {
    const { replica } = applied(start, 'delta', [domainRow('x.example', 5), routeSetRow(5)]);
    expect(replica.quarantine.size).toBe(0);
  });

  it('keeps its good version while that one still leads somewhere', () => {
    const { replica } = applied(start, 'delta', [domainRow('a.example', 5), ['routeSet', '5', 'unreadable']]);
    expect(replica.effective('domain', 'a.example')).toBe(domainRow('a.example')[2]);
    const gone = applied(replica, 'delta', [domainRow('a.example', 6), routeSetRow(7), without(routeSetRow(1))]);
    expect(gone.replica.effective('domain', 'a.example')).toBeNull();
    expect(keysOf(gone.change.ops)).toEqual(['routeSet 7', 'domain a.example', 'routeSet 1']);
  });

  it('is tried again only when a table that is referred to changes', () => {
    const { replica } = applied(start, 'delta', [domainRow('x.example', 5)]);
    const other = applied(replica, 'delta', [domainRow('b.example')]);
    expect(other.replica.quarantine).toEqual(replica.quarantine);
    const wrong = applied(other.replica, 'delta', [routeSetRow(6)]);
    expect(wrong.replica.quarantined()).toMatchObject([{ key: 'x.example', reason: 'routeSet 5 is missing' }]);
  });
});

describe('the shrink guard', () => {
  const many = Array.from({ length: 600 }, (_, i) => domainRow(`d${i}.example`));
  const big = applied(start, 'delta', many).replica;

  it.each<[string, readonly WireRow[], boolean]>([
    ['more than 20 % and more than 100 rows', many.slice(0, 121).map(without), true],
    ['20 %', many.slice(0, 120).map(without), false],
    ['100 rows', many.slice(0, 100).map(without), false],
    ['a whole table', [without(tenantRow(1))], true],
    ['a row that is replaced by another', [without(tenantRow(1)), tenantRow(2)], false],
  ])('looks at the removal of %s', (_what, rows, held) => {
    const outcome = stage(big, 'delta', rows);
    if (held) expect(outcome).toMatchObject({ ok: false, error: { code: 'shrink-guard' } });
    else expect(outcome.ok).toBe(true);
  });

  it('holds a snapshot that lacks most rows, and says what would go', () => {
    expect(stage(big, 'snapshot', [tenantRow(1), domainRow('a.example')])).toMatchObject({
      ok: false,
      error: { shrink: [{ table: 'routeSet', had: 1, removed: 1 }, { table: 'domain', had: 601, removed: 600 }], detail: '1 of 1 rows of routeSet would go, 600 of 601 rows of domain would go' },
    });
  });

  it('lets pass what is allowed, and no row more', () => {
    const rows = many.slice(0, 300).map(without);
    expect(stage(big, 'delta', rows, { allowShrink: { domain: 300 } }).ok).toBe(true);
    expect(stage(big, 'delta', rows, { allowShrink: { domain: 299 } }).ok).toBe(false);
    expect(stage(big, 'delta', rows, { allowShrink: { tenant: 300 } }).ok).toBe(false);
  });
});

it('an empty replica has the hashes of no rows', () => {
  expect(Replica.empty.position).toEqual({ epoch: '', rev: 0, hashes: emptyHashes });
});
