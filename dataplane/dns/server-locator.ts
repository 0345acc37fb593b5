/** The Locator of a worker: what findServers found, from a cache; the order is drawn anew for each request. */
import type { Clock } from '../runtime/clock.ts';
import type { Located, Locator } from '../transport/locate.ts';
import { AnswerCache, type CacheOptions } from './answer-cache.ts';
import { chanceOf, drawOrder, type Server } from './draw.ts';
import { findServers, numericPlaces, type Reach } from './find-servers.ts';
import type { DnsSource } from './records.ts';
import { wishOf, type Wish } from './selection.ts';

const nowhere: readonly Located[] = [];
const noServers: readonly Server[] = [];
const maxNameLength = 253;

export class ServerLocator implements Locator {
  readonly #reach: Reach;
  readonly #random: () => number;
  readonly #cache: AnswerCache<Wish, readonly Server[]>;

  /**
   * @param reach what this node can send by
   * @param random in [0, 1)
   */
  constructor(clock: Clock, source: DnsSource, reach: Reach, random: () => number, options: CacheOptions = {}) {
    this.#reach = reach;
    this.#random = random;
    this.#cache = new AnswerCache<Wish, readonly Server[]>(clock, noServers, async (wish) => {
      const { servers, ttlMs, told } = await findServers(source, reach, wish);
      return { value: servers, ttlMs, told };
    }, options);
  }

  locate(host: string, port: number, transport: string, secure: boolean, prefer: 4 | 6, key: string, done: (targets: readonly Located[]) => void): void {
    const wish = wishOf(host, port, transport, secure);
    if (wish === null) {
      done(nowhere);
      return;
    }
    const numeric = numericPlaces(wish, this.#reach);
    if (numeric !== null || wish.host === '' || wish.host.length > maxNameLength) {
      done(numeric ?? nowhere);
      return;
    }
    this.#cache.ask(`${wish.host} ${port} ${wish.transport} ${secure}`, zoneOf(wish.host), wish, (servers) => done(drawOrder(servers, prefer, key === '' ? this.#random : chanceOf(key))));
  }
}

/** The last two labels: whose name servers answer, near enough. */
export const zoneOf = (name: string): string => name.slice(name.lastIndexOf('.', name.lastIndexOf('.') - 1) + 1);
