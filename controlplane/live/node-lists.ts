/**
 * Lists that live on the nodes: asked for page by page, one node after the other, in the order of their ids. The cursor
 * names the node and that node's own cursor. A node answers `{items, cursor}`, cursor 0 or '' = it has no more.
 */
import { err, ok } from '../../dataplane/contract/result.ts';
import type { Result } from '../../dataplane/contract/result.ts';
import type { PushGateway } from '../push/api.ts';

/** What a list needs of a node. */
export interface AskedNode {
  readonly id: string;
  readonly name: string;
  /** Its socket ends at another control plane, so nobody here can ask it. */
  readonly remote: boolean;
}

export interface NodeListRequest {
  readonly command: 'registrations.list' | 'calls.list';
  readonly args: Readonly<Record<string, unknown>>;
  readonly limit: number;
  /** `next` of the page before. */
  readonly cursor: string | undefined;
}

export interface NodeListPage<Item> {
  readonly items: Item[];
  readonly next: string | null;
  /** Names of nodes whose turn it was and that did not answer. */
  readonly missing: string[];
}

/** A node that takes longer is left out of the page. */
const answerMs = 1_000;
/** When so much time is over the page ends where it is. */
const pageMs = 3_000;

interface Place {
  readonly node: string;
  readonly cursor: string | number;
}

/**
 * One page. `read` makes an item of what a node sent, null for what cannot be read.
 * @param now milliseconds of any clock
 * @returns an error when the cursor is none of such a list
 */
export async function pageOfNodes<Item>(
  gateway: Pick<PushGateway, 'command'>, nodes: readonly AskedNode[], { command, args, limit, cursor }: NodeListRequest,
  read: (data: Readonly<Record<string, unknown>>, node: AskedNode) => Item | null, now: () => number,
): Promise<Result<NodeListPage<Item>, 'bad-cursor'>> {
  const from = cursor === undefined ? { node: '', cursor: 0 } : readPlace(cursor);
  if (from === null) return err('bad-cursor');
  const items: Item[] = [];
  const missing: string[] = [];
  const endMs = now() + pageMs;
  let place: Place = from;
  for (const node of nodes.filter(({ id }) => id >= from.node).toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    if (place.node !== node.id) place = { node: node.id, cursor: 0 };
    if (node.remote) {
      missing.push(node.name);
      continue;
    }
    for (;;) {
      if (items.length >= limit || now() >= endMs) return ok({ items, next: writePlace(place), missing });
      const asked = { ...args, limit: limit - items.length, ...(place.cursor === 0 ? {} : { cursor: place.cursor }) };
      const answer = await gateway.command(node.id, command, asked, answerMs);
      const page = answer.ok ? readPage(answer.value) : null;
      if (page === null) {
        missing.push(node.name);
        break;
      }
      for (const data of page.items.slice(0, limit - items.length)) {
        const item = read(data, node);
        if (item !== null) items.push(item);
      }
      if (page.cursor === 0 || page.cursor === '' || page.cursor === place.cursor) break;
      place = { node: node.id, cursor: page.cursor };
    }
  }
  return ok({ items, next: null, missing });
}

const writePlace = ({ node, cursor }: Place): string => Buffer.from(JSON.stringify([node, cursor])).toString('base64url');

function readPlace(text: string): Place | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (!Array.isArray(value)) return null;
    const [node, cursor] = value as readonly unknown[];
    return typeof node === 'string' && isCursor(cursor) ? { node, cursor } : null;
  } catch {
    return null;
  }
}

function readPage(data: unknown): { readonly items: readonly Readonly<Record<string, unknown>>[]; readonly cursor: string | number } | null {
  if (!isObject(data)) return null;
  const { items, cursor } = data;
  return Array.isArray(items) && isCursor(cursor) ? { items: items.filter(isObject), cursor } : null;
}

const isCursor = (value: unknown): value is string | number => (typeof value === 'string' && value.length <= 64) || Number.isSafeInteger(value);
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);
