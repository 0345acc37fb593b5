/** A node around the real reducer: workers that swap late, a disk that loses what was not written, a listener that keeps a view. */
import { decodeOp } from '../../dataplane/contract/decode.ts';
import { canonicalJson } from '../../dataplane/contract/canonical.ts';
import { parseRowLine } from '../../dataplane/contract/frames.ts';
import { tableNames } from '../../dataplane/contract/rows.ts';
import type { NodeMessage, WireRow } from '../../dataplane/contract/wire.ts';
import type { NodeEffect, NodeEvent } from '../../dataplane/sync/node-events.ts';
import { PackedBase } from '../../dataplane/routing/packed-base.ts';
import { packedKinds } from '../../dataplane/routing/packed-kinds.ts';
import type { ConfigChange } from '../../dataplane/sync/ports.ts';
import { NodeReducer } from '../../dataplane/sync/reducer.ts';
import { Replica } from '../../dataplane/sync/replica.ts';
import { Connection } from './connection.ts';
import type { ToNode } from './connection.ts';
import type { Random } from './random.ts';
import type { Simulation } from './simulation.ts';

/** Two domains that differ at once are packed, one stays beside the packed ones. */
const packedAbove = 1;

export class SimulatedNode {
  readonly name: string;
  reducer: NodeReducer;
  /** The socket that the node believes in. */
  socket: Connection | null = null;
  /** Set when an operator confirmed a hold, until the next commit. */
  confirmed = false;
  private readonly simulation: Simulation;
  private disk: Replica = Replica.empty;
  private pendingWrites: Replica[] = [];
  private swapping: ConfigChange | null = null;
  private settling = false;
  /** What the workers serve: key by table and key, canonical text. Follows the ops alone. */
  private view = new Map<string, string>();
  /** Start of the batch that came last. */
  private from = -1;
  private readonly applied = new Set<string>();
  private boots = 0;

  constructor(simulation: Simulation, name: string) {
    this.simulation = simulation;
    this.name = name;
    this.reducer = this.boot(this.disk);
  }

  connect(): void {
    if (this.socket !== null) return;
    this.socket = new Connection(this.simulation, this);
    this.step({ type: 'opened' });
  }

  beat(): void {
    this.step({ type: 'beat' });
  }

  /** kill -9: whatever was not on disk is gone; the node comes back with its last known good. */
  crash(): void {
    this.socket?.nodeGone();
    this.socket = null;
    this.pendingWrites = [];
    this.swapping = null;
    this.settling = false;
    this.reducer = this.boot(this.disk);
  }

  /** The socket broke. */
  disconnected(connection: Connection): void {
    if (this.socket !== connection) return;
    this.socket = null;
    this.step({ type: 'closed' });
  }

  receive(frame: ToNode): void {
    if (frame.type === 'message') {
      const { message } = frame;
      if (message.t === 'delta' || message.t === 'begin') this.from = message.from;
      this.step({ type: 'message', message });
      return;
    }
    const rows = frame.text.split('\n').map(parseRowLine).filter((row): row is WireRow => row !== null);
    const half = this.simulation.random.below(rows.length + 1);
    for (const slice of [rows.slice(0, half), rows.slice(half)]) this.step({ type: 'rows', batch: frame.batch, seq: frame.seq, rows: slice });
    this.step({ type: 'chunk-end', batch: frame.batch, seq: frame.seq });
  }

  /** One step of what the node has under way; false = idle. */
  progress(random: Random): boolean {
    if (this.settling) {
      this.settling = false;
      this.step({ type: 'settle' });
      return true;
    }
    if (this.swapping !== null && random.chance(0.8)) {
      const change = this.swapping;
      this.swapping = null;
      if (random.chance(0.05)) this.step({ type: 'commit-failed', detail: 'a worker died' });
      else this.commit(change);
      return true;
    }
    const write = random.chance(0.7) ? this.pendingWrites.shift() : undefined;
    if (write !== undefined) this.disk = write;
    return write !== undefined || this.swapping !== null || this.pendingWrites.length > 0;
  }

  /** True when the node did apply what the server was told. */
  hasApplied(epoch: string, rev: number): boolean {
    return this.applied.has(`${epoch}:${rev}`);
  }

  /** The workers' view must be what the replica says is in use, and every readable row must be in use. */
  viewDiffers(): string | null {
    const { replica } = this.reducer;
    const expected = viewOf(replica);
    if (expected.size !== this.view.size) return `${this.name} serves ${this.view.size} rows instead of ${expected.size}`;
    for (const [id, text] of expected) {
      if (this.view.get(id) !== text) return `${this.name} serves another ${id}`;
    }
    for (const held of replica.quarantine.values()) {
      const json = replica.tables[held.table].get(held.key);
      if (json === undefined) return `${this.name} holds a row that is gone`;
      if (!held.dangling && decodeOp(held.table, held.key, json).ok) return `${this.name} holds a good row back`;
    }
    return null;
  }

  private boot(replica: Replica): NodeReducer {
    this.view = viewOf(replica);
    return new NodeReducer(replica, { boot: `${this.name}${++this.boots}`, version: '1', capabilities: [] }, this.simulation.nodeSafeguards, packedAbove);
  }

  private step(event: NodeEvent): void {
    const before = this.reducer.replica;
    const effects = this.reducer.step(event);
    if (event.type !== 'committed' && this.reducer.replica !== before) this.simulation.fail(`${this.name} changed its rows without a commit`);
    for (const effect of effects) this.run(effect);
  }

  private run(effect: NodeEffect): void {
    if (effect.type === 'send') this.note(effect.message);
    switch (effect.type) {
      case 'send': this.socket?.toServer.push(effect.message); return;
      case 'settle': this.settling = true; return;
      case 'commit': this.swapping = effect.change; return;
      case 'persist': this.pendingWrites.push(effect.replica); return;
      case 'close': this.socket?.cut(this.simulation.random); return;
      case 'held': return;
    }
  }

  private note(message: NodeMessage): void {
    const { seen } = this.simulation;
    if (message.t === 'reject') seen.add(`reject ${message.code}`);
    else if (message.t === 'resync') seen.add(`resync ${message.reason}`);
    else if (message.t === 'applied' && message.quarantinedTotal > 0) seen.add('quarantine');
  }

  private commit(change: ConfigChange): void {
    const before = this.reducer.replica;
    this.simulation.seen.add(`commit of a ${change.origin}`);
    for (const held of before.quarantine.values()) this.simulation.seen.add(held.dangling ? 'dangling' : 'unreadable');
    for (const { table, buffer } of change.packed) {
      this.simulation.seen.add(`a packed table in a ${change.origin}`);
      for (const id of [...this.view.keys()]) if (id.startsWith(`${table}\t`)) this.view.delete(id);
      const base = new PackedBase(packedKinds[table], buffer);
      for (const record of base.records()) this.view.set(`${table}\t${base.key(record)}`, base.json(record));
    }
    for (const op of change.ops) {
      if (op.row === null) this.view.delete(`${op.table}\t${op.key}`);
      else this.view.set(`${op.table}\t${op.key}`, canonicalJson(op.row));
    }
    this.applied.add(`${change.epoch}:${change.rev}`);
    this.step({ type: 'committed', tookMs: 1 });
    this.checkCommit(before, change);
    this.confirmed = false;
  }

  private checkCommit(before: Replica, change: ConfigChange): void {
    const { simulation } = this;
    const after = this.reducer.replica;
    if (change.origin === 'delta') {
      if (this.from !== before.rev) simulation.fail(`${this.name} moved from ${before.rev} by a delta of ${this.from}`);
      if (after.rev <= before.rev) simulation.fail(`${this.name} went back from ${before.rev} to ${after.rev} by a delta`);
    }
    if (!simulation.database.knows(after.epoch, after.rev, after.hash)) simulation.fail(`${this.name} has a content that ${after.epoch}:${after.rev} never had`);
    for (const table of tableNames) {
      const had = before.tables[table].size;
      if (had === 0 || after.tables[table].size > 0 || this.confirmed) continue;
      const deliberate = change.origin === 'delta' ? simulation.database.deliberate(table, before.rev, after.rev) : 0;
      if (had > deliberate) simulation.fail(`${this.name} lost all ${had} rows of ${table} and nobody confirmed it`);
    }
  }
}

function viewOf(replica: Replica): Map<string, string> {
  const view = new Map<string, string>();
  for (const table of tableNames) {
    for (const [key] of replica.tables[table].entries()) {
      const text = replica.effective(table, key);
      const op = text === null ? null : decodeOp(table, key, text);
      if (op?.ok === true) view.set(`${table}\t${key}`, canonicalJson(op.value.row));
    }
  }
  return view;
}
