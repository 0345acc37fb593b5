/** A throwaway PostgreSQL server: a fresh cluster in a temporary folder, on loopback, gone when the test ends. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import pg from 'pg';
import { Hopeless, until, within } from './deadline.ts';
import { freePort } from './ports.ts';

/** Folder of the newest installed server's programs. Throws a sentence that says what to install. */
export function postgresPrograms(): string {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).find((folder) => folder !== '' && existsSync(join(folder, 'postgres')));
  if (onPath !== undefined) return onPath;
  const base = '/usr/lib/postgresql';
  const versions = existsSync(base) ? readdirSync(base).sort((one, other) => Number(other) - Number(one)) : [];
  const found = versions.map((version) => join(base, version, 'bin')).find((folder) => existsSync(join(folder, 'postgres')));
  if (found === undefined) throw new Error('There is no PostgreSQL server on this machine: apt-get install postgresql');
  return found;
}

/** The server refuses to run as root: then it runs as a user without rights. */
function unprivileged(): { readonly uid: number; readonly gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  for (const name of ['postgres', 'nobody']) {
    const uid = spawnSync('id', ['-u', name], { encoding: 'utf8' });
    const gid = spawnSync('id', ['-g', name], { encoding: 'utf8' });
    if (uid.status === 0 && gid.status === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  }
  throw new Error('PostgreSQL does not run as root, and there is neither a user postgres nor nobody.');
}

export class PostgresServer {
  readonly port: number;
  readonly #programs: string;
  readonly #folder: string;
  readonly #user: { readonly uid: number; readonly gid: number } | null;
  #child: ChildProcess | null = null;
  #log: string[] = [];
  #databases = 0;

  private constructor(port: number, programs: string, folder: string, user: { readonly uid: number; readonly gid: number } | null) {
    this.port = port;
    this.#programs = programs;
    this.#folder = folder;
    this.#user = user;
  }

  /** Makes a cluster and starts it. */
  static async create(): Promise<PostgresServer> {
    const programs = postgresPrograms();
    const user = unprivileged();
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-postgres-'));
    if (user !== null) chownSync(folder, user.uid, user.gid);
    const made = spawnSync(join(programs, 'initdb'), ['-D', join(folder, 'data'), '-U', 'signalbox', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'], {
      encoding: 'utf8', cwd: folder, ...user,
    });
    if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
    const server = new PostgresServer(await freePort(), programs, folder, user);
    await server.start();
    return server;
  }

  /** Starts it (again); resolves when it takes connections. */
  async start(): Promise<void> {
    const settings = {
      port: String(this.port), listen_addresses: '127.0.0.1', unix_socket_directories: this.#folder, fsync: 'off', synchronous_commit: 'off',
      full_page_writes: 'off', shared_buffers: '32MB', max_connections: '120', log_min_messages: 'warning', log_min_error_statement: 'panic',
    };
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    this.#log = [];
    const child = spawn(join(this.#programs, 'postgres'), ['-D', join(this.#folder, 'data'), ...args], {
      cwd: this.#folder, stdio: ['ignore', 'ignore', 'pipe'], ...this.#user,
    });
    child.stderr.on('data', (chunk: Buffer) => this.#log.push(chunk.toString('utf8')));
    this.#child = child;
    await until('PostgreSQL takes connections', 20_000, async () => {
      if (child.exitCode !== null) throw new Hopeless(`PostgreSQL ended with ${child.exitCode}: ${this.#log.join('')}`);
      const client = new pg.Client({ connectionString: this.url('postgres'), connectionTimeoutMillis: 2_000 });
      await client.connect();
      await client.end();
      return true;
    });
  }

  url(database: string): string {
    return `postgresql://signalbox@127.0.0.1:${this.port}/${database}`;
  }

  /** A fresh, empty database; returns its URL. */
  async createDatabase(): Promise<string> {
    this.#databases += 1;
    const name = `test_${this.#databases}`;
    await this.run('postgres', `CREATE DATABASE ${name}`);
    return this.url(name);
  }

  /** Runs one statement; returns its rows. */
  async run(database: string, sql: string, values: readonly unknown[] = []): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const client = new pg.Client({ connectionString: this.url(database) });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql, [...values])).rows;
    } finally {
      await client.end();
    }
  }

  /** Stops the server at once, ending every connection; `start` brings it back with its data. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null) return;
    const gone = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
    });
    child.kill('SIGINT');
    await within(20_000, 'PostgreSQL stops', gone);
  }

  /** Stops it and removes its folder. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
