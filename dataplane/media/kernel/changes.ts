/** Flows as elements of the maps: text for nft that adds or deletes many at once, and what an element says of its flow. */
import type { OffloadFlow } from '../offload.ts';
import { isSessionId } from '../passage.ts';
import { bothSides, otherSide, type Side } from '../relay.ts';
import { markOf } from './marks.ts';
import type { MapName } from './table.ts';

/** The mark of what a side sends. */
export const markOfSide = (flow: OffloadFlow, side: Side): number => markOf(flow.family, flow[side].local.port);

/** What an element bears so that a later process knows whose it is. */
export interface ElementName {
  readonly session: string;
  readonly stream: number;
  /** Who sends the packets that it counts. */
  readonly side: Side;
  readonly mux: boolean;
  /** Our address that the side sends to. */
  readonly localAddress: string;
}

/** nft takes up to 128 bytes; the longest IPv6 address makes these 75. */
const commentOf = (flow: OffloadFlow, side: Side): string =>
  `${flow.session}/${flow.stream}/${side}/${flow.mux ? 'mux' : 'rtp'}/${flow[side].local.address}`;

/** Reads the comment of an element; null = not one of ours. */
export function readComment(comment: string): ElementName | null {
  const [session = '', stream = '', side, way, localAddress = '', ...more] = comment.split('/');
  if (!isSessionId(session) || !/^\d{1,2}$/.test(stream) || (side !== 'caller' && side !== 'callee') || (way !== 'mux' && way !== 'rtp')) return null;
  if (localAddress === '' || more.length > 0) return null;
  return { session, stream: Number(stream), side, mux: way === 'mux', localAddress };
}

interface Change {
  readonly add: boolean;
  readonly flow: OffloadFlow;
}

class Statements {
  readonly #texts = new Map<MapName, string[]>();

  put(map: MapName, element: string): void {
    const texts = this.#texts.get(map);
    if (texts) texts.push(element);
    else this.#texts.set(map, [element]);
  }

  text(verb: 'add' | 'delete', table: string): string {
    let text = '';
    for (const [map, elements] of this.#texts) text += `${verb} element inet ${table} ${map} { ${elements.join(', ')} }\n`;
    return text;
  }
}

function collect(statements: Statements, { add, flow }: Change): void {
  const { family } = flow;
  for (const side of bothSides) {
    const { remote, local } = flow[side];
    const other = flow[otherSide(side)];
    const mark = markOfSide(flow, side);
    const key = `${remote.address} . ${remote.port} . ${local.port}`;
    statements.put(family === 4 ? 'from4' : 'from6', add ? `${key} comment "${commentOf(flow, side)}" : ${mark}` : key);
    statements.put(family === 4 ? 'to4' : 'to6', add ? `${mark} : ${other.remote.address}` : `${mark}`);
    statements.put('toport', add ? `${mark} : ${other.remote.port}` : `${mark}`);
    statements.put(family === 4 ? 'as4' : 'as6', add ? `${mark} : ${other.local.address}` : `${mark}`);
    statements.put('asport', add ? `${mark} : ${other.local.port}` : `${mark}`);
  }
}

/**
 * Text that makes all changes in one step or none. Deletions come first: a flow that was given back may come again at once,
 * changed. A flow must not be added before it is deleted in the same step.
 */
export function changeScript(table: string, changes: readonly Change[]): string {
  const deleted = new Statements();
  const added = new Statements();
  for (const change of changes) collect(change.add ? added : deleted, change);
  return deleted.text('delete', table) + added.text('add', table);
}
