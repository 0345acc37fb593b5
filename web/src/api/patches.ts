/** How an event of the live stream changes what is cached. Pure: old value and event in, new value out. */
import type { Destination, DestinationLive, DispatcherSet, LiveEvents, NodeItem, Overview } from '../../../controlplane/contract/index.ts';

const recent = 10;

/** The overview with the instant (epoch milliseconds) at which the newest point of its series began. */
export interface LiveOverview extends Overview {
  readonly newestPointMs: number;
}

/** Replaces the node with the same id or adds it, in the order of names. */
export function patchNodes(nodes: readonly NodeItem[], node: NodeItem): NodeItem[] {
  const known = nodes.some((each) => each.id === node.id);
  if (known) return nodes.map((each) => (each.id === node.id ? node : each));
  return [...nodes, node].sort((a, b) => a.name.localeCompare(b.name));
}

function live(event: LiveEvents['health']): DestinationLive {
  const { state, reason, sinceMs, latencyMs, calls } = event.destination;
  return { node: event.node, nodeName: event.nodeName, state, reason, reasonText: event.reasonText, sinceMs, latencyMs, calls };
}

/** What one node now sees of a destination. */
export function patchDestination(destination: Destination, event: LiveEvents['health']): Destination {
  if (destination.id !== event.destination.id) return destination;
  const others = destination.live.filter((each) => each.node !== event.node);
  return { ...destination, live: [...others, live(event)].sort((a, b) => a.nodeName.localeCompare(b.nodeName)) };
}

/** The same within a set; the set itself when it holds no such destination. */
export function patchSet(set: DispatcherSet, event: LiveEvents['health']): DispatcherSet {
  if (!set.destinations.some((each) => each.id === event.destination.id)) return set;
  return { ...set, destinations: set.destinations.map((each) => patchDestination(each, event)) };
}

/** `points` with `value` as the newest one, `steps` points after the one that was newest. */
function advance(points: readonly number[], steps: number, value: number): number[] {
  if (points.length === 0) return [];
  if (steps === 0) return [...points.slice(0, -1), value];
  return [...points.slice(Math.min(steps, points.length)), ...Array.from({ length: Math.min(steps, points.length) }, () => value)];
}

/** Totals of the present, and the newest point of each series; series move on by whole steps. */
export function patchStats(overview: LiveOverview, stats: LiveEvents['stats']): LiveOverview {
  const { series } = overview;
  const steps = Math.max(0, Math.floor((stats.atMs - overview.newestPointMs) / series.stepMs));
  return {
    ...overview,
    newestPointMs: overview.newestPointMs + steps * series.stepMs,
    series: {
      ...series,
      calls: advance(series.calls, steps, stats.calls),
      callsPerSecond: advance(series.callsPerSecond, steps, stats.callsPerSecond),
    },
    head: { ...overview.head, rev: Math.max(overview.head.rev, stats.headRev) },
    nodes: stats.nodes,
    calls: stats.calls,
    callsPerSecond: stats.callsPerSecond,
    failureRatio: stats.failureRatio,
    destinations: { ...overview.destinations, ...stats.destinations },
  };
}

/** A new revision on top of the recent changes. */
export function patchRevision(overview: LiveOverview, event: LiveEvents['revision']): LiveOverview {
  if (overview.changes.some((each) => each.rev === event.rev)) return overview;
  const change = { ...event, address: '', requestId: '', ops: 0 };
  return {
    ...overview,
    head: { ...overview.head, rev: Math.max(overview.head.rev, event.rev) },
    changes: [change, ...overview.changes].slice(0, recent),
  };
}

/** An alarm raised or gone. */
export function patchAlarm(overview: LiveOverview, event: LiveEvents['alarm']): LiveOverview {
  const others = overview.alarms.filter((each) => each.id !== event.alarm.id);
  return { ...overview, alarms: event.raised ? [event.alarm, ...others] : others };
}

/** A log line on top of the recent events. */
export function patchLog(overview: LiveOverview, event: LiveEvents['log']): LiveOverview {
  if (overview.events.some((each) => each.id === event.id)) return overview;
  return { ...overview, events: [event, ...overview.events].slice(0, recent) };
}
