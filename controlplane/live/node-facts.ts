/** All that is known of one node from its socket: who it is, what it runs, how it fares, what it sees. */
import type { DestinationHealth } from '../../dataplane/contract/health.ts';
import type { MediaReport } from '../../dataplane/contract/media.ts';
import type { NodeIdentity, NodeReport, NodeState, QuarantinedRow } from '../push/ports.ts';
import { Rates } from './rates.ts';
import type { SharedFacts } from './shared-facts.ts';

/** A node reports at most so many destinations and quarantined rows that are looked at. */
export const factBounds = { destinations: 200_000, quarantined: 50, detailLength: 512 } as const;

export interface HelloInfo {
  readonly boot: string;
  readonly version: string;
  readonly rev: number;
  readonly epoch: string;
  readonly address: string;
}

export class NodeFacts {
  readonly id: string;
  name: string;
  boot = '';
  version = '';
  address = '';
  state: NodeState = 'gone';
  detail = '';
  rev = 0;
  epoch = '';
  connectedSinceMs: number | null = null;
  lastSeenMs = 0;
  stateSinceMs = 0;
  quarantined: readonly QuarantinedRow[] = [];
  gauges: Readonly<Record<string, number>> = {};
  /** null = it relays none, or does not tell. */
  media: MediaReport | null = null;
  health = new Map<number, DestinationHealth>();
  private readonly rates = new Rates();
  /** Not null = another replica holds its socket; this is what that one wrote last. */
  private shared: SharedFacts | null = null;

  constructor(node: NodeIdentity) {
    this.id = node.id;
    this.name = node.name;
  }

  get connected(): boolean {
    return this.state !== 'gone';
  }

  /** True when its socket ends in another replica: it can be shown, not asked. */
  get remote(): boolean {
    return this.shared !== null;
  }

  /** A node as another replica sees it. */
  static from(node: NodeIdentity, shared: SharedFacts): NodeFacts {
    const facts = new NodeFacts(node);
    facts.shared = shared;
    facts.boot = shared.boot;
    facts.version = shared.version;
    facts.address = shared.address;
    facts.state = shared.state;
    facts.detail = shared.detail;
    facts.rev = shared.rev;
    facts.epoch = shared.epoch;
    facts.connectedSinceMs = shared.connectedSinceMs;
    facts.lastSeenMs = shared.atMs;
    facts.quarantined = shared.quarantined;
    facts.gauges = shared.gauges;
    facts.media = shared.media ?? null;
    facts.health = new Map(shared.health.map((health) => [health.id, health]));
    return facts;
  }

  /** Calls set up a second, lately. */
  callsPerSecond(nowMs: number): number {
    return this.shared === null ? this.rates.callsPerSecond(nowMs) : this.shared.callsPerSecond;
  }

  /** INVITEs of the last minute and how many failed. */
  invites(): { readonly total: number; readonly failed: number } {
    return this.shared === null ? this.rates.invites() : this.shared.invites;
  }

  hello(node: NodeIdentity, info: HelloInfo, nowMs: number): void {
    this.name = node.name;
    this.boot = info.boot;
    this.version = info.version.slice(0, 64);
    this.address = info.address.slice(0, 128);
    this.rev = info.rev;
    this.epoch = info.epoch;
    this.connectedSinceMs = nowMs;
    this.lastSeenMs = nowMs;
    this.setState('connected', '', nowMs);
  }

  setState(state: NodeState, detail: string, nowMs: number): void {
    if (state !== this.state) this.stateSinceMs = nowMs;
    this.state = state;
    this.detail = detail.slice(0, factBounds.detailLength);
  }

  applied(rev: number, epoch: string, quarantined: readonly QuarantinedRow[], nowMs: number): void {
    this.rev = rev;
    this.epoch = epoch;
    this.quarantined = quarantined.slice(0, factBounds.quarantined);
    this.lastSeenMs = nowMs;
  }

  /** Takes a report; returns the destinations whose state or reason differs from the report before. */
  report(report: NodeReport, nowMs: number): readonly DestinationHealth[] {
    this.lastSeenMs = nowMs;
    this.gauges = report.gauges;
    this.media = report.media ?? null;
    this.rates.add(this.boot, nowMs, report.counters);
    const changed: DestinationHealth[] = [];
    const next = new Map<number, DestinationHealth>();
    for (const health of report.destinations.slice(0, factBounds.destinations)) {
      const before = this.health.get(health.id);
      if (before === undefined || before.state !== health.state || before.sinceMs !== health.sinceMs) changed.push(health);
      next.set(health.id, health);
    }
    this.health = next;
    return changed;
  }

  gone(reason: string, nowMs: number): void {
    this.setState('gone', reason, nowMs);
    this.connectedSinceMs = null;
    this.gauges = {};
    this.media = null;
    // What a node that is away once saw says nothing about now.
    this.health = new Map();
  }

  gauge(name: string): number {
    const value = this.gauges[name];
    return value !== undefined && Number.isFinite(value) ? value : 0;
  }
}
