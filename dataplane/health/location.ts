/** Where the host name of one destination leads, and which of its places took the last probe well. No I/O, no clock. */
import type { Server } from '../dns/draw.ts';
import type { Found } from '../dns/find-servers.ts';
import type { Wish } from '../dns/selection.ts';
import type { Located } from '../transport/locate.ts';

/** Places of a destination that are probed and called; DNS may name more. */
const maxPlaces = 16;
/** Bounds on the time after which DNS is asked again; the second one where there was nothing. */
const minTtlMs = 1_000;
const againMs = 5_000;
/** Above every priority of DNS. */
const badPriority = 0x1000_0000;

export class Location {
  readonly wish: Wish;
  /** A question is under way. */
  asking = false;
  /** Whether DNS has been asked at all, and when it is asked again (the clock of `take`). */
  asked = false;
  dueAtMs = 0;
  /** Why there is no place, '' = there is one. */
  fault = '';
  #servers: readonly Server[] = [];
  /** Places that did not. */
  #bad = new Set<string>();

  constructor(wish: Wish) {
    this.wish = wish;
  }

  /** Takes in what DNS said; silence leaves what is known. True when the places are others than before. */
  take({ servers, ttlMs, told }: Found, nowMs: number): boolean {
    const { host } = this.wish;
    this.asked = true;
    this.dueAtMs = nowMs + (servers.length === 0 ? againMs : Math.max(minTtlMs, ttlMs));
    if (!told) {
      if (this.#servers.length === 0) this.fault = `DNS does not answer for ${host}`;
      return false;
    }
    this.fault = servers.length === 0 ? `DNS has no server for ${host} that this node can reach` : '';
    const before = JSON.stringify(this.#servers);
    this.#servers = firstPlaces(servers);
    const known = new Set(this.places.map(keyOf));
    this.#bad = new Set([...this.#bad].filter((key) => known.has(key)));
    return JSON.stringify(this.#servers) !== before;
  }

  /** Every place, best first. */
  get places(): readonly Located[] {
    return this.#servers.flatMap(({ places }) => places);
  }

  /** Notes which places took their probe well. True when calls should try them in another order than before. */
  note(good: readonly boolean[], places: readonly Located[]): boolean {
    const bad = new Set(places.filter((_, index) => good[index] !== true).map(keyOf));
    const news = bad.size !== this.#bad.size || [...bad].some((key) => !this.#bad.has(key));
    this.#bad = bad;
    return news;
  }

  /** The servers as calls try them: places that took their probe badly behind all others. */
  get order(): readonly Server[] {
    const part = (bad: boolean): Server[] => this.#servers.flatMap(({ priority, weight, places }) => {
      const own = places.filter((place) => this.#bad.has(keyOf(place)) === bad);
      return own.length === 0 ? [] : [{ priority: bad ? badPriority + priority : priority, weight, places: own }];
    });
    return [...part(false), ...part(true)];
  }
}

const keyOf = ({ transport, address, port }: Located): string => `${transport} ${address} ${port}`;

function firstPlaces(servers: readonly Server[]): readonly Server[] {
  let room = maxPlaces;
  return servers.flatMap(({ priority, weight, places }) => {
    const own = places.slice(0, room);
    room -= own.length;
    return own.length === 0 ? [] : [{ priority, weight, places: own }];
  });
}
