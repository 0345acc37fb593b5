/**
 * Sessions of people: a random secret in a cookie, its hash in the database. They slide (12 hours without a
 * request end one) up to a week, and end at once when they are revoked or their user changes.
 */
import type { Principal } from './principal.ts';
import { KnownHashes } from './known-hashes.ts';
import { createSecret, hashSecret, looksLike } from './secret.ts';
import type { RandomBytes } from './secret.ts';
import type { SessionRecord, SessionStore, UserRecord } from './stores.ts';

export const sessionTimes = {
  idleMs: 12 * 3_600_000,
  absoluteMs: 7 * 86_400_000,
  /** A session in use is written at most this often. */
  touchMs: 5 * 60_000,
} as const;

/** The oldest session gives way to the next sign-in. */
const maxPerUser = 20;
const maxAgentLength = 256;
/** Expired sessions are removed when somebody signs in, at most this often. */
const pruneEveryMs = 600_000;

/** One session, or all of a user's but for `kept`. */
export type EndedSessions = { readonly session: string } | { readonly user: string; readonly kept: string | null };

export interface SessionDeps {
  readonly store: SessionStore;
  readonly now: () => number;
  readonly random: RandomBytes;
}

export class Sessions {
  private readonly deps: SessionDeps;
  private readonly known: KnownHashes;
  private prunedAtMs = 0;
  private readonly endListeners = new Set<(ended: EndedSessions) => void>();

  constructor(deps: SessionDeps) {
    this.deps = deps;
    this.known = new KnownHashes((limit) => deps.store.hashes(deps.now(), limit), deps.now);
  }

  /** Starts a session; returns the cookie's secret, which is stored nowhere. */
  async start(user: UserRecord, from: { readonly address: string; readonly agent: string }): Promise<string> {
    const secret = createSecret('session', this.deps.random);
    const nowMs = this.deps.now();
    if (nowMs - this.prunedAtMs >= pruneEveryMs) {
      this.prunedAtMs = nowMs;
      await this.deps.store.prune(nowMs);
    }
    await this.deps.store.create({
      hash: hashSecret(secret), userId: user.id, nowMs, expiresAtMs: nowMs + sessionTimes.idleMs,
      address: from.address, agent: from.agent.slice(0, maxAgentLength),
    }, maxPerUser);
    this.known.added();
    return secret;
  }

  /** The principal of a cookie's secret, or null. Slides the expiry. */
  async principal(secret: string): Promise<Principal | null> {
    if (!looksLike('session', secret)) return null;
    const record = await this.deps.store.find(hashSecret(secret));
    if (record === null || !this.valid(record)) return null;
    const nowMs = this.deps.now();
    if (nowMs - record.lastSeenAtMs >= sessionTimes.touchMs) {
      await this.deps.store.touch(record.hash, nowMs, Math.min(nowMs + sessionTimes.idleMs, record.createdAtMs + sessionTimes.absoluteMs));
    }
    return sessionPrincipal(record);
  }

  /** As `BearerTokens.passesLimit`, for a cookie's secret. */
  async passesLimit(secret: string): Promise<boolean> {
    return looksLike('session', secret) && this.known.has(hashSecret(secret));
  }

  /** Does this session still hold, and as whom? For streams that outlive the request that opened them. */
  async recheck(hash: string): Promise<Principal | null> {
    const record = await this.deps.store.find(hash);
    return record !== null && this.valid(record) ? sessionPrincipal(record) : null;
  }

  async end(hash: string): Promise<void> {
    await this.deps.store.remove(hash);
    for (const listener of this.endListeners) listener({ session: hash });
  }

  /** Tells listeners that a change of the user ended its sessions, `kept` excepted. */
  endedFor(userId: string, kept: string | null): void {
    for (const listener of this.endListeners) listener({ user: userId, kept });
  }

  /** Calls `listener` whenever sessions end. Returns the unsubscribe function. */
  onEnd(listener: (ended: EndedSessions) => void): () => void {
    this.endListeners.add(listener);
    return () => this.endListeners.delete(listener);
  }

  private valid(record: SessionRecord): boolean {
    const nowMs = this.deps.now();
    return !record.user.disabled && nowMs < record.expiresAtMs && nowMs < record.createdAtMs + sessionTimes.absoluteMs;
  }
}

function sessionPrincipal(record: SessionRecord): Principal {
  const { user } = record;
  return { kind: 'user', id: user.id, name: user.email, role: user.role, scopes: null, session: record.hash };
}
