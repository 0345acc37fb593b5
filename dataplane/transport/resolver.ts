/**
 * Host names to addresses (A and AAAA), for Routes, Request-URIs and destinations. Nobody waits inside a packet:
 * what is in the cache is answered at once, anything else by a callback. One query a name at a time, bounded,
 * with failures remembered shortly.
 */
import { Resolver as DnsResolver } from 'node:dns/promises';
import { lookup } from 'node:dns/promises';
import type { Clock } from '../runtime/clock.ts';
import { familyOf, normalizeAddress } from './addresses.ts';
import type { Family } from './flow.ts';

export interface Resolved {
  readonly family: Family;
  readonly address: string;
}

export interface ResolverOptions {
  /** Names kept; the oldest goes first. */
  readonly maxNames?: number;
  /** Look-ups at once; more fail. */
  readonly maxPending?: number;
  /** Callbacks that may wait for one name. */
  readonly maxWaiting?: number;
  /** Bounds on the time to live of an answer, and the one of names that DNS does not know (hosts file). */
  readonly minTtlMs?: number;
  readonly maxTtlMs?: number;
  readonly plainTtlMs?: number;
  /** How long a failure is remembered. */
  readonly failureTtlMs?: number;
  /** Asks for a name; rejects or answers nothing when there is none. */
  readonly query?: (host: string) => Promise<readonly Answer[]>;
}

/** One address of a name; `ttlMs` 0 = unknown. */
export interface Answer extends Resolved {
  readonly ttlMs: number;
}

interface Entry {
  readonly found: readonly Resolved[];
  readonly expiresMs: number;
}

type Done = (found: readonly Resolved[]) => void;
interface Waiting {
  readonly family: 0 | Family;
  readonly done: Done;
}

const none: readonly Resolved[] = [];

export class Resolver {
  readonly #clock: Clock;
  readonly #options: Required<ResolverOptions>;
  readonly #cache = new Map<string, Entry>();
  readonly #pending = new Map<string, Waiting[]>();

  constructor(clock: Clock, options: ResolverOptions = {}) {
    this.#clock = clock;
    this.#options = {
      maxNames: 10_000, maxPending: 256, maxWaiting: 1_000, minTtlMs: 1_000, maxTtlMs: 3_600_000, plainTtlMs: 60_000,
      failureTtlMs: 5_000, query: queryAddresses, ...options,
    };
  }

  /** Addresses known right now, in the order to try; null = not known, empty = known to fail. IP literals are always known. `family` 0 = any. */
  cached(host: string, family: 0 | Family): readonly Resolved[] | null {
    const literal = literalOf(host);
    if (literal !== null) return ofFamily(literal, family);
    const entry = this.#cache.get(host.toLowerCase());
    return entry === undefined || entry.expiresMs <= this.#clock.now() ? null : ofFamily(entry.found, family);
  }

  /** Gives the addresses to `done`, at once when they are known; empty = the look-up failed. */
  resolve(host: string, family: 0 | Family, done: Done): void {
    const known = this.cached(host, family);
    if (known !== null) {
      done(known);
      return;
    }
    const name = host.toLowerCase();
    const waiting = this.#pending.get(name);
    if (waiting !== undefined) {
      if (waiting.length < this.#options.maxWaiting) waiting.push({ family, done });
      else done(none);
      return;
    }
    if (name === '' || name.length > 253 || this.#pending.size >= this.#options.maxPending) {
      done(none);
      return;
    }
    this.#pending.set(name, [{ family, done }]);
    this.#options.query(name).then(
      (answers) => this.#settle(name, answers),
      () => this.#settle(name, []),
    );
  }

  #settle(name: string, answers: readonly Answer[]): void {
    const { minTtlMs, maxTtlMs, plainTtlMs, failureTtlMs, maxNames } = this.#options;
    let ttlMs = answers.length === 0 ? failureTtlMs : maxTtlMs;
    for (const answer of answers) ttlMs = Math.min(ttlMs, Math.max(minTtlMs, answer.ttlMs === 0 ? plainTtlMs : answer.ttlMs));
    const found = answers.map(({ family, address }) => ({ family, address }));
    this.#cache.delete(name);
    if (this.#cache.size >= maxNames) {
      const oldest = this.#cache.keys().next();
      if (oldest.done !== true) this.#cache.delete(oldest.value);
    }
    this.#cache.set(name, { found, expiresMs: this.#clock.now() + ttlMs });
    const waiting = this.#pending.get(name) ?? [];
    this.#pending.delete(name);
    for (const { family, done } of waiting) done(ofFamily(found, family));
  }
}

const ofFamily = (found: readonly Resolved[], family: 0 | Family): readonly Resolved[] =>
  family === 0 ? found : found.filter((one) => one.family === family);

function literalOf(host: string): readonly Resolved[] | null {
  const address = normalizeAddress(host);
  const family = familyOf(address);
  return family === 0 ? null : [{ family, address }];
}

/** DNS with its times to live; names that DNS does not have, such as those of the hosts file, by the system. */
async function queryAddresses(host: string): Promise<readonly Answer[]> {
  const dns = new DnsResolver({ timeout: 2_000, tries: 2 });
  const [v4, v6] = await Promise.allSettled([dns.resolve4(host, { ttl: true }), dns.resolve6(host, { ttl: true })]);
  const answers: Answer[] = [];
  if (v4.status === 'fulfilled') for (const { address, ttl } of v4.value) answers.push({ family: 4, address, ttlMs: ttl * 1_000 });
  if (v6.status === 'fulfilled') for (const { address, ttl } of v6.value) answers.push({ family: 6, address: normalizeAddress(address), ttlMs: ttl * 1_000 });
  if (answers.length > 0) return answers;
  const system = await lookup(host, { all: true });
  return system.map(({ address, family }) => ({ family: family === 6 ? 6 : 4, address: normalizeAddress(address), ttlMs: 0 }));
}
