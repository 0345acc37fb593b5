/** A control plane's push side and nodes around it, over loopback websockets, with a database and a directory in memory. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createPushGateway } from '../../../controlplane/push/gateway.ts';
import type { PushGateway } from '../../../controlplane/push/api.ts';
import type { NodeDirectory, NodeEvent, NodeIdentity, NodeReport, NodeSink, NodeState, QuarantinedRow } from '../../../controlplane/push/ports.ts';
import { canonicalJson } from '../../../dataplane/contract/canonical.ts';
import type { ClusterKey } from '../../../dataplane/contract/wire.ts';
import { createSyncClient } from '../../../dataplane/sync/client.ts';
import { PackedBase } from '../../../dataplane/routing/packed-base.ts';
import { packedKinds } from '../../../dataplane/routing/packed-kinds.ts';
import type { ConfigChange, SyncClient, SyncStatus } from '../../../dataplane/sync/ports.ts';
import { MemorySource } from './memory-source.ts';

const deadlineMs = 8_000;

/** Things that a test waits for: told of every change, checks its condition again, fails at the deadline with `what`. */
export class Watch {
  private readonly checks = new Set<() => void>();

  changed(): void {
    for (const check of [...this.checks]) check();
  }

  until<T>(what: string, look: () => T | null | undefined | false): Promise<T> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        const found = look();
        if (found === null || found === undefined || found === false) return;
        done();
        resolve(found);
      };
      const timer = setTimeout(() => {
        done();
        reject(new Error(`waited in vain until ${what}`));
      }, deadlineMs);
      const done = (): void => {
        clearTimeout(timer);
        this.checks.delete(check);
      };
      this.checks.add(check);
      check();
    });
  }
}

export class MemoryDirectory implements NodeDirectory {
  readonly tokens = new Map<string, NodeIdentity>();
  readonly joinTokens = new Set<string>();
  keys: readonly ClusterKey[] = [{ id: 1, key: 'A'.repeat(43) }];

  authenticate(token: string): Promise<NodeIdentity | null> {
    return Promise.resolve(this.tokens.get(token) ?? null);
  }

  join(joinToken: string, name: string): Promise<{ node: NodeIdentity; nodeToken: string } | null> {
    if (!this.joinTokens.delete(joinToken)) return Promise.resolve(null);
    const node = { id: `id-of-${name}`, name };
    const nodeToken = `joined-${this.tokens.size}`;
    this.tokens.set(nodeToken, node);
    return Promise.resolve({ node, nodeToken });
  }

  clusterKeys(): Promise<readonly ClusterKey[]> {
    return Promise.resolve(this.keys);
  }
}

export class RecordingSink implements NodeSink {
  readonly states: { node: string; state: NodeState; detail: string }[] = [];
  readonly appliedRevs: { node: string; rev: number; quarantined: readonly QuarantinedRow[] }[] = [];
  readonly reports: NodeReport[] = [];
  readonly facts: NodeEvent[] = [];
  readonly hellos: { node: string; rev: number; address: string }[] = [];
  readonly goneNodes: string[] = [];
  private readonly watch: Watch;

  constructor(watch: Watch) {
    this.watch = watch;
  }

  hello(node: NodeIdentity, info: { readonly rev: number; readonly address: string }): void {
    this.hellos.push({ node: node.id, rev: info.rev, address: info.address });
    this.watch.changed();
  }

  state(node: string, state: NodeState, detail: string): void {
    this.states.push({ node, state, detail });
    this.watch.changed();
  }

  applied(node: string, rev: number, _tookMs: number, quarantined: readonly QuarantinedRow[]): void {
    this.appliedRevs.push({ node, rev, quarantined });
    this.watch.changed();
  }

  report(_node: string, report: NodeReport): void {
    this.reports.push(report);
    this.watch.changed();
  }

  events(_node: string, events: readonly NodeEvent[]): void {
    this.facts.push(...events);
    this.watch.changed();
  }

  gone(node: string): void {
    this.goneNodes.push(node);
    this.watch.changed();
  }
}

/** A node: the real client with a listener that keeps rows by table and key. */
export class TestNode {
  readonly client: SyncClient;
  readonly view = new Map<string, string>();
  readonly commits: ConfigChange[] = [];
  readonly logs: string[] = [];
  readonly keys: (readonly ClusterKey[])[] = [];
  readonly commands: string[] = [];
  /** Replace it to make commits slow or fail. */
  beforeCommit: () => Promise<void> = () => Promise.resolve();
  private readonly world: World;

  constructor(world: World, options: { name: string; folder: string; joinToken?: string; nodeToken?: string; urls?: readonly string[] }) {
    this.world = world;
    this.client = createSyncClient({
      urls: options.urls ?? [world.url], folder: options.folder, nodeName: options.name, version: '0.0.0',
      nodeToken: options.nodeToken, joinToken: options.joinToken, capabilities: ['media:direct'],
      listener: { commit: (change) => this.commit(change) },
      onCommand: (name, args) => {
        this.commands.push(name);
        return name === 'fail' ? Promise.reject(new Error('no such thing')) : Promise.resolve({ name, args });
      },
      onClusterKeys: (keys) => { this.keys.push(keys); world.watch.changed(); },
      onState: () => { world.watch.changed(); },
      log: (_level, text) => { this.logs.push(text); world.watch.changed(); },
    });
  }

  get status(): SyncStatus {
    return this.client.status();
  }

  async start(): Promise<this> {
    await this.client.loadLastKnownGood();
    this.client.start();
    return this;
  }

  /** Waits until the node runs revision `rev` of the world's database. */
  at(rev: number): Promise<true> {
    return this.world.watch.until(`the node runs revision ${rev}`, () => this.status.rev === rev && this.status.epoch === this.world.source.epoch);
  }

  private async commit(change: ConfigChange): Promise<void> {
    await this.beforeCommit();
    this.commits.push(change);
    for (const { table, buffer } of change.packed) {
      for (const id of [...this.view.keys()]) if (id.startsWith(`${table} `)) this.view.delete(id);
      const base = new PackedBase(packedKinds[table], buffer);
      for (const record of base.records()) this.view.set(`${table} ${base.key(record)}`, base.json(record));
    }
    for (const op of change.ops) {
      if (op.row === null) this.view.delete(`${op.table} ${op.key}`);
      else this.view.set(`${op.table} ${op.key}`, canonicalJson(op.row));
    }
    this.world.watch.changed();
  }
}

export class World {
  readonly watch = new Watch();
  readonly source = new MemorySource('e1');
  readonly directory = new MemoryDirectory();
  readonly sink = new RecordingSink(this.watch);
  readonly logs: string[] = [];
  gateway: PushGateway;
  private server: Server;
  private port = 0;
  private readonly nodes: TestNode[] = [];
  private readonly folders: string[] = [];

  private constructor() {
    this.server = createServer();
    this.gateway = this.newGateway();
  }

  static async open(): Promise<World> {
    const world = new World();
    await world.listen();
    return world;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/sync/v1`;
  }

  async folder(): Promise<string> {
    const folder = await mkdtemp(path.join(tmpdir(), 'signalbox-sync-'));
    this.folders.push(folder);
    return folder;
  }

  /** A node with a token of its own, started. */
  async node(name: string, folder?: string): Promise<TestNode> {
    const token = `token-${name}`;
    if (!this.directory.tokens.has(token)) this.directory.tokens.set(token, { id: name, name });
    return this.add({ name, folder: folder ?? (await this.folder()), nodeToken: token }).start();
  }

  add(options: ConstructorParameters<typeof TestNode>[1]): TestNode {
    const node = new TestNode(this, options);
    this.nodes.push(node);
    return node;
  }

  /** The control plane dies without a word. */
  async killGateway(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    for (const socket of this.upgraded) socket.destroy();
    this.upgraded.clear();
    await this.gateway.close();
  }

  /** Another control plane on the same port. */
  async startGateway(): Promise<void> {
    this.server = createServer();
    this.gateway = this.newGateway();
    await this.listen();
  }

  async close(): Promise<void> {
    for (const node of this.nodes) await node.client.close();
    await this.killGateway();
    for (const folder of this.folders) await rm(folder, { recursive: true, force: true });
  }

  private readonly upgraded = new Set<{ destroy: () => void }>();

  private newGateway(): PushGateway {
    const gateway = createPushGateway({
      changes: this.source, directory: this.directory, sink: this.sink,
      log: (_level, text) => { this.logs.push(text); this.watch.changed(); },
    });
    gateway.attach(this.server);
    return gateway;
  }

  private async listen(): Promise<void> {
    this.server.on('connection', (socket) => { this.upgraded.add(socket); });
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }
}
