/** Who this node is: tokens tried in order, the credential won by joining, and the cluster keys that come with it. */
import type { ClusterKey } from '../contract/wire.ts';
import type { Introduction } from './link.ts';
import type { SyncClientOptions } from './ports.ts';
import { readClusterKeys, readCredential, writeClusterKeys, writeCredential } from './secrets.ts';
import type { NodeCredential } from './secrets.ts';

export class Identity {
  private readonly options: SyncClientOptions;
  private kept: NodeCredential | null = null;
  /** Tries so far that were refused: each moves on to the next thing that we could say. */
  private refusals = 0;
  private said: Introduction | null = null;

  constructor(options: SyncClientOptions) {
    this.options = options;
  }

  /** Known after the first connection, or from disk. */
  get node(): { readonly id: string; readonly name: string } | null {
    return this.kept === null ? null : { id: this.kept.id, name: this.kept.name };
  }

  /** Reads what is kept on disk; damaged or unreadable files count as absent, with a warning. */
  async load(): Promise<void> {
    const { options } = this;
    try {
      this.kept = await readCredential(options.folder);
      const keys = this.kept === null ? [] : await readClusterKeys(options.folder, this.kept.token);
      if (keys.length > 0) options.onClusterKeys(keys);
    } catch (error) {
      this.complain('warn', `the node token in ${options.folder} could not be read`, error);
    }
  }

  /** What to say at the door; null = there is nothing to say. A token of the environment goes before the kept one, joining comes last. */
  introduction(): Introduction | null {
    const { nodeToken, joinToken, nodeName } = this.options;
    const tokens = [nodeToken, this.kept?.token].filter((token) => token !== undefined);
    const ways: Introduction[] = [...new Set(tokens)].map((token) => ({ kind: 'token', token }));
    if (joinToken !== undefined) ways.push({ kind: 'join', token: joinToken, name: nodeName });
    this.said = ways[this.refusals % Math.max(1, ways.length)] ?? null;
    return this.said;
  }

  /** The server did not accept what we said. */
  refused(): void {
    this.refusals++;
  }

  /** The server says who we are; `token` is new when we joined. A folder that cannot be written is an alarm, not the end. */
  async accepted(node: { readonly id: string; readonly name: string }, token: string | null): Promise<void> {
    const used = token ?? (this.said?.kind === 'token' ? this.said.token : null);
    if (used === null) return;
    const known = this.kept;
    this.kept = { id: node.id, name: node.name, token: used };
    // The way that worked is the way to begin with: right behind the environment's token if that was refused.
    if (token !== null) this.refusals = this.options.nodeToken === undefined ? 0 : 1;
    if (known?.id === node.id && known.name === node.name && known.token === used) return;
    try {
      await writeCredential(this.options.folder, this.kept);
    } catch (error) {
      this.complain('error', `the node token could not be kept in ${this.options.folder}; after a restart this node cannot prove who it is`, error);
    }
  }

  async keysArrived(keys: readonly ClusterKey[]): Promise<void> {
    this.options.onClusterKeys(keys);
    if (this.kept === null) return;
    try {
      await writeClusterKeys(this.options.folder, this.kept.token, keys);
    } catch (error) {
      this.complain('error', `the cluster keys could not be kept in ${this.options.folder}`, error);
    }
  }

  private complain(level: 'warn' | 'error', text: string, error: unknown): void {
    this.options.log(level, `${text} (${error instanceof Error ? error.message : String(error)})`);
  }
}
