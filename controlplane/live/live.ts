/**
 * The live side of the control plane: takes what nodes report, remembers it, raises alarms, keeps history, and tells
 * everyone who listens. One object a process; main starts and closes it.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { DestinationHealth } from '../../dataplane/contract/health.ts';
import { nodeDefaults } from '../../dataplane/contract/rows.ts';
import type { LiveEvents, StoredEvent } from '../contract/events.ts';
import type { NodeItem } from '../contract/nodes.ts';
import type { Overview } from '../contract/overview.ts';
import type { NodeRecord } from '../auth/stores.ts';
import type { ChangeSource, NodeEvent, NodeSink } from '../push/ports.ts';
import { AlarmBoard, alarmsOf } from './alarms.ts';
import { CertificateWatch } from './certificate-watch.ts';
import { ConfigMirror } from './config-mirror.ts';
import { DestinationBoard } from './destination-board.ts';
import type { DestinationSummary } from './destination-board.ts';
import { EventLog } from './event-log.ts';
import type { EventStore } from './event-log.ts';
import { HeadHistory } from './head-history.ts';
import { EventHub } from './hub.ts';
import type { NodeFacts } from './node-facts.ts';
import { NodeRegistry } from './node-registry.ts';
import type { LiveDestinations, RevisionLog } from './ports.ts';
import { sharing, toShared } from './shared-facts.ts';
import type { SharedFacts, SharedFactsStore } from './shared-facts.ts';
import { describeHealth } from '../../dataplane/contract/health.ts';
import { Series } from './series.ts';

export interface LiveDeps {
  readonly changes: ChangeSource;
  readonly revisions: RevisionLog;
  readonly events: EventStore;
  /** The database's nodes, and a note that one was seen. */
  readonly nodes: { list(): Promise<readonly NodeRecord[]>; seen(id: string): Promise<void> };
  /** Where replicas tell each other of their nodes; null = there is one replica only. */
  readonly shared: SharedFactsStore | null;
  readonly now: () => number;
  readonly log: (level: 'debug' | 'info' | 'warn' | 'error', text: string, detail?: Readonly<Record<string, unknown>>) => void;
}

/** A node may say how serious it is; what goes down or runs out always is. */
function severityOf(event: NodeEvent): StoredEvent['severity'] {
  const said = event.detail['severity'];
  if (said === 'warning' || said === 'error') return said;
  return warnings.has(event.kind) ? 'warning' : 'info';
}

const warnings: ReadonlySet<string> = new Set(['destination.down', 'media.exhausted', 'media.engine', 'rtpengine.down']);
const tickMs = 2_000;
const mirrorWaitMs = 1_000;
/** Nodes of the database are read again after so many ticks. */
const refreshTicks = 5;
/** Nodes have that long to come back after a restart of the control plane before they count as gone. */
const graceMs = 30_000;
/** Health changes of one report that are shown one by one; a bigger change shows as counts. */
const shownHealth = 200;
/** A change that many destinations share (a node that comes) is in the counts at the next tick. */
const summaryMaxAgeMs = 10_000;

export class Live {
  /** Names this process among replicas, and its event numbers among those of others. */
  private readonly replica = randomUUID();
  readonly hub = new EventHub(this.replica.slice(0, 8));
  readonly eventLog: EventLog;
  readonly mirror: ConfigMirror;
  readonly registry: NodeRegistry;
  private readonly deps: LiveDeps;
  private readonly head = new HeadHistory();
  private readonly board: DestinationBoard;
  private readonly alarmBoard = new AlarmBoard();
  private readonly certificates = new CertificateWatch();
  private readonly series = new Series();
  private summaryNow: DestinationSummary | null = null;
  private summaryAtMs = 0;
  private announced = 0;
  private announcing: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | null = null;
  private startedAtMs = 0;
  private ticks = 0;

  constructor(deps: LiveDeps) {
    this.deps = deps;
    this.mirror = new ConfigMirror({ changes: deps.changes, log: deps.log, moved: (view) => this.headMoved(view.epoch, view.rev) });
    this.eventLog = new EventLog({ store: deps.events, now: deps.now, log: deps.log, stored: (event) => this.hub.publish('log', event) });
    this.registry = new NodeRegistry({
      now: deps.now, head: this.head, desired: (id) => {
        const row = this.mirror.view.node(id);
        return { draining: row?.draining ?? false, answerOptions: row?.answerOptions ?? nodeDefaults.answerOptions };
      },
      listener: {
        changed: (node, what, severity, text) => this.nodeChanged(node, what, severity, text),
        reported: (node, changed) => this.nodeReported(node, changed),
        events: (node, events) => this.nodeEvents(node, events),
      },
    });
    this.board = new DestinationBoard(() => this.registry.all());
  }

  /** Where the push gateway sends facts. */
  get sink(): NodeSink {
    return this.registry;
  }

  get destinations(): LiveDestinations {
    return this.board;
  }

  /** Mirrors the configuration and starts ticking. Throws when the database does not answer. */
  async start(): Promise<void> {
    this.startedAtMs = this.deps.now();
    this.announced = (await this.deps.changes.head()).rev;
    await this.mirror.start();
    await this.readNodes();
    this.timer = setInterval(() => this.tick(), tickMs);
  }

  /** Stops ticking and stores what is queued. */
  async close(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    await this.mirror.close();
    await this.announcing;
    this.eventLog.retry();
    await this.eventLog.flushed();
  }

  /** Reads the database's nodes again, e.g. after one was removed. */
  async refreshNodes(): Promise<void> {
    await Promise.all([this.mirrored(), this.readNodes()]);
    this.summaryNow = null;
    this.updateAlarms();
  }

  /** Whoever has just drained a node must read that, and what is desired of nodes comes from the mirror. A large import is not waited for. */
  private async mirrored(): Promise<void> {
    this.mirror.wake();
    await Promise.race([this.mirror.settled(), delay(mirrorWaitMs, undefined, { ref: false })]);
  }

  private async readNodes(): Promise<void> {
    const [records, shared] = await Promise.all([this.deps.nodes.list(), this.deps.shared?.load() ?? new Map<string, SharedFacts>()]);
    // What this replica wrote before it restarted is news of nobody.
    this.registry.known(records, new Map([...shared].filter(([, facts]) => facts.replica !== this.replica)));
  }

  /** Tells the other replicas of the nodes that are here. */
  private async share(store: SharedFactsStore): Promise<void> {
    for (const node of this.registry.here()) await store.save(node.id, toShared(node, this.replica, this.deps.now()));
  }

  nodes(): readonly NodeItem[] {
    return this.registry.items();
  }

  /** The last ten minutes in steps of ten seconds, or the last hour in steps of one minute. */
  async overview(span: '10m' | '1h'): Promise<Overview> {
    const nowMs = this.deps.now();
    const totals = this.totals();
    const [changes, events] = await Promise.all([this.deps.revisions.latest(10), this.eventLog.list({}, null, 10)]);
    const { calls, callsPerSecond, latencyMs, stepMs } = this.series.view(nowMs, 60, span === '1h' ? 6 : 1);
    return {
      head: { epoch: this.head.epoch, rev: this.head.rev },
      nodes: totals.nodes, destinations: { ...this.summary().counts }, calls: totals.calls, callsPerSecond: totals.callsPerSecond, failureRatio: totals.failureRatio,
      alarms: [...this.alarmBoard.list()], changes: [...changes], events: [...events],
      series: { stepMs, callsPerSecond, calls, latencyMs },
    };
  }

  /** Samples the series, shows figures, raises and clears alarms. Called every two seconds. */
  tick(): void {
    this.ticks += 1;
    const nowMs = this.deps.now();
    const totals = this.totals();
    if (nowMs - this.summaryAtMs >= summaryMaxAgeMs) this.summaryNow = null;
    this.series.add(nowMs, { calls: totals.calls, callsPerSecond: totals.callsPerSecond, latencyMs: this.summary().latencyMs });
    this.updateAlarms();
    this.eventLog.retry();
    this.hub.show('stats', () => ({
      atMs: nowMs, calls: totals.calls, callsPerSecond: totals.callsPerSecond, failureRatio: totals.failureRatio, nodes: totals.nodes,
      headRev: this.head.rev, destinations: { ...this.summary().counts },
    }));
    const { shared } = this.deps;
    if (shared !== null && this.ticks % sharing.everyTicks === 0) this.inBackground(this.share(shared));
    if (this.ticks % (shared === null ? refreshTicks : sharing.everyTicks) === 0) this.inBackground(this.refreshNodes());
  }

  private nodeChanged(node: NodeFacts, what: 'came' | 'went' | 'moved', severity: StoredEvent['severity'], text: string): void {
    this.summaryNow = null;
    this.hub.publish('node', this.registry.item(node));
    if (text !== '') this.eventLog.record({ kind: 'node', severity, node: { id: node.id, name: node.name }, subject: node.name, text, detail: {} });
    if (what !== 'moved') this.inBackground(this.deps.nodes.seen(node.id));
    if (what === 'went' && this.deps.shared !== null) this.inBackground(this.deps.shared.leave(node.id, this.replica));
    this.updateAlarms();
  }

  private nodeReported(node: NodeFacts, changed: readonly DestinationHealth[]): void {
    if (changed.length > 0) {
      this.summaryNow = null;
      for (const health of changed.slice(0, shownHealth)) this.hub.publish('health', this.healthEvent(node, health));
      this.updateAlarms();
    } else if (this.hub.listening > 0) {
      let shown = 0;
      for (const health of node.health.values()) {
        if (shown >= shownHealth) break;
        shown += 1;
        this.hub.show('health', () => this.healthEvent(node, health));
      }
    }
    this.hub.show('node', () => this.registry.item(node));
  }

  private nodeEvents(node: NodeFacts, events: readonly NodeEvent[]): void {
    for (const event of events) {
      this.eventLog.record({
        atMs: event.atMs, kind: event.kind, severity: severityOf(event),
        node: { id: node.id, name: node.name }, subject: event.subject, text: event.text, detail: event.detail,
      });
    }
  }

  private healthEvent(node: NodeFacts, health: DestinationHealth): LiveEvents['health'] {
    const destination = this.mirror.view.destination(health.id);
    return { node: node.id, nodeName: node.name, set: destination?.setId ?? -1, name: destination?.uri ?? '', reasonText: describeHealth(health.reason), destination: health };
  }

  private headMoved(epoch: string, rev: number): void {
    this.head.moved(epoch, rev, this.deps.now());
    this.summaryNow = null;
    this.announcing = this.announcing.then(() => this.announce(rev)).catch((error: unknown) => this.failed(error));
  }

  /** Tells of every revision since the last that was told; after a restore (the head went back) of none. */
  private async announce(rev: number): Promise<void> {
    if (rev <= this.announced) {
      this.announced = rev;
      return;
    }
    for (const change of await this.deps.revisions.after(this.announced, 100)) {
      if (change.rev > rev) break;
      this.hub.publish('revision', { rev: change.rev, actor: change.actor, summary: change.summary, atMs: change.atMs });
    }
    this.announced = rev;
  }

  private summary(): DestinationSummary {
    if (this.summaryNow === null) {
      this.summaryNow = this.board.summary(this.mirror.view.sets());
      this.summaryAtMs = this.deps.now();
    }
    return this.summaryNow;
  }

  private totals(): { calls: number; callsPerSecond: number; failureRatio: number; nodes: Overview['nodes'] } {
    const items = this.registry.items();
    const invites = { total: 0, failed: 0 };
    for (const node of this.registry.all()) {
      if (!node.connected) continue;
      const own = node.invites();
      invites.total += own.total;
      invites.failed += own.failed;
    }
    return {
      calls: items.reduce((sum, node) => sum + node.calls, 0),
      callsPerSecond: Math.round(items.reduce((sum, node) => sum + node.callsPerSecond, 0) * 100) / 100,
      failureRatio: invites.total === 0 ? 0 : Math.min(1, invites.failed / invites.total),
      nodes: {
        total: items.length, connected: items.filter((node) => node.state !== 'gone').length,
        inStep: items.filter((node) => node.state === 'in-step').length,
      },
    };
  }

  private updateAlarms(): void {
    const nowMs = this.deps.now();
    const { down, deadSets } = this.summary();
    const { view } = this.mirror;
    const grace = nowMs - this.startedAtMs < graceMs;
    const nodes = this.registry.items().filter((node) => !(grace && node.boot === '')).map((node) => ({
      id: node.id, name: node.name, state: node.state, detail: node.detail, lagMs: node.lagMs, quarantined: node.quarantined.length, media: node.media,
    }));
    const { raised, cleared } = this.alarmBoard.update(alarmsOf({
      nodes, destinations: down, deadSets, media: view.setting.media, certificates: this.certificates.expiring(view.tables.certificates.values(), nowMs),
    }), nowMs);
    for (const alarm of raised) this.hub.publish('alarm', { alarm, raised: true });
    for (const alarm of cleared) this.hub.publish('alarm', { alarm, raised: false });
  }

  private inBackground(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.failed(error));
  }

  private failed(error: unknown): void {
    this.deps.log('warn', 'the live side could not reach the database', { error: error instanceof Error ? error.message : String(error) });
  }
}
