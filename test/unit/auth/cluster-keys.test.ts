import { describe, expect, it } from 'vitest';
import { ClusterKeys, maxClusterKeys } from '../../../controlplane/auth/cluster-keys.ts';
import type { ClusterKeyRecord, ClusterKeyStore } from '../../../controlplane/auth/stores.ts';
import { err, ok } from '../../../dataplane/contract/result.ts';

/** Keys in memory, newest first, and certificates by the key that sealed them. */
class MemoryStore implements ClusterKeyStore {
  keys: ClusterKeyRecord[] = [];
  readonly certificates = new Map<number, number>();

  list = () => Promise.resolve(this.keys);
  sealedCertificates = () => Promise.resolve(this.certificates);
  addFirst = (key: string, nowMs: number) => {
    this.keys = [{ id: 1, key, createdAtMs: nowMs, signsFromMs: nowMs }];
    return Promise.resolve();
  };

  add: ClusterKeyStore['add'] = (key, refusal) => {
    const refused = refusal(this.keys);
    if (refused !== null) return Promise.resolve(err(refused));
    const row = { id: (this.keys[0]?.id ?? 0) + 1, ...key };
    this.keys = [row, ...this.keys];
    return Promise.resolve(ok(row));
  };

  remove: ClusterKeyStore['remove'] = (id, refusal) => {
    if (!this.keys.some((key) => key.id === id)) return Promise.resolve('not-found');
    const refused = refusal(this.keys, this.certificates.get(id) ?? 0);
    if (refused !== null) return Promise.resolve(err(refused));
    this.keys = this.keys.filter((key) => key.id !== id);
    return Promise.resolve(ok(null));
  };
}

function installation() {
  const store = new MemoryStore();
  const clock = { nowMs: 1_000_000 };
  let drawn = 0;
  const keys = new ClusterKeys({ store, now: () => clock.nowMs, random: (bytes) => Buffer.alloc(bytes, ++drawn) });
  return { store, clock, keys, ids: async () => (await keys.inForce()).map(({ id }) => id), states: async () => (await keys.list()).map(({ id, state }) => `${id} ${state}`) };
}

describe('cluster keys', () => {
  it('begin with one of 32 bytes that signs', async () => {
    const { keys } = installation();
    const [first] = await keys.inForce();
    expect(Buffer.from(first?.key ?? '', 'base64url')).toHaveLength(32);
    expect(await keys.list()).toEqual([{ id: 1, state: 'signing', createdAtMs: 1_000_000, signsFromMs: 1_000_000, replacedAtMs: null, certificates: 0 }]);
  });

  it('are told before they sign: the one before stays first until the moment has come', async () => {
    const { keys, clock, ids, states } = installation();
    expect(await keys.add(60_000)).toEqual({ ok: true, value: { id: 2, state: 'announced', createdAtMs: 1_000_000, signsFromMs: 1_060_000, replacedAtMs: null, certificates: 0 } });
    expect([await ids(), await states()]).toEqual([[1, 2], ['2 announced', '1 signing']]);
    clock.nowMs += 59_999;
    expect(await ids()).toEqual([1, 2]);
    clock.nowMs += 1;
    expect([await ids(), await states()]).toEqual([[2, 1], ['2 signing', '1 replaced']]);
    expect((await keys.list())[1]).toMatchObject({ id: 1, replacedAtMs: 1_060_000 });
  });

  it('go on signing with the oldest when the clock is set back before all of them', async () => {
    const { keys, clock, ids } = installation();
    await keys.add(60_000);
    clock.nowMs = 5;
    expect(await ids()).toEqual([1, 2]);
  });

  it('are added one after the other, up to eight', async () => {
    const { keys, clock } = installation();
    await keys.add(60_000);
    expect(await keys.add(60_000)).toEqual({ ok: false, error: 'Key 2 has just been added and does not sign yet; wait for it, or retire it.' });
    for (let n = 2; n < maxClusterKeys; n += 1) {
      clock.nowMs += 60_000;
      expect((await keys.add(60_000)).ok).toBe(true);
    }
    clock.nowMs += 60_000;
    expect(await keys.add(60_000)).toEqual({ ok: false, error: 'There are 8 keys, as many as there may be; retire an old one first.' });
  });

  it('are retired once replaced and nothing stored needs them', async () => {
    const { store, keys, clock, ids } = installation();
    await keys.list();
    expect(await keys.retire(1)).toEqual({ ok: false, error: 'Key 1 is the only one; add another first.' });
    await keys.add(60_000);
    expect(await keys.retire(1)).toEqual({ ok: false, error: 'Key 1 signs; add another and wait until that one does.' });
    clock.nowMs += 60_000;
    store.certificates.set(1, 2);
    expect(await keys.retire(1)).toEqual({ ok: false, error: '2 certificates are sealed under key 1; seal them under the newest key first.' });
    store.certificates.clear();
    expect(await keys.retire(1)).toEqual({ ok: true, value: null });
    expect(await keys.retire(1)).toBe('not-found');
    expect(await ids()).toEqual([2]);
  });

  it('that do not sign yet can be taken back', async () => {
    const { keys, ids } = installation();
    await keys.add(60_000);
    expect((await keys.retire(2))).toEqual({ ok: true, value: null });
    expect(await ids()).toEqual([1]);
  });
});
