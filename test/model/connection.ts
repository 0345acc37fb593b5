/** One socket: two ordered queues, a real session on the server's side, and the server's slow database. Either side may learn late that it is dead. */
import { chunkTexts } from '../../controlplane/push/batches.ts';
import type { Batch } from '../../controlplane/push/batches.ts';
import { Session } from '../../controlplane/push/session.ts';
import type { SessionEffect, SessionEvent } from '../../controlplane/push/session-events.ts';
import type { NodeMessage, ServerMessage, WireRow } from '../../dataplane/contract/wire.ts';
import type { Random } from './random.ts';
import type { SimulatedNode } from './node.ts';
import type { Simulation } from './simulation.ts';

export type ToNode =
  | { readonly type: 'message'; readonly message: ServerMessage }
  | { readonly type: 'chunk'; readonly batch: number; readonly seq: number; readonly text: string };

/** Rows a chunk has here: few, so that streams are long. */
const chunkRows = 2;

export class Connection {
  readonly toNode: ToNode[] = [];
  readonly toServer: NodeMessage[] = [];
  private readonly simulation: Simulation;
  private readonly node: SimulatedNode;
  private readonly session: Session;
  /** Questions to the database that have not been asked yet, and answers that have not arrived yet. */
  private readonly questions: (() => SessionEvent)[] = [];
  private readonly answers: SessionEvent[] = [];
  private timer: SessionEvent | null = null;
  private chunks: readonly string[] = [];
  private nodeAlive = true;
  private serverAlive = true;

  constructor(simulation: Simulation, node: SimulatedNode) {
    this.simulation = simulation;
    this.node = node;
    this.session = new Session({}, simulation.sessionSafeguards);
    // The newest socket of a node wins; the server may still hold an older one open.
    for (const older of simulation.connections.slice()) {
      if (older.node === node) older.serverGone();
    }
    simulation.connections.push(this);
  }

  wake(): void {
    this.feed({ type: 'wake' });
  }

  serverBeat(): void {
    this.feed({ type: 'beat' });
  }

  confirm(): void {
    if (this.session.held.length === 0 || !this.serverAlive) return;
    this.node.confirmed = true;
    this.feed({ type: 'confirm' });
  }

  /** The network breaks; which side notices first is chance. */
  cut(random: Random): void {
    if (random.chance(0.5)) this.nodeGone();
    else this.serverGone();
  }

  /** The node's side is gone. The server finds out by silence, or when the node comes again. */
  nodeGone(): void {
    this.nodeAlive = false;
    this.toNode.length = 0;
    this.node.disconnected(this);
    if (this.simulation.random.chance(0.5)) this.serverGone();
    this.forget();
  }

  serverGone(): void {
    if (!this.serverAlive) return;
    this.serverAlive = false;
    this.toServer.length = 0;
    this.questions.length = 0;
    this.answers.length = 0;
    this.timer = null;
    for (const granted of this.simulation.slots.release(this)) granted.feed({ type: 'slot', granted: true });
    if (this.simulation.random.chance(0.5)) this.nodeGone();
    this.forget();
  }

  /** One step of what is under way on this socket; false = idle. In quiet times nothing is lost. */
  progress(random: Random, quiet: boolean): boolean {
    const ways = [
      this.toNode.length > 0 && this.nodeAlive ? this.deliverToNode : null,
      this.toServer.length > 0 && this.serverAlive ? this.deliverToServer : null,
      this.questions.length > 0 ? this.ask : null,
      this.answers.length > 0 ? this.answer : null,
      this.timer !== null && (quiet || random.chance(0.2)) ? this.fire : null,
    ].filter((way) => way !== null);
    random.pick(ways)?.call(this, quiet ? 0 : 0.02);
    return ways.length > 0;
  }

  private deliverToNode(loss: number): void {
    const frame = this.toNode.shift();
    const { random } = this.simulation;
    if (frame === undefined || random.chance(loss)) return;
    // A doubled frame comes again later, behind others.
    if (random.chance(loss)) this.toNode.splice(random.below(this.toNode.length + 1), 0, frame);
    this.node.receive(frame);
  }

  private deliverToServer(loss: number): void {
    const message = this.toServer.shift();
    const { random } = this.simulation;
    if (message === undefined || random.chance(loss)) return;
    if (random.chance(loss)) this.toServer.splice(random.below(this.toServer.length + 1), 0, message);
    this.feed({ type: 'message', message });
  }

  private ask(): void {
    const question = this.questions.shift();
    if (question !== undefined) this.answers.push(question());
  }

  private answer(): void {
    const event = this.answers.shift();
    if (event !== undefined) this.feed(event);
  }

  private fire(): void {
    const event = this.timer;
    this.timer = null;
    if (event !== null) this.feed(event);
  }

  private feed(event: SessionEvent): void {
    if (!this.serverAlive) return;
    for (const effect of this.session.step(event)) this.run(effect);
  }

  private run(effect: SessionEffect): void {
    if (!this.serverAlive) return;
    const { database, slots, random, seen } = this.simulation;
    if (effect.type === 'state') seen.add(`state ${effect.state}`);
    if (effect.type === 'send' && effect.message.t === 'welcome') seen.add(`welcome ${effect.message.mode}`);
    if (effect.type === 'send' && effect.message.t === 'begin') seen.add(`stream of a ${effect.message.kind}`);
    switch (effect.type) {
      case 'send': this.send(effect.message); return;
      case 'send-delta': {
        const { content, batch, allowShrink } = effect;
        this.send({ t: 'delta', batch, epoch: content.epoch, from: content.from, to: content.to, rows: content.rows, hashes: content.hashes, allowShrink });
        return;
      }
      case 'send-chunk': if (this.nodeAlive) this.toNode.push({ type: 'chunk', batch: effect.batch, seq: effect.seq, text: this.chunks[effect.seq] ?? '' }); return;
      case 'read': {
        const { token, since } = effect;
        this.questions.push(() => random.chance(0.03) ? { type: 'failed', token, detail: 'the database is away' } : { type: 'read', token, view: database.view(since) });
        return;
      }
      case 'open': this.questions.push(() => this.open(effect.token, effect.content)); return;
      case 'head': this.questions.push(() => ({ type: 'head', n: effect.n, head: database.cachedHead() })); return;
      case 'acquire': this.answers.push({ type: 'slot', granted: slots.acquire(this) }); return;
      case 'release': for (const granted of slots.release(this)) granted.answers.push({ type: 'slot', granted: true }); return;
      case 'timer': this.timer = { type: 'timer', token: effect.token }; return;
      case 'applied':
        if (!this.node.hasApplied(effect.epoch, effect.rev)) this.simulation.fail(`the server believes ${this.node.name} at ${effect.epoch}:${effect.rev}`);
        return;
      case 'close': this.serverGone(); return;
      case 'state': case 'deliver': return;
    }
  }

  private open(token: number, content: Batch | null): SessionEvent {
    const { head, state } = this.simulation.database;
    const rows: readonly WireRow[] = content?.rows ?? [...state.rows.values()].map(({ table, key, json }) => [table, key, json]);
    this.chunks = [...chunkTexts(rows, chunkRows)];
    const shape = content === null ? { kind: 'snapshot' as const, epoch: head.epoch, from: -1, to: head.rev, hashes: head.hashes } : { ...content, kind: 'delta' as const };
    return { type: 'opened', token, stream: { ...shape, chunks: this.chunks.length, rows: rows.length } };
  }

  private send(message: ServerMessage): void {
    if (this.nodeAlive) this.toNode.push({ type: 'message', message });
  }

  private forget(): void {
    if (this.nodeAlive || this.serverAlive) return;
    const index = this.simulation.connections.indexOf(this);
    if (index >= 0) this.simulation.connections.splice(index, 1);
  }
}
