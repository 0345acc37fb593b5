/** The order in which servers are tried: priorities, and inside one a draw by weight (RFC 2782). Pure; chance is passed in. */
import { hashText, uniformOf } from '../routing/hash.ts';
import type { Located } from '../transport/locate.ts';

/** One server of a name: a line of SRV, or all addresses of a name without SRV (priority and weight 0). */
export interface Server {
  /** Lower goes first. */
  readonly priority: number;
  readonly weight: number;
  /** Its addresses; one at least. */
  readonly places: readonly Located[];
}

/** Chance that a key decides: the same numbers each time it is asked for. */
export function chanceOf(key: string): () => number {
  let step = hashText(key);
  return () => uniformOf(step++);
}

const none: readonly Located[] = [];

/**
 * Every place once, in the order to try for one request.
 * @param servers by ascending priority
 * @param prefer addresses of this family come first at each server (RFC 7984 §3)
 * @param random in [0, 1), one call a draw; not called when there is nothing to choose
 */
export function drawOrder(servers: readonly Server[], prefer: 4 | 6, random: () => number): readonly Located[] {
  if (servers.length < 2) return servers[0] === undefined ? none : placesInOrder(servers[0].places, prefer, random);
  const order: Located[] = [];
  let at = 0;
  while (at < servers.length) {
    const priority = servers[at]?.priority;
    let end = at + 1;
    while (end < servers.length && servers[end]?.priority === priority) end++;
    for (const server of drawGroup(servers.slice(at, end), random)) order.push(...placesInOrder(server.places, prefer, random));
    at = end;
  }
  return order;
}

/** RFC 2782: servers of weight 0 first, then running sums; the first one whose sum reaches the number drawn is next. */
function drawGroup(group: readonly Server[], random: () => number): readonly Server[] {
  if (group.length === 1) return group;
  const left = [...group].sort((a, b) => (a.weight === 0 ? 0 : 1) - (b.weight === 0 ? 0 : 1));
  const order: Server[] = [];
  let sum = left.reduce((total, server) => total + server.weight, 0);
  while (left.length > 1) {
    const chosen = sum === 0 ? Math.floor(random() * left.length) : indexOfSum(left, Math.floor(random() * (sum + 1)));
    const [server] = left.splice(chosen, 1);
    if (server === undefined) break;
    sum -= server.weight;
    order.push(server);
  }
  return [...order, ...left];
}

function indexOfSum(servers: readonly Server[], drawn: number): number {
  let sum = 0;
  const index = servers.findIndex((server) => {
    sum += server.weight;
    return sum >= drawn;
  });
  return Math.max(0, index);
}

/** The addresses of one server share the load: each family starts at any of its own. */
function placesInOrder(places: readonly Located[], prefer: 4 | 6, random: () => number): readonly Located[] {
  if (places.length < 2) return places;
  const own = places.filter((one) => one.family === prefer);
  const other = places.filter((one) => one.family !== prefer);
  return [...turned(own, random), ...turned(other, random)];
}

function turned(places: readonly Located[], random: () => number): readonly Located[] {
  if (places.length < 2) return places;
  const from = Math.floor(random() * places.length);
  return [...places.slice(from), ...places.slice(0, from)];
}
