/** What the connected nodes see of the destinations, put together: per destination, counted, and as alarms. */
import type { HealthState } from '../../dataplane/contract/health.ts';
import type { DestinationLive } from '../contract/dispatcher-sets.ts';
import type { AlarmDestination, AlarmSet } from './alarms.ts';
import type { NodeFacts } from './node-facts.ts';
import type { LiveDestinations, MirroredDestination, MirroredSet } from './ports.ts';
import { describeHealth } from '../../dataplane/contract/health.ts';

export interface DestinationCountsNow {
  up: number; down: number; probing: number; unknown: number; draining: number; disabled: number;
}

export interface DestinationSummary {
  readonly counts: DestinationCountsNow;
  readonly down: readonly AlarmDestination[];
  readonly deadSets: readonly AlarmSet[];
  /** Mean over the destinations that are up somewhere, milliseconds; 0 = none. */
  readonly latencyMs: number;
}

/** More than that are counted, not named. */
const namedDown = 500;
/** Worst first: a destination that one node sees down is down for somebody. */
const badness: Readonly<Record<HealthState, number>> = { up: 0, unknown: 1, probing: 2, down: 3 };

export class DestinationBoard implements LiveDestinations {
  private readonly nodes: () => Iterable<NodeFacts>;

  constructor(nodes: () => Iterable<NodeFacts>) {
    this.nodes = nodes;
  }

  destination(id: number): readonly DestinationLive[] {
    const live: DestinationLive[] = [];
    for (const node of this.nodes()) {
      const health = node.health.get(id);
      if (health === undefined || !node.connected) continue;
      live.push({
        node: node.id, nodeName: node.name, state: health.state, reason: health.reason, reasonText: describeHealth(health.reason),
        sinceMs: health.sinceMs, latencyMs: health.latencyMs, calls: health.calls,
      });
    }
    return live.sort((a, b) => (a.nodeName < b.nodeName ? -1 : 1));
  }

  /** One pass over the configuration's destinations. */
  summary(sets: Iterable<MirroredSet>): DestinationSummary {
    const nodes = [...this.nodes()].filter((node) => node.connected);
    const counts: DestinationCountsNow = { up: 0, down: 0, probing: 0, unknown: 0, draining: 0, disabled: 0 };
    const down: AlarmDestination[] = [];
    const deadSets: AlarmSet[] = [];
    const latency = { sum: 0, count: 0 };
    for (const set of sets) {
      for (const destination of set.destinations) {
        if (destination.row.admin !== 'enabled') {
          counts[destination.row.admin] += 1;
          continue;
        }
        const worst = worstState(nodes, destination.id, latency);
        counts[worst] += 1;
        if (worst === 'down' && down.length < namedDown) down.push(downDestination(set, destination, nodes));
      }
      const dead = deadOn(set, nodes);
      if (dead !== null && deadSets.length < namedDown) deadSets.push(dead);
    }
    return { counts, down, deadSets, latencyMs: latency.count === 0 ? 0 : latency.sum / latency.count };
  }
}

function worstState(nodes: readonly NodeFacts[], id: number, latency: { sum: number; count: number }): HealthState {
  let worst: HealthState | null = null;
  for (const node of nodes) {
    const health = node.health.get(id);
    if (health === undefined) continue;
    if (health.state === 'up' && health.latencyMs.avg >= 0) {
      latency.sum += health.latencyMs.avg;
      latency.count += 1;
    }
    if (worst === null || badness[health.state] > badness[worst]) worst = health.state;
  }
  return worst ?? 'unknown';
}

function downDestination(set: MirroredSet, destination: MirroredDestination, nodes: readonly NodeFacts[]): AlarmDestination {
  const seeing = nodes.filter((node) => node.health.has(destination.id));
  const downOn = seeing.filter((node) => node.health.get(destination.id)?.state === 'down');
  const health = downOn[0]?.health.get(destination.id);
  return {
    id: destination.id, uri: destination.uri, set: set.id, setName: set.row.name, seenBy: seeing.length,
    downOn: downOn.map((node) => node.name), reason: health === undefined ? '' : describeHealth(health.reason),
  };
}

/** A set of several enabled destinations that are all down on one node (one alone has its own alarm already). */
function deadOn(set: MirroredSet, nodes: readonly NodeFacts[]): AlarmSet | null {
  const enabled = set.destinations.filter((destination) => destination.row.admin === 'enabled');
  if (enabled.length < 2) return null;
  const node = nodes.find((one) => enabled.every((destination) => one.health.get(destination.id)?.state === 'down'));
  return node === undefined ? null : { id: set.id, name: set.row.name, destinations: enabled.length, node: node.name };
}
