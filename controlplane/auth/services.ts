/** Wires authentication together; main makes it once and hands its parts to the app, the push gateway and the routes. */
import { createApiTokenStore } from '../db/repositories/api-token-store.ts';
import { createClusterKeyStore } from '../db/repositories/cluster-key-store.ts';
import { createNodeStore } from '../db/repositories/node-store.ts';
import { createSessionStore } from '../db/repositories/session-store.ts';
import { createSetupStore, createUserStore } from '../db/repositories/user-store.ts';
import type { Authenticator } from '../plugins/access.ts';
import { createAuthenticator } from './authenticator.ts';
import { BearerTokens } from './bearer.ts';
import { ClusterKeys } from './cluster-keys.ts';
import { StoredNodeDirectory } from './node-directory.ts';
import { createPasswordHasher } from './password.ts';
import type { PasswordCost, PasswordHasher } from './password.ts';
import type { RandomBytes } from './secret.ts';
import { Sessions } from './sessions.ts';
import { Setup } from './setup.ts';
import { SignIn } from './sign-in.ts';
import type { UserStore } from './stores.ts';

export interface AuthServices {
  readonly authenticator: Authenticator;
  readonly users: UserStore;
  readonly sessions: Sessions;
  readonly bearers: BearerTokens;
  readonly setup: Setup;
  readonly signIn: SignIn;
  readonly passwords: PasswordHasher;
  readonly directory: StoredNodeDirectory;
  readonly clusterKeys: ClusterKeys;
}

/** The database's client as the stores take it. */
export type AuthDatabase = Parameters<typeof createUserStore>[0];

export interface AuthServiceDeps {
  readonly db: AuthDatabase;
  /** SIGNALBOX_ADMIN_TOKEN, or null. */
  readonly adminToken: string | null;
  readonly now: () => number;
  readonly random: RandomBytes;
  /** Tests take a cheaper one. */
  readonly passwordCost?: PasswordCost;
}

export function createAuthServices(deps: AuthServiceDeps): AuthServices {
  const { db, now, random } = deps;
  const users = createUserStore(db);
  const passwords = createPasswordHasher({ random, ...(deps.passwordCost === undefined ? {} : { cost: deps.passwordCost }) });
  const sessions = new Sessions({ store: createSessionStore(db), now, random });
  const bearers = new BearerTokens({ store: createApiTokenStore(db), adminToken: deps.adminToken, now, random });
  const clusterKeys = new ClusterKeys({ store: createClusterKeyStore(db), now, random });
  return {
    users, passwords, sessions, bearers, clusterKeys,
    authenticator: createAuthenticator({ sessions, bearers, now }),
    setup: new Setup({ users, store: createSetupStore(db), passwords, now, random }),
    signIn: new SignIn({ users, sessions, passwords, now }),
    directory: new StoredNodeDirectory({ store: createNodeStore(db), keys: clusterKeys, now, random }),
  };
}
