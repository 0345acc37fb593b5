/** What authentication keeps in the database; implemented under controlplane/db/repositories. Times are epoch milliseconds. */
import type { Result } from '../../dataplane/contract/result.ts';
import type { Permission, Role } from '../contract/permissions.ts';

export interface UserRecord {
  readonly id: string;
  /** Lower case. */
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly passwordHash: string;
  readonly disabled: boolean;
  readonly createdAtMs: number;
  readonly lastSignInAtMs: number | null;
}

export interface UserPatch {
  readonly name?: string;
  readonly role?: Role;
  readonly disabled?: boolean;
  readonly passwordHash?: string;
}

export interface UserStore {
  count(): Promise<number>;
  byId(id: string): Promise<UserRecord | null>;
  byEmail(email: string): Promise<UserRecord | null>;
  /** By e-mail address after `after`, at most `limit`. */
  list(after: string, limit: number): Promise<readonly UserRecord[]>;
  /** null = the address is taken. */
  create(user: { readonly email: string; readonly name: string; readonly role: Role; readonly passwordHash: string }): Promise<UserRecord | null>;
  /**
   * Changes a user. `last-owner` = it would leave no enabled owner. Ends all of the user's sessions when the role,
   * the password or `disabled` changes, but for `keepSession`.
   */
  update(id: string, patch: UserPatch, keepSession: string | null): Promise<UserRecord | 'not-found' | 'last-owner'>;
  remove(id: string): Promise<'removed' | 'not-found' | 'last-owner'>;
  signedIn(id: string, nowMs: number): Promise<void>;
}

export interface SetupStore {
  /** Replaces this instance's link. */
  put(instance: string, hash: string, expiresAtMs: number): Promise<void>;
  /**
   * In one transaction: the link is known and unexpired and there is no user yet → creates the owner and removes every
   * link. Two people with two links cannot both win.
   */
  consume(hash: string, nowMs: number, owner: { readonly email: string; readonly name: string; readonly passwordHash: string }): Promise<UserRecord | null>;
  /** Looks without consuming, so that a wrong link costs no password hash. */
  known(hash: string, nowMs: number): Promise<boolean>;
}

export interface SessionRecord {
  readonly hash: string;
  readonly user: UserRecord;
  readonly createdAtMs: number;
  readonly lastSeenAtMs: number;
  readonly expiresAtMs: number;
}

export interface SessionStore {
  /** Creates a session and drops the user's oldest beyond `maxPerUser`. */
  create(session: { readonly hash: string; readonly userId: string; readonly nowMs: number; readonly expiresAtMs: number; readonly address: string; readonly agent: string }, maxPerUser: number): Promise<void>;
  find(hash: string): Promise<SessionRecord | null>;
  /** Of sessions that have not expired, the newest first. */
  hashes(nowMs: number, limit: number): Promise<readonly string[]>;
  touch(hash: string, nowMs: number, expiresAtMs: number): Promise<void>;
  remove(hash: string): Promise<void>;
  /** Removes what has expired; returns how many. */
  prune(nowMs: number): Promise<number>;
}

export interface ApiTokenRecord {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly scopes: readonly Permission[] | null;
  readonly createdBy: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  readonly lastUsedAtMs: number | null;
}

export interface ApiTokenStore {
  /** Newest first, unrevoked; `before` is the id of the last one of the page before. */
  list(cursor: string | null, limit: number): Promise<readonly ApiTokenRecord[]>;
  count(): Promise<number>;
  create(token: { readonly name: string; readonly hash: string; readonly role: Role; readonly scopes: readonly Permission[] | null; readonly createdBy: string; readonly expiresAtMs: number | null }): Promise<ApiTokenRecord>;
  /** Unrevoked, or null. */
  byId(id: string): Promise<ApiTokenRecord | null>;
  /** Unrevoked only; expiry is the caller's to judge. */
  find(hash: string): Promise<ApiTokenRecord | null>;
  /** Of unrevoked tokens, the newest first. */
  hashes(limit: number): Promise<readonly string[]>;
  used(id: string, nowMs: number): Promise<void>;
  /** False when there is no such unrevoked token. */
  revoke(id: string, nowMs: number): Promise<boolean>;
}

export interface NodeRecord {
  readonly id: string;
  readonly name: string;
  readonly draining: boolean;
  readonly lastSeenAtMs: number | null;
}

export interface NodeStore {
  list(): Promise<readonly NodeRecord[]>;
  byId(id: string): Promise<NodeRecord | null>;
  /** The node of an unrevoked token. */
  byToken(tokenHash: string, nowMs: number): Promise<NodeRecord | null>;
  /** Remembers that a node was seen. */
  seen(id: string, nowMs: number): Promise<void>;
  addJoinToken(token: { readonly hash: string; readonly name: string; readonly createdBy: string; readonly expiresAtMs: number }): Promise<{ readonly id: string }>;
  /** Unspent and unexpired? */
  joinTokenValid(hash: string, nowMs: number): Promise<boolean>;
  /** In one transaction: spends the join token, creates the node under `name` or the next free `name-2`... and its first token. */
  join(joinHash: string, name: string, tokenHash: string, nowMs: number): Promise<NodeRecord | null>;
  /** Adds a token; the newest two stay valid, older ones are revoked at once. False = no such node. */
  addToken(nodeId: string, tokenHash: string, nowMs: number): Promise<boolean>;
  /** Removes tokens and the node's row of facts. False = no such node. */
  revokeTokens(nodeId: string, nowMs: number): Promise<boolean>;
}

/** A cluster key as it is stored; its `key` goes to nodes and to nobody else. */
export interface ClusterKeyRecord {
  readonly id: number;
  /** base64url, 32 bytes. */
  readonly key: string;
  readonly createdAtMs: number;
  readonly signsFromMs: number;
}

export interface ClusterKeyStore {
  /** Newest first. */
  list(): Promise<readonly ClusterKeyRecord[]>;
  /** Adds the first key unless another replica was quicker. */
  addFirst(key: string, nowMs: number): Promise<void>;
  /** How many certificates are sealed under each key, by id. */
  sealedCertificates(): Promise<ReadonlyMap<number, number>>;
  /**
   * In one transaction, while nobody else changes keys or configuration: adds a key and tells every control plane, unless
   * `refusal` says why not.
   */
  add(key: { readonly key: string; readonly createdAtMs: number; readonly signsFromMs: number }, refusal: (keys: readonly ClusterKeyRecord[]) => string | null): Promise<Result<ClusterKeyRecord, string>>;
  /** The same for removing one; `refusal` is told how many certificates are sealed under it. `not-found` = there is none of that id. */
  remove(id: number, refusal: (keys: readonly ClusterKeyRecord[], certificates: number) => string | null): Promise<Result<null, string> | 'not-found'>;
}
