/** A control plane's push side over generated rows: the real gateway, no database. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPushGateway } from '../../controlplane/push/gateway.ts';
import type { ChangeSource, Head, NodeSink, Revision, WireOp } from '../../controlplane/push/ports.ts';
import { applyChanges, emptyHashes } from '../../dataplane/contract/hash.ts';
import type { TableHashes } from '../../dataplane/contract/hash.ts';
import { limits } from '../../dataplane/contract/limits.ts';
import type { WireRow } from '../../dataplane/contract/wire.ts';
import { allRows, hashesOf, type Sizes } from './rows.ts';

const toOp = ([table, key, json]: WireRow): WireOp => ({ table, key, json });

/** A history whose rows are made anew at each reading, so that the bench itself holds none. */
class GeneratedSource implements ChangeSource {
  readonly epoch: string;
  rev = 0;
  private hashes: TableHashes = emptyHashes;
  private sizes: Sizes | null = null;
  private log: Revision[] = [];
  private readonly wakes = new Set<() => void>();

  constructor(epoch: string) {
    this.epoch = epoch;
  }

  /** Another content altogether: nodes need a snapshot. */
  replace(sizes: Sizes): void {
    this.sizes = sizes;
    this.hashes = hashesOf(allRows(sizes));
    this.rev++;
    this.log = [];
    for (const wake of this.wakes) wake();
  }

  /** One row more than the snapshot has, or another version of it (`before`). */
  change(row: WireRow, before: string | null): void {
    this.hashes = applyChanges(this.hashes, [{ table: row[0], key: row[1], before, after: row[2] }]);
    this.rev++;
    this.log.push({ rev: this.rev, ops: [toOp(row)], hashes: this.hashes });
    for (const wake of this.wakes) wake();
  }

  head(): Promise<Head> {
    return Promise.resolve({ epoch: this.epoch, rev: this.rev, hashes: this.hashes });
  }

  hashesAt(rev: number): Promise<TableHashes | null> {
    return Promise.resolve(rev === this.rev ? this.hashes : (this.log.find((revision) => revision.rev === rev)?.hashes ?? null));
  }

  revisionsAfter(rev: number, limit: number): Promise<readonly Revision[] | null> {
    const later = this.log.filter((revision) => revision.rev > rev);
    return Promise.resolve(rev < this.rev && later[0]?.rev !== rev + 1 ? null : later.slice(0, limit));
  }

  async snapshot(): Promise<{ readonly head: Head; readonly rows: AsyncIterable<readonly WireOp[]> }> {
    return { head: await this.head(), rows: pages(allRows(this.sizes ?? { domain: 0, number: 0, rate: 0 })) };
  }

  onWake(wake: () => void): () => void {
    this.wakes.add(wake);
    return () => this.wakes.delete(wake);
  }
}

async function* pages(rows: Iterable<WireRow>): AsyncGenerator<readonly WireOp[]> {
  let page: WireOp[] = [];
  for (const row of rows) {
    if (page.push(toOp(row)) < limits.chunkRows) continue;
    yield page;
    page = [];
    // As a database's answer does, the next page comes with another turn.
    await new Promise((resolve) => { setImmediate(resolve); });
  }
  yield page;
}

export interface Control {
  readonly source: GeneratedSource;
  readonly url: string;
  /** Resolves with the milliseconds that the node says the swap took, when it runs the newest revision. */
  inStep(): Promise<number>;
  close(): Promise<void>;
}

/** Opens it on a loopback port; one node may join with the token `bench`. */
export async function openControl(epoch: string): Promise<Control> {
  const source = new GeneratedSource(epoch);
  let applied: { readonly rev: number; readonly tookMs: number } = { rev: -1, tookMs: 0 };
  let wake: () => void = () => undefined;
  const ignore = (): void => undefined;
  const sink: NodeSink = {
    hello: (_node, { rev, epoch: theirs }) => {
      if (theirs === source.epoch) applied = { rev, tookMs: 0 };
      wake();
    },
    applied: (_node, rev, tookMs) => {
      applied = { rev, tookMs };
      wake();
    },
    state: ignore, report: ignore, events: ignore, gone: ignore,
  };
  const gateway = createPushGateway({
    changes: source, sink, log: (level, text) => { if (level === 'error') process.stderr.write(`${text}\n`); },
    directory: {
      authenticate: (token) => Promise.resolve(token === 'bench' ? { id: 'bench', name: 'bench' } : null),
      join: () => Promise.resolve(null),
      clusterKeys: () => Promise.resolve([{ id: 1, key: 'A'.repeat(43) }]),
    },
  });
  const server = createServer();
  gateway.attach(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    source,
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/sync/v1`,
    async inStep() {
      while (applied.rev !== source.rev) await new Promise<void>((resolve) => { wake = resolve; });
      return applied.tookMs;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await gateway.close();
    },
  };
}
