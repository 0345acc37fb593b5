/**
 * First start: while there is no user, a one-time link creates the owner's account. No default password exists.
 * The link is printed by main and kept only as a hash; a restart of the instance replaces it.
 */
import { PasswordQueueFull } from './password.ts';
import type { PasswordHasher } from './password.ts';
import { RateLimiter } from './rate-limit.ts';
import { createSecret, hashSecret, looksLike } from './secret.ts';
import type { RandomBytes } from './secret.ts';
import { normalEmail, sourceKey } from './sign-in.ts';
import type { SetupStore, UserRecord, UserStore } from './stores.ts';

const linkLifeMs = 24 * 3_600_000;
const perSource = { burst: 10, refillMs: 10_000 };

export interface SetupDeps {
  readonly users: UserStore;
  readonly store: SetupStore;
  readonly passwords: PasswordHasher;
  readonly now: () => number;
  readonly random: RandomBytes;
}

export type SetupOutcome =
  | { readonly ok: true; readonly user: UserRecord }
  | { readonly ok: false; readonly kind: 'not-valid' }
  | { readonly ok: false; readonly kind: 'limited'; readonly retryAfterMs: number };

export class Setup {
  private readonly deps: SetupDeps;
  private readonly sources: RateLimiter;

  constructor(deps: SetupDeps) {
    this.deps = deps;
    this.sources = new RateLimiter(perSource, deps.now);
  }

  async needed(): Promise<boolean> {
    return await this.deps.users.count() === 0;
  }

  /**
   * A fresh link for `origin` (`http://127.0.0.1:8080`), or null when there are users already. Links that this
   * instance printed before no longer work.
   */
  async createLink(instance: string, origin: string): Promise<string | null> {
    if (!await this.needed()) return null;
    const secret = createSecret('setup', this.deps.random);
    await this.deps.store.put(instance, hashSecret(secret), this.deps.now() + linkLifeMs);
    return `${origin}/setup?token=${secret}`;
  }

  /** Spends the link and creates the owner. */
  async complete(request: { readonly token: string; readonly email: string; readonly name: string; readonly password: string; readonly address: string }): Promise<SetupOutcome> {
    const attempt = this.sources.take(sourceKey(request.address));
    if (!attempt.allowed) return { ok: false, kind: 'limited', retryAfterMs: attempt.retryAfterMs };
    if (!looksLike('setup', request.token)) return { ok: false, kind: 'not-valid' };
    const hash = hashSecret(request.token);
    if (!await this.deps.store.known(hash, this.deps.now())) return { ok: false, kind: 'not-valid' };
    try {
      const passwordHash = await this.deps.passwords.hash(request.password);
      const user = await this.deps.store.consume(hash, this.deps.now(), { email: normalEmail(request.email), name: request.name, passwordHash });
      return user === null ? { ok: false, kind: 'not-valid' } : { ok: true, user };
    } catch (error) {
      if (error instanceof PasswordQueueFull) return { ok: false, kind: 'limited', retryAfterMs: 1_000 };
      throw error;
    }
  }
}
