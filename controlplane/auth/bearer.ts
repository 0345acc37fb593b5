/** Bearer tokens: API tokens of the database and the owner token of the environment. */
import type { Principal } from './principal.ts';
import { KnownHashes } from './known-hashes.ts';
import { createSecret, guessableBelow, hashSecret, looksLike, maxBearerLength, secretsEqual } from './secret.ts';
import type { RandomBytes } from './secret.ts';
import type { ApiTokenRecord, ApiTokenStore } from './stores.ts';
import type { Permission, Role } from '../contract/permissions.ts';

/** `lastUsedAt` is written at most this often a token. */
const usedEveryMs = 60_000;
/** More tokens than that are a provisioning system gone wrong. */
export const maxApiTokens = 10_000;

export interface BearerDeps {
  readonly store: ApiTokenStore;
  /** SIGNALBOX_ADMIN_TOKEN, or null. */
  readonly adminToken: string | null;
  readonly now: () => number;
  readonly random: RandomBytes;
}

export interface NewApiToken {
  readonly name: string;
  readonly role: Role;
  readonly scopes: readonly Permission[] | null;
  readonly expiresAtMs: number | null;
  readonly createdBy: string;
}

export class BearerTokens {
  private readonly deps: BearerDeps;
  private readonly known: KnownHashes;

  constructor(deps: BearerDeps) {
    this.deps = deps;
    this.known = new KnownHashes((limit) => deps.store.hashes(limit), deps.now);
  }

  /** The principal of a bearer value, or null for an unknown, revoked or expired one. */
  async principal(value: string): Promise<Principal | null> {
    if (value.length === 0 || value.length > maxBearerLength) return null;
    if (this.deps.adminToken !== null && secretsEqual(value, this.deps.adminToken)) {
      return { kind: 'environment', id: 'environment', name: 'SIGNALBOX_ADMIN_TOKEN', role: 'owner', scopes: null, session: null };
    }
    if (!looksLike('apiToken', value)) return null;
    const token = await this.deps.store.find(hashSecret(value));
    const nowMs = this.deps.now();
    if (token === null || (token.expiresAtMs !== null && token.expiresAtMs <= nowMs)) return null;
    if (token.lastUsedAtMs === null || nowMs - token.lastUsedAtMs >= usedEveryMs) await this.deps.store.used(token.id, nowMs);
    return { kind: 'token', id: token.id, name: token.name, role: token.role, scopes: token.scopes, session: null };
  }

  /**
   * Whether a source that has sent too many wrong values may have this one looked at: it is a token of ours, or the owner token
   * of the environment unless that is short enough to be guessed. Costs a hash, and the database one query a second.
   */
  async passesLimit(value: string): Promise<boolean> {
    const { adminToken } = this.deps;
    if (adminToken !== null && adminToken.length >= guessableBelow && value.length <= maxBearerLength && secretsEqual(value, adminToken)) return true;
    return looksLike('apiToken', value) && this.known.has(hashSecret(value));
  }

  /** Is the token behind an open stream still good? */
  async recheck(principal: Principal): Promise<boolean> {
    if (principal.kind === 'environment') return true;
    const token = await this.deps.store.byId(principal.id);
    return token !== null && (token.expiresAtMs === null || token.expiresAtMs > this.deps.now());
  }

  /** Creates a token; its secret is returned this once. null = there are too many already. */
  async create(token: NewApiToken): Promise<{ readonly token: ApiTokenRecord; readonly secret: string } | null> {
    if (await this.deps.store.count() >= maxApiTokens) return null;
    const secret = createSecret('apiToken', this.deps.random);
    const stored = await this.deps.store.create({ ...token, hash: hashSecret(secret) });
    this.known.added();
    return { token: stored, secret };
  }

  list(cursor: string | null, limit: number): Promise<readonly ApiTokenRecord[]> {
    return this.deps.store.list(cursor, limit);
  }

  revoke(id: string): Promise<boolean> {
    return this.deps.store.revoke(id, this.deps.now());
  }
}
