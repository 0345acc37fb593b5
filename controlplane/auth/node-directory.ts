/**
 * Who may open a node's socket: one-time join tokens make nodes, node tokens prove them. Tokens are kept as
 * hashes; two are valid while one is being replaced; taking one away counts from the next moment.
 */
import type { ClusterKey } from '../../dataplane/contract/wire.ts';
import type { NodeDirectory, NodeIdentity } from '../push/ports.ts';
import type { ClusterKeys } from './cluster-keys.ts';
import { createSecret, hashSecret, looksLike } from './secret.ts';
import type { RandomBytes } from './secret.ts';
import type { NodeRecord, NodeStore } from './stores.ts';

/** A name as the data plane's settings accept it. */
const nodeName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export interface NodeDirectoryDeps {
  readonly store: NodeStore;
  readonly keys: ClusterKeys;
  readonly now: () => number;
  readonly random: RandomBytes;
}

export class StoredNodeDirectory implements NodeDirectory {
  private readonly deps: NodeDirectoryDeps;

  constructor(deps: NodeDirectoryDeps) {
    this.deps = deps;
  }

  async authenticate(token: string): Promise<NodeIdentity | null> {
    if (!looksLike('nodeToken', token)) return null;
    const node = await this.deps.store.byToken(hashSecret(token), this.deps.now());
    return node === null ? null : { id: node.id, name: node.name };
  }

  async join(joinToken: string, name: string): Promise<{ readonly node: NodeIdentity; readonly nodeToken: string } | null> {
    if (!looksLike('joinToken', joinToken) || !nodeName.test(name)) return null;
    const nodeToken = createSecret('nodeToken', this.deps.random);
    const node = await this.deps.store.join(hashSecret(joinToken), name, hashSecret(nodeToken), this.deps.now());
    return node === null ? null : { node: { id: node.id, name: node.name }, nodeToken };
  }

  clusterKeys(): Promise<readonly ClusterKey[]> {
    return this.deps.keys.inForce();
  }

  /** A one-time token for a new node, shown this once. `name` '' = the node says its own. */
  async createJoinToken(request: { readonly name: string; readonly createdBy: string; readonly lifeMs: number }): Promise<{ readonly id: string; readonly token: string; readonly expiresAtMs: number }> {
    const token = createSecret('joinToken', this.deps.random);
    const expiresAtMs = this.deps.now() + request.lifeMs;
    const { id } = await this.deps.store.addJoinToken({ hash: hashSecret(token), name: request.name, createdBy: request.createdBy, expiresAtMs });
    return { id, token, expiresAtMs };
  }

  /** Unspent and unexpired? */
  async joinTokenValid(token: string): Promise<boolean> {
    return looksLike('joinToken', token) && this.deps.store.joinTokenValid(hashSecret(token), this.deps.now());
  }

  /** A second token for a node, shown this once; the one before stays valid until the next rotation. null = no such node. */
  async rotate(nodeId: string): Promise<string | null> {
    const token = createSecret('nodeToken', this.deps.random);
    return await this.deps.store.addToken(nodeId, hashSecret(token), this.deps.now()) ? token : null;
  }

  /** Takes every token of a node away. The caller also ends its socket. False = no such node. */
  revoke(nodeId: string): Promise<boolean> {
    return this.deps.store.revokeTokens(nodeId, this.deps.now());
  }

  list(): Promise<readonly NodeRecord[]> {
    return this.deps.store.list();
  }

  byId(id: string): Promise<NodeRecord | null> {
    return this.deps.store.byId(id);
  }

  seen(nodeId: string): Promise<void> {
    return this.deps.store.seen(nodeId, this.deps.now());
  }
}
