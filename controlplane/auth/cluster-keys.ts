/**
 * The installation's cluster keys and their rotation. A new key is first told to every node, so that all can open what it
 * seals; it signs from a moment on that stands in the database, which any control plane reads off its own clock: nothing has
 * to run at that moment, and nobody has to agree. What it replaces goes on opening what it sealed until it is retired.
 */
import { ok } from '../../dataplane/contract/result.ts';
import type { Result } from '../../dataplane/contract/result.ts';
import type { ClusterKey } from '../../dataplane/contract/wire.ts';
import type { ClusterKeyState } from '../contract/cluster-keys.ts';
import type { RandomBytes } from './secret.ts';
import type { ClusterKeyRecord, ClusterKeyStore } from './stores.ts';

const keyBytes = 32;
/** Each costs a try on every token that names no key. */
export const maxClusterKeys = 8;

export interface ClusterKeysDeps {
  readonly store: ClusterKeyStore;
  readonly now: () => number;
  readonly random: RandomBytes;
}

/** A key without its secret. */
export interface ClusterKeyFacts {
  readonly id: number;
  readonly state: ClusterKeyState;
  readonly createdAtMs: number;
  readonly signsFromMs: number;
  /** null = it has not been replaced. */
  readonly replacedAtMs: number | null;
  readonly certificates: number;
}

/** The key that signs at `nowMs`: the newest whose time has come, else the oldest. `keys` newest first; null = there is none. */
export function signingKey<K extends Pick<ClusterKeyRecord, 'signsFromMs'>>(keys: readonly K[], nowMs: number): K | null {
  return keys.find(({ signsFromMs }) => signsFromMs <= nowMs) ?? keys.at(-1) ?? null;
}

function stateOf(key: ClusterKeyRecord, signing: ClusterKeyRecord): ClusterKeyState {
  if (key.id === signing.id) return 'signing';
  return key.id > signing.id ? 'announced' : 'replaced';
}

export class ClusterKeys {
  private readonly deps: ClusterKeysDeps;

  constructor(deps: ClusterKeysDeps) {
    this.deps = deps;
  }

  /** The keys as nodes take them: the one that signs, then the others, newest first. The first key is made here. */
  async inForce(): Promise<readonly ClusterKey[]> {
    const keys = await this.stored();
    const signing = signingKey(keys, this.deps.now());
    return keys.toSorted((a, b) => Number(b === signing) - Number(a === signing)).map(({ id, key }) => ({ id, key }));
  }

  /** Newest first. */
  async list(): Promise<readonly ClusterKeyFacts[]> {
    const [keys, certificates] = [await this.stored(), await this.deps.store.sealedCertificates()];
    return this.facts(keys, certificates);
  }

  /** Adds a key that signs in `signsInMs` milliseconds. The error is a sentence. */
  async add(signsInMs: number): Promise<Result<ClusterKeyFacts, string>> {
    await this.stored();
    const nowMs = this.deps.now();
    const added = await this.deps.store.add({ key: this.randomKey(), createdAtMs: nowMs, signsFromMs: nowMs + signsInMs }, (keys) => {
      const [newest] = keys;
      if (keys.length >= maxClusterKeys) return `There are ${keys.length} keys, as many as there may be; retire an old one first.`;
      return newest !== undefined && newest.signsFromMs > nowMs ? `Key ${newest.id} has just been added and does not sign yet; wait for it, or retire it.` : null;
    });
    if (!added.ok) return added;
    return ok({ id: added.value.id, state: signsInMs > 0 ? 'announced' : 'signing', createdAtMs: added.value.createdAtMs, signsFromMs: added.value.signsFromMs, replacedAtMs: null, certificates: 0 });
  }

  /** Takes a key out of force: what it sealed opens no more. The error is a sentence. */
  async retire(id: number): Promise<Result<null, string> | 'not-found'> {
    return this.deps.store.remove(id, (keys, certificates) => {
      if (keys.length === 1) return `Key ${id} is the only one; add another first.`;
      if (signingKey(keys, this.deps.now())?.id === id) return `Key ${id} signs; add another and wait until that one does.`;
      if (certificates > 0) return `${certificates === 1 ? 'One certificate is' : `${certificates} certificates are`} sealed under key ${id}; seal them under the newest key first.`;
      return null;
    });
  }

  private facts(keys: readonly ClusterKeyRecord[], certificates: ReadonlyMap<number, number>): readonly ClusterKeyFacts[] {
    const signing = signingKey(keys, this.deps.now());
    if (signing === null) return [];
    return keys.map((key, index) => {
      const state = stateOf(key, signing);
      const { id, createdAtMs, signsFromMs } = key;
      return { id, state, createdAtMs, signsFromMs, replacedAtMs: state === 'replaced' ? keys[index - 1]?.signsFromMs ?? null : null, certificates: certificates.get(id) ?? 0 };
    });
  }

  private async stored(): Promise<readonly ClusterKeyRecord[]> {
    const keys = await this.deps.store.list();
    if (keys.length > 0) return keys;
    await this.deps.store.addFirst(this.randomKey(), this.deps.now());
    return this.deps.store.list();
  }

  private randomKey(): string {
    return Buffer.from(this.deps.random(keyBytes)).toString('base64url');
  }
}
