/**
 * Signing in with e-mail address and password. Failures are counted per source and per account; both maps are
 * bounded, and a wrong address takes as long as a wrong password.
 */
import { PasswordQueueFull } from './password.ts';
import type { PasswordHasher } from './password.ts';
import { RateLimiter } from './rate-limit.ts';
import type { Sessions } from './sessions.ts';
import type { UserRecord, UserStore } from './stores.ts';

/** Ten at once and one every 6 s for a source; ten and one every 30 s for an account, whatever the sources. */
const perSource = { burst: 10, refillMs: 6_000 };
const perAccount = { burst: 10, refillMs: 30_000 };
const maxKnown = 10_000;

export type SignInOutcome =
  | { readonly ok: true; readonly user: UserRecord; readonly secret: string }
  | { readonly ok: false; readonly kind: 'wrong' }
  | { readonly ok: false; readonly kind: 'limited'; readonly retryAfterMs: number };

export interface SignInDeps {
  readonly users: UserStore;
  readonly sessions: Sessions;
  readonly passwords: PasswordHasher;
  readonly now: () => number;
}

export class SignIn {
  private readonly deps: SignInDeps;
  private readonly sources: RateLimiter;
  private readonly accounts: RateLimiter;
  /** Sources an account signed in from: they have a bucket of their own, so that guessing from elsewhere locks nobody out. */
  private readonly known = new Set<string>();

  constructor(deps: SignInDeps) {
    this.deps = deps;
    this.sources = new RateLimiter(perSource, deps.now);
    this.accounts = new RateLimiter(perAccount, deps.now);
  }

  async signIn(attempt: { readonly email: string; readonly password: string; readonly address: string; readonly agent: string }): Promise<SignInOutcome> {
    const email = normalEmail(attempt.email);
    const source = sourceKey(attempt.address);
    const bySource = this.sources.take(source);
    const familiar = `${email} ${source}`;
    const account = this.known.has(familiar) ? familiar : email;
    // A source that may not try must not use up the account's attempts either: it could lock people out for ever.
    const byAccount = bySource.allowed ? this.accounts.take(account) : this.accounts.peek(account);
    if (!bySource.allowed || !byAccount.allowed) {
      return { ok: false, kind: 'limited', retryAfterMs: Math.max(bySource.retryAfterMs, byAccount.retryAfterMs) };
    }
    const user = await this.deps.users.byEmail(email);
    try {
      const right = await this.deps.passwords.verify(attempt.password, user?.passwordHash ?? null);
      if (!right || user === null || user.disabled) return { ok: false, kind: 'wrong' };
    } catch (error) {
      if (error instanceof PasswordQueueFull) return { ok: false, kind: 'limited', retryAfterMs: 1_000 };
      throw error;
    }
    this.sources.giveBack(source);
    this.accounts.forget(account);
    this.remember(familiar);
    await this.deps.users.signedIn(user.id, this.deps.now());
    return { ok: true, user, secret: await this.deps.sessions.start(user, attempt) };
  }

  /** Counts an attempt at a signed-in user's own password; milliseconds to wait, 0 = go on. */
  limitPassword(email: string): number {
    return this.accounts.take(`${email} own`).retryAfterMs;
  }

  private remember(familiar: string): void {
    this.known.delete(familiar);
    const oldest = this.known.values().next();
    if (this.known.size >= maxKnown && oldest.done !== true) this.known.delete(oldest.value);
    this.known.add(familiar);
  }
}

/** Addresses are compared without case or outer blanks. */
export function normalEmail(email: string): string {
  return email.trim().toLowerCase();
}

/** One bucket an IPv4 address or an IPv6 /64: a host usually has a whole /64 to try from. */
export function sourceKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.toLowerCase().split('%')[0]?.split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const middle = tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  return [...left, ...middle, ...right].slice(0, 4).map((group) => group.replace(/^0+(?=.)/, '')).join(':') + '::/64';
}
