/**
 * The push channel under fire: real node and session reducers, everything around them simulated. A run is a
 * random sequence of writes, deliveries, losses, crashes and restores, then a quiet time in which only heartbeats, timers and an
 * operator's confirmations happen. A run diverges when an invariant breaks on the way or a node differs from the database at the end.
 */
import { Slots } from '../../controlplane/push/admission.ts';
import { allSessionSafeguards } from '../../controlplane/push/placement.ts';
import type { SessionSafeguards } from '../../controlplane/push/placement.ts';
import { combinedHash } from '../../dataplane/contract/hash.ts';
import { tableNames } from '../../dataplane/contract/rows.ts';
import { allNodeSafeguards } from '../../dataplane/sync/safeguards.ts';
import type { NodeSafeguards } from '../../dataplane/sync/safeguards.ts';
import type { Connection } from './connection.ts';
import { SimulatedDatabase } from './database.ts';
import { Random } from './random.ts';
import { SimulatedNode } from './node.ts';

export interface Ablation {
  readonly node?: Partial<NodeSafeguards>;
  readonly session?: Partial<SessionSafeguards>;
}

const turns = 140;
const quietRounds = 60;

export class Simulation {
  readonly random: Random;
  readonly database: SimulatedDatabase;
  readonly nodes: readonly SimulatedNode[];
  readonly sessionSafeguards: SessionSafeguards;
  readonly nodeSafeguards: NodeSafeguards;
  /** Connections that at least one side believes in. */
  readonly connections: Connection[] = [];
  readonly slots = new Slots<Connection>(1);
  /** What happened in the run, by name: a model that never gets into trouble proves nothing. */
  readonly seen = new Set<string>();
  violation: string | null = null;
  private quiet = false;

  constructor(seed: number, ablation: Ablation = {}) {
    this.random = new Random(seed);
    this.database = new SimulatedDatabase(this.random);
    this.nodeSafeguards = { ...allNodeSafeguards, ...ablation.node };
    this.sessionSafeguards = { ...allSessionSafeguards, ...ablation.session };
    this.nodes = [new SimulatedNode(this, 'one'), new SimulatedNode(this, 'two')];
  }

  /** Runs to the end; null = every invariant held and every node equals the database. */
  run(): string | null {
    for (let turn = 0; turn < turns && this.violation === null; turn++) this.turn();
    this.quiet = true;
    this.database.calmDown();
    let calm = 0;
    for (let round = 0; round < quietRounds && this.violation === null && calm < 2; round++) {
      this.quietRound();
      calm = this.difference() === null ? calm + 1 : 0;
    }
    return this.violation ?? this.difference();
  }

  fail(text: string): void {
    this.violation ??= text;
  }

  private turn(): void {
    const { random, database } = this;
    const dice = random.below(100);
    if (dice < 60) this.progress();
    else if (dice < 72) this.change(() => { database.write(); });
    else if (dice < 73) this.change(() => { database.deleteAll(random.chance(0.5) ? 'node' : 'domain'); });
    else if (dice < 74) database.prune();
    else if (dice < 77) database.backUp();
    else if (dice < 80) this.change(() => { database.restore(random.chance(0.5)); });
    else if (dice < 85) random.pick(this.nodes)?.beat();
    else if (dice < 87) random.pick(this.connections)?.serverBeat();
    else if (dice < 92) random.pick(this.nodes)?.connect();
    else if (dice < 94) random.pick(this.connections)?.cut(random);
    else if (dice < 96) random.pick(this.nodes)?.crash();
    else if (dice < 97) this.crashServer();
    else random.pick(this.connections)?.confirm();
  }

  private change(write: () => void): void {
    write();
    for (const connection of this.connections) {
      // A notification may be lost for any of the sessions.
      if (this.random.chance(0.6)) connection.wake();
    }
  }

  /** Something that was under way gets a step further. */
  private progress(): void {
    const { random } = this;
    for (let i = 0; i < 4; i++) {
      if (random.chance(0.3)) random.pick(this.nodes)?.progress(random);
      else random.pick(this.connections)?.progress(random, this.quiet);
    }
  }

  private crashServer(): void {
    for (const connection of this.connections.slice()) connection.serverGone();
  }

  private quietRound(): void {
    for (const node of this.nodes) {
      node.connect();
      node.beat();
    }
    for (const connection of this.connections.slice()) {
      connection.confirm();
      connection.serverBeat();
    }
    let left = 400;
    while (left-- > 0 && this.violation === null) {
      let busy = false;
      for (const node of this.nodes) busy = node.progress(this.random) || busy;
      for (const connection of this.connections.slice()) busy = connection.progress(this.random, true) || busy;
      if (!busy) break;
    }
  }

  /** How a node differs from the database, or null. */
  private difference(): string | null {
    const { head, state } = this.database;
    for (const node of this.nodes) {
      const { replica } = node.reducer;
      if (replica.epoch !== head.epoch) return `${node.name} is at epoch ${replica.epoch}, the database at ${head.epoch}`;
      if (replica.rev !== head.rev) return `${node.name} is at ${replica.rev}, the database at ${head.rev}`;
      if (replica.hash !== combinedHash(head.hashes)) return `${node.name} has other hashes at ${head.rev}`;
      if (tableNames.reduce((sum, table) => sum + replica.tables[table].size, 0) !== state.rows.size) return `${node.name} has another number of rows`;
      for (const { table, key, json } of state.rows.values()) {
        if (replica.tables[table].get(key) !== json) return `${node.name} has another ${table} ${key}`;
      }
      const wrong = node.viewDiffers();
      if (wrong !== null) return wrong;
    }
    return null;
  }
}
