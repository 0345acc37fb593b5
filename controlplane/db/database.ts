/** The database as the rest of the control plane sees it: Prisma's client, notifications, consistent reads. */
import type { PrismaClient } from './generated/client.ts';
import { openEmbedded } from './embedded.ts';
import { openPostgres } from './postgres.ts';

/** Rows of a keyset page, as plain SQL gives them. */
export type SqlRow = Readonly<Record<string, unknown>>;
export type SqlReader = (sql: string, values: readonly unknown[]) => Promise<readonly SqlRow[]>;

export interface DatabaseLog {
  info(text: string): void;
  warn(text: string): void;
}

export interface Database {
  readonly kind: 'embedded' | 'postgres';
  readonly prisma: PrismaClient;
  /**
   * Calls `wake` for each notification on `channel` and whenever notifications may have been lost
   * (connection re-established). Returns the unsubscribe function.
   */
  listen(channel: string, wake: () => void): Promise<() => Promise<void>>;
  /**
   * One consistent read: everything that `read` yields is as of one moment. The transaction ends when the
   * iteration ends, however it ends. On the embedded database the pages are collected first, because its one
   * connection would otherwise stand still for as long as the consumer takes.
   */
  consistent<T>(read: (sql: SqlReader) => AsyncGenerator<T>): AsyncGenerator<T>;
  /** Resolves when the database answers. Throws otherwise. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface DatabaseSettings {
  /** undefined = embedded under `dataDir`. */
  readonly databaseUrl: string | undefined;
  readonly dataDir: string;
  readonly migrationsDir: string;
}

/** Opens and migrates the database. Throws StartFault with a sentence for the operator. */
export function openDatabase(settings: DatabaseSettings, log: DatabaseLog): Promise<Database> {
  return settings.databaseUrl === undefined
    ? openEmbedded(settings.dataDir, settings.migrationsDir, log)
    : openPostgres(settings.databaseUrl, settings.migrationsDir, log);
}
