import { expect, it } from 'vitest';
import { KnownHashes, maxKnownHashes } from '../../../controlplane/auth/known-hashes.ts';

it('reads the hashes once a second at most, however many unknown values come, and once for all that come together', async () => {
  let nowMs = 0;
  let reads = 0;
  const stored = ['a'];
  const known = new KnownHashes((limit) => {
    expect(limit).toBe(maxKnownHashes);
    reads += 1;
    return Promise.resolve([...stored]);
  }, () => nowMs);
  expect(await Promise.all(['a', 'b', 'c', 'a'].map((hash) => known.has(hash)))).toEqual([true, false, false, true]);
  for (let guess = 0; guess < 1_000; guess += 1) await known.has(`guess ${guess}`);
  expect(reads).toBe(1);
  stored.push('b');
  expect(await known.has('b')).toBe(false);
  nowMs = 1_000;
  expect([await known.has('b'), reads]).toEqual([true, 2]);
  stored.push('made here');
  known.added();
  expect([await known.has('made here'), reads]).toEqual([true, 3]);
});

it('reads again after a read that failed', async () => {
  let nowMs = 0;
  let broken = true;
  const known = new KnownHashes(() => (broken ? Promise.reject(new Error('the database is away')) : Promise.resolve(['a'])), () => nowMs);
  await expect(known.has('a')).rejects.toThrow('away');
  broken = false;
  nowMs = 1_000;
  expect(await known.has('a')).toBe(true);
});
