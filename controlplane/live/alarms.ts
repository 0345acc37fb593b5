/** What an operator must know now. PURE: from facts to a list; the board remembers since when. */
import type { MediaReport } from '../../dataplane/contract/media.ts';
import type { Expiry } from '../certificates/expiry.ts';
import type { Alarm } from '../contract/overview.ts';
import type { NodeState } from '../push/ports.ts';
import { mediaAlarms, type MediaSetting } from './media-alarms.ts';

export interface AlarmNode {
  readonly id: string;
  readonly name: string;
  readonly state: NodeState;
  readonly detail: string;
  readonly lagMs: number;
  readonly quarantined: number;
  readonly media: MediaReport | null;
}

export interface AlarmDestination {
  readonly id: number;
  readonly uri: string;
  readonly set: number;
  readonly setName: string;
  /** Names of the nodes that see it down, and the reason the first of them gives. */
  readonly downOn: readonly string[];
  readonly seenBy: number;
  readonly reason: string;
}

export interface AlarmSet {
  readonly id: number;
  readonly name: string;
  /** Enabled destinations, all of them down on some node. */
  readonly destinations: number;
  readonly node: string;
}

export interface AlarmCertificate {
  readonly name: string;
  /** The first of whom it is shown for. */
  readonly host: string;
  readonly expiry: Expiry;
}

export interface AlarmInput {
  readonly certificates: readonly AlarmCertificate[];
  readonly nodes: readonly AlarmNode[];
  readonly destinations: readonly AlarmDestination[];
  readonly deadSets: readonly AlarmSet[];
  readonly media: MediaSetting;
}

export type RaisedAlarm = Omit<Alarm, 'since'>;

/** A node may take that long to apply a revision before it counts as behind. */
export const behindAfterMs = 10_000;
/** Longest list; the rest is counted in one alarm. */
const maxAlarms = 200;

export function alarmsOf(input: AlarmInput): readonly RaisedAlarm[] {
  const alarms = [
    ...input.deadSets.map(setAlarm), ...input.nodes.flatMap(nodeAlarms), ...input.nodes.flatMap((node) => mediaAlarms(node, input.media)),
    ...input.certificates.map(certificateAlarm), ...input.destinations.map(destinationAlarm),
  ];
  if (alarms.length <= maxAlarms) return alarms;
  return [...alarms.slice(0, maxAlarms), { id: 'more', severity: 'error', text: `${alarms.length - maxAlarms} more alarms.` }];
}

function certificateAlarm({ name, host, expiry }: AlarmCertificate): RaisedAlarm {
  return { id: `certificate:${name}:${expiry.severity}`, severity: expiry.severity, text: `The certificate ${name} for ${host} ${expiry.text}.` };
}

function setAlarm(set: AlarmSet): RaisedAlarm {
  return {
    id: `set:${set.id}`, severity: 'error',
    text: `No destination of dispatcher set ${set.id}${named(set.name)} is up on ${set.node}: its calls go to the backups of their rule, and get 503 where there are none.`,
  };
}

function destinationAlarm(destination: AlarmDestination): RaisedAlarm {
  const where = destination.downOn.length === destination.seenBy ? (destination.seenBy === 1 ? `on ${destination.downOn[0] ?? ''}` : 'on every node')
    : `on ${destination.downOn.slice(0, 3).join(', ')}${destination.downOn.length > 3 ? ` and ${destination.downOn.length - 3} more` : ''}`;
  return {
    id: `destination:${destination.id}`, severity: 'warning',
    text: `${destination.uri} in dispatcher set ${destination.set}${named(destination.setName)} is down ${where}: ${destination.reason}.`,
  };
}

function nodeAlarms(node: AlarmNode): RaisedAlarm[] {
  const alarms: RaisedAlarm[] = [];
  const state = nodeStateAlarm(node);
  if (state !== null) alarms.push(state);
  if (node.quarantined > 0) {
    alarms.push({ id: `node:${node.id}:quarantined`, severity: 'error', text: `${node.name} keeps ${node.quarantined === 1 ? 'one row' : `${node.quarantined} rows`} out because ${node.quarantined === 1 ? 'it does' : 'they do'} not decode there.` });
  }
  return alarms;
}

function nodeStateAlarm(node: AlarmNode): RaisedAlarm | null {
  const because = node.detail === '' ? '' : `: ${node.detail}`;
  switch (node.state) {
    case 'gone': return { id: `node:${node.id}:gone`, severity: 'error', text: `${node.name} is not connected${because}. It runs on what it last applied.` };
    case 'rejecting': return { id: `node:${node.id}:rejecting`, severity: 'error', text: `${node.name} refuses the newest configuration${because}.` };
    case 'held': return { id: `node:${node.id}:held`, severity: 'error', text: `${node.name} holds a change that would remove much${because}. Confirm it or roll it back.` };
    case 'connected': case 'syncing': case 'behind': case 'in-step':
      return node.lagMs < behindAfterMs ? null
        : { id: `node:${node.id}:behind`, severity: 'warning', text: `${node.name} does not run the newest revision${because}.` };
  }
}

function named(name: string): string {
  return name === '' ? '' : ` (${name})`;
}

/** Remembers since when an alarm stands. */
export class AlarmBoard {
  private standing = new Map<string, Alarm>();

  /** Takes the alarms of now; returns what came, what went. A changed text is neither. */
  update(raised: readonly RaisedAlarm[], nowMs: number): { readonly raised: readonly Alarm[]; readonly cleared: readonly Alarm[] } {
    const next = new Map<string, Alarm>();
    const came: Alarm[] = [];
    for (const alarm of raised) {
      const before = this.standing.get(alarm.id);
      const now = { ...alarm, since: before?.since ?? nowMs };
      next.set(alarm.id, now);
      if (before === undefined) came.push(now);
    }
    const cleared = [...this.standing.values()].filter((alarm) => !next.has(alarm.id));
    this.standing = next;
    return { raised: came, cleared };
  }

  /** Errors first, then by age, oldest first. */
  list(): readonly Alarm[] {
    return [...this.standing.values()].sort((a, b) => Number(b.severity === 'error') - Number(a.severity === 'error') || a.since - b.since);
  }
}
