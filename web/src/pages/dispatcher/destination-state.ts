import type { Destination, DispatcherSet } from '../../../../controlplane/contract/index.ts';
import type { Tone } from '../../components/tone.ts';
import { plural } from '../../lib/figures.ts';

export interface SeenState {
  readonly tone: Tone;
  readonly word: string;
}

/** Calls that all nodes together have up through a destination. */
export const callsOf = (destination: Destination): number => destination.live.reduce((sum, each) => sum + each.calls, 0);

/** What the operator set and what the nodes see, as one state: the admin state first, else the worst health. */
export function destinationState(destination: Destination): SeenState {
  if (destination.admin === 'disabled') return { tone: 'disabled', word: 'disabled' };
  if (destination.admin === 'draining') {
    const calls = callsOf(destination);
    return { tone: 'draining', word: calls === 0 ? 'drained' : `draining, ${plural(calls, 'call')} left` };
  }
  const { live } = destination;
  const [first] = live;
  if (first === undefined) return { tone: 'probing', word: 'unknown' };
  const up = live.filter((each) => each.state === 'up').length;
  if (up === live.length) return { tone: 'up', word: 'up' };
  if (up > 0) return { tone: 'probing', word: `up on ${up}/${live.length} nodes` };
  const down = live.filter((each) => each.state === 'down').length;
  if (down === live.length) return { tone: 'down', word: 'down' };
  if (down > 0) return { tone: 'down', word: `down on ${down}/${live.length} nodes` };
  return { tone: 'probing', word: first.state };
}

/** The report worth showing in one line: of a node that does not see it up, else the newest. */
export function tellingReport(destination: Destination): Destination['live'][number] | null {
  const troubled = destination.live.filter((each) => each.state !== 'up');
  const candidates = troubled.length > 0 ? troubled : destination.live;
  return candidates.toSorted((a, b) => b.sinceMs - a.sinceMs)[0] ?? null;
}

/** Mean latency of the last probes over all nodes, in milliseconds; -1 = none yet. */
export function latencyOf(destination: Destination): number {
  const known = destination.live.map((each) => each.latencyMs.last).filter((ms) => ms >= 0);
  return known.length === 0 ? -1 : known.reduce((sum, ms) => sum + ms, 0) / known.length;
}

/** "2 up", "1 up, 1 down": a set's destinations by state, worst last. */
export function setSummary(set: DispatcherSet): { readonly tone: Tone; readonly text: string } {
  const tones = set.destinations.map((each) => destinationState(each).tone);
  const parts: string[] = [];
  for (const [tone, word] of [['up', 'up'], ['probing', 'unknown'], ['draining', 'draining'], ['disabled', 'disabled'], ['down', 'down']] as const) {
    const n = tones.filter((each) => each === tone).length;
    if (n > 0) parts.push(`${n} ${word}`);
  }
  if (tones.length === 0) return { tone: 'disabled', text: 'no destinations' };
  if (tones.includes('down')) return { tone: tones.includes('up') ? 'probing' : 'down', text: parts.join(', ') };
  if (tones.includes('probing')) return { tone: 'probing', text: parts.join(', ') };
  return { tone: tones.includes('up') ? 'up' : tones.includes('draining') ? 'draining' : 'disabled', text: parts.join(', ') };
}
