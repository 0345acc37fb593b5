/**
 * Answers of DNS for as long as they hold, each asked for once at a time. Whoever asks is called back, nobody blocks.
 * An answer in use is asked for again shortly before it ends, so that its end delays no call; one that DNS does not
 * renew because it is silent is used on for a while (RFC 8767). Names, look-ups and waiters are capped.
 */
import type { Clock } from '../runtime/clock.ts';

export interface CacheOptions {
  /** Keys kept; the one asked for from DNS longest ago goes first. */
  readonly maxKeys?: number;
  /** Look-ups at once, and of them for one zone; more find nothing. A zone with slow servers holds up only itself. */
  readonly maxPending?: number;
  readonly maxPendingOfZone?: number;
  /** Callbacks that may wait for one key. */
  readonly maxWaiting?: number;
  /** A waiter hears "nothing" after so long; the look-up goes on, for those who ask later. */
  readonly waitMs?: number;
  /** How long silence of DNS is remembered. */
  readonly silenceTtlMs?: number;
  /** How long an old answer serves while DNS is silent. */
  readonly maxStaleMs?: number;
  /** Told of each look-up that begins, that ends without an answer, and that a cap prevents. */
  readonly note?: (what: LookUpNote) => void;
}

export type LookUpNote = 'begun' | 'silent' | 'refused';

/** What a look-up gave; `told` false = DNS was silent, `value` is then the empty one. */
export interface Loaded<T> {
  readonly value: T;
  readonly ttlMs: number;
  readonly told: boolean;
}

interface Entry<T> {
  readonly value: T;
  readonly askAgainAt: number;
  /** Until then it is given at once. */
  readonly servesUntil: number;
  /** Until then it is given while DNS is silent. */
  readonly staleUntil: number;
}

interface Pending<T> {
  readonly waiting: ((value: T) => void)[];
  /** The longest that anybody waits is over. */
  late: boolean;
}

/** An answer that ended so lately still serves at once while it is asked for again. */
const graceMs = 2_000;
/** Part of its life after which an answer in use is asked for again, at most so long before the end. */
const renewFrom = 0.8;
const maxRenewMs = 10_000;
const minTtlMs = 1_000;
const maxTtlMs = 3_600_000;

export class AnswerCache<K, T> {
  readonly #clock: Clock;
  readonly #load: (question: K) => Promise<Loaded<T>>;
  readonly #empty: T;
  readonly #options: Required<CacheOptions>;
  readonly #entries = new Map<string, Entry<T>>();
  readonly #pending = new Map<string, Pending<T>>();
  readonly #zones = new Map<string, number>();

  /** A `load` that rejects counts as silence; callbacks must not throw. */
  constructor(clock: Clock, empty: T, load: (question: K) => Promise<Loaded<T>>, options: CacheOptions = {}) {
    this.#clock = clock;
    this.#load = load;
    this.#empty = empty;
    this.#options = { maxKeys: 10_000, maxPending: 256, maxPendingOfZone: 32, maxWaiting: 1_000, waitMs: 4_000, silenceTtlMs: 5_000, maxStaleMs: 3_600_000, note: () => undefined, ...options };
  }

  /**
   * Gives the answer to `done`, at once when it is known; the empty one when there is none.
   * @param zone whose servers are asked, for the cap on look-ups
   */
  ask(key: string, zone: string, question: K, done: (value: T) => void): void {
    const entry = this.#entries.get(key);
    const now = this.#clock.now();
    if (entry === undefined || now >= entry.servesUntil) {
      this.#begin(key, zone, question, done);
      return;
    }
    if (now >= entry.askAgainAt) this.#begin(key, zone, question, null);
    done(entry.value);
  }

  /** Asks DNS, or joins those who wait for it already; `done` null = only to renew. */
  #begin(key: string, zone: string, question: K, done: ((value: T) => void) | null): void {
    const { maxPending, maxPendingOfZone, maxWaiting, waitMs, note } = this.#options;
    const running = this.#pending.get(key);
    if (running !== undefined) {
      if (done === null) return;
      if (running.late || running.waiting.length >= maxWaiting) done(this.#old(key));
      else running.waiting.push(done);
      return;
    }
    const ofZone = this.#zones.get(zone) ?? 0;
    if (this.#pending.size >= maxPending || ofZone >= maxPendingOfZone) {
      note('refused');
      done?.(this.#old(key));
      return;
    }
    note('begun');
    const pending: Pending<T> = { waiting: done === null ? [] : [done], late: false };
    this.#pending.set(key, pending);
    this.#zones.set(zone, ofZone + 1);
    const timer = setTimeout(() => {
      pending.late = true;
      release(pending, this.#old(key));
    }, waitMs);
    timer.unref();
    const settle = (loaded: Loaded<T>): void => {
      clearTimeout(timer);
      if (!loaded.told) note('silent');
      this.#pending.delete(key);
      const left = (this.#zones.get(zone) ?? 1) - 1;
      if (left === 0) this.#zones.delete(zone);
      else this.#zones.set(zone, left);
      release(pending, this.#keep(key, loaded));
    };
    this.#load(question).then(settle, () => settle({ value: this.#empty, ttlMs: 0, told: false }));
  }

  /** What is known of a key although its time is over; the empty answer when that is nothing, or too old. */
  #old(key: string): T {
    const entry = this.#entries.get(key);
    return entry !== undefined && this.#clock.now() < entry.staleUntil ? entry.value : this.#empty;
  }

  /** Remembers what came, and gives what serves from now on. */
  #keep(key: string, { value, ttlMs, told }: Loaded<T>): T {
    const { silenceTtlMs, maxStaleMs, maxKeys } = this.#options;
    const now = this.#clock.now();
    const staleUntil = this.#entries.get(key)?.staleUntil ?? 0;
    const old = this.#old(key);
    this.#entries.delete(key);
    if (this.#entries.size >= maxKeys) {
      const oldest = this.#entries.keys().next();
      if (oldest.done !== true) this.#entries.delete(oldest.value);
    }
    if (!told) {
      this.#entries.set(key, { value: old, askAgainAt: now + silenceTtlMs, servesUntil: Math.max(staleUntil, now + silenceTtlMs), staleUntil });
      return old;
    }
    const lifeMs = Math.min(maxTtlMs, Math.max(minTtlMs, ttlMs));
    const expiresAt = now + lifeMs;
    this.#entries.set(key, {
      value, askAgainAt: Math.max(now + lifeMs * renewFrom, expiresAt - maxRenewMs), servesUntil: expiresAt + graceMs, staleUntil: expiresAt + maxStaleMs,
    });
    return value;
  }
}

function release<T>(pending: Pending<T>, value: T): void {
  for (const done of pending.waiting.splice(0)) done(value);
}
