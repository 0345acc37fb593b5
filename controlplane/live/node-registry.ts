/**
 * The nodes as this control plane sees them: those of the database, with what their sockets told. Implements the push
 * gateway's NodeSink; tells a listener what moved, keeps no history itself.
 */
import type { DestinationHealth } from '../../dataplane/contract/health.ts';
import type { MediaReport } from '../../dataplane/contract/media.ts';
import type { NodeItem, NodeMedia } from '../contract/nodes.ts';
import type { NodeRecord } from '../auth/stores.ts';
import type { NodeEvent, NodeIdentity, NodeReport, NodeSink, NodeState, QuarantinedRow } from '../push/ports.ts';
import type { HeadHistory } from './head-history.ts';
import { NodeFacts } from './node-facts.ts';
import { sharing } from './shared-facts.ts';
import type { SharedFacts } from './shared-facts.ts';
import type { HelloInfo } from './node-facts.ts';

export interface NodeListener {
  /** Came, went, or changed state or revision. `text` is one sentence for the history, '' = not worth one. */
  changed(node: NodeFacts, what: 'came' | 'went' | 'moved', severity: 'info' | 'warning' | 'error', text: string): void;
  /** Sent a report. */
  reported(node: NodeFacts, changed: readonly DestinationHealth[]): void;
  /** Sent events of its own. */
  events(node: NodeFacts, events: readonly NodeEvent[]): void;
}

export interface NodeRegistryDeps {
  readonly now: () => number;
  readonly head: HeadHistory;
  /** Desired state. */
  readonly desired: (nodeId: string) => { readonly draining: boolean; readonly answerOptions: boolean };
  readonly listener: NodeListener;
}

export class NodeRegistry implements NodeSink {
  private readonly deps: NodeRegistryDeps;
  /** Nodes whose sockets end here, or did. */
  private readonly facts = new Map<string, NodeFacts>();
  /** Nodes that other replicas hold. */
  private elsewhere: ReadonlyMap<string, NodeFacts> = new Map();
  private records: readonly NodeRecord[] = [];

  constructor(deps: NodeRegistryDeps) {
    this.deps = deps;
  }

  /** Every node once: as its socket here tells, else as another replica does. */
  *all(): Generator<NodeFacts> {
    for (const node of this.facts.values()) if (node.connected || !this.elsewhere.has(node.id)) yield node;
    for (const node of this.elsewhere.values()) if (this.facts.get(node.id)?.connected !== true) yield node;
  }

  /** Nodes whose sockets end here. */
  here(): readonly NodeFacts[] {
    return [...this.facts.values()].filter((node) => node.connected);
  }

  /** By name or id; connected ones only. Without a word: the first by name. */
  connected(word: string | null): NodeFacts | undefined {
    const nodes = [...this.all()].filter((node) => node.connected).sort((a, b) => (a.name < b.name ? -1 : 1));
    return word === null ? nodes[0] : nodes.find((node) => node.name === word || node.id === word);
  }

  /** The database's nodes, with what other replicas wrote of them; a node that is no longer there is forgotten. */
  known(records: readonly NodeRecord[], shared: ReadonlyMap<string, SharedFacts>): void {
    this.records = records;
    const nowMs = this.deps.now();
    this.elsewhere = new Map(records.flatMap((record): [string, NodeFacts][] => {
      const facts = shared.get(record.id);
      return facts === undefined || nowMs - facts.atMs > sharing.staleMs ? [] : [[record.id, NodeFacts.from(record, facts)]];
    }));
    const ids = new Set(records.map((record) => record.id));
    for (const [id, node] of this.facts) {
      if (!ids.has(id) && !node.connected) this.facts.delete(id);
    }
  }

  /** Every node as the API shows it, by name. */
  items(): readonly NodeItem[] {
    const records = new Map(this.records.map((record) => [record.id, record]));
    const items = [...this.all()].map((node) => this.item(node, records.get(node.id)));
    for (const record of this.records) {
      if (!this.facts.has(record.id) && !this.elsewhere.has(record.id)) items.push(this.item(new NodeFacts(record), record));
    }
    return items.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  item(node: NodeFacts, record?: NodeRecord): NodeItem {
    const nowMs = this.deps.now();
    const { head } = this.deps;
    return {
      id: node.id, name: node.name, version: node.version, address: node.address, state: node.state, detail: node.detail,
      rev: node.rev, epoch: node.epoch, headRev: head.rev, lagMs: node.connected ? head.lagMs(node.epoch, node.rev, nowMs) : 0,
      connectedSinceMs: node.connectedSinceMs, lastSeenMs: node.lastSeenMs > 0 ? node.lastSeenMs : record?.lastSeenAtMs ?? null,
      workers: Math.round(node.gauge('workers')), ...this.deps.desired(node.id), loopDelayMs: node.gauge('loop_delay_ms'),
      memoryBytes: Math.round(node.gauge('rss_bytes')), calls: Math.round(node.gauge('calls')),
      callsPerSecond: rounded(node.callsPerSecond(nowMs)), media: shownMedia(node.media), quarantined: node.quarantined.map((row) => ({ ...row })), boot: node.boot,
    };
  }

  hello(identity: NodeIdentity, info: HelloInfo & { readonly capabilities: readonly string[] }): void {
    const node = this.facts.get(identity.id) ?? new NodeFacts(identity);
    this.facts.set(identity.id, node);
    const restarted = node.boot !== '' && node.boot !== info.boot;
    node.hello(identity, info, this.deps.now());
    this.deps.listener.changed(node, 'came', 'info', `${node.name} ${restarted ? 'restarted and ' : ''}connected from ${node.address} with version ${node.version}, revision ${node.rev}.`);
  }

  state(nodeId: string, state: NodeState, detail: string): void {
    const node = this.facts.get(nodeId);
    if (node === undefined || (node.state === state && node.detail === detail)) return;
    const before = node.state;
    node.setState(state, detail, this.deps.now());
    const serious = state === 'rejecting' || state === 'held';
    const recovered = state === 'in-step' && (before === 'rejecting' || before === 'held');
    const text = serious ? `${node.name} is ${state}${detail === '' ? '' : `: ${detail}`}.` : recovered ? `${node.name} is in step again.` : '';
    this.deps.listener.changed(node, 'moved', serious ? 'error' : 'info', before === state ? '' : text);
  }

  applied(nodeId: string, rev: number, _tookMs: number, quarantined: readonly QuarantinedRow[]): void {
    const node = this.facts.get(nodeId);
    if (node === undefined) return;
    const before = node.quarantined.map(rowName).join();
    node.applied(rev, this.deps.head.epoch, quarantined, this.deps.now());
    const fresh = node.quarantined.length > 0 && node.quarantined.map(rowName).join() !== before;
    const first = node.quarantined[0];
    this.deps.listener.changed(node, 'moved', fresh ? 'error' : 'info', fresh && first !== undefined
      ? `${node.name} keeps ${rowName(first)} out${node.quarantined.length > 1 ? ` and ${node.quarantined.length - 1} more rows` : ''}: ${first.reason}.` : '');
  }

  report(nodeId: string, report: NodeReport): void {
    const node = this.facts.get(nodeId);
    if (node === undefined) return;
    this.deps.listener.reported(node, node.report(report, this.deps.now()));
  }

  events(nodeId: string, events: readonly NodeEvent[]): void {
    const node = this.facts.get(nodeId);
    if (node === undefined) return;
    node.lastSeenMs = this.deps.now();
    this.deps.listener.events(node, events);
  }

  gone(nodeId: string, reason: string): void {
    const node = this.facts.get(nodeId);
    if (node === undefined || !node.connected) return;
    node.gone(reason, this.deps.now());
    // A node that was removed is not missed.
    if (!this.records.some((record) => record.id === nodeId)) this.facts.delete(nodeId);
    this.deps.listener.changed(node, 'went', 'warning', `${node.name} is gone${reason === '' ? '' : `: ${reason}`}.`);
  }
}

/** Exactly the fields that the API has: a newer node may tell more. */
function shownMedia(media: MediaReport | null): NodeMedia | null {
  if (media === null) return null;
  const { engine, sentence, sessions, portsUsed, portsFree, portsResting = 0, portsUnproven = 0, kernelStreams, rtpengines } = media;
  return {
    engine, sentence, sessions, portsUsed, portsFree, portsResting, portsUnproven, kernelStreams,
    rtpengines: rtpengines.map(({ address, state, sessions: calls, reason }) => ({ address, state, sessions: calls, reason })),
  };
}

function rowName(row: QuarantinedRow): string {
  return `${row.table} ${row.key}`;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
