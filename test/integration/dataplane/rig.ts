/** The real data plane as a process of its own, started from a last-known-good configuration, without a control plane. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { canonicalJson } from '../../../dataplane/contract/canonical.ts';
import { applyChanges, emptyHashes, mapTables } from '../../../dataplane/contract/hash.ts';
import { defaultSetting, dispatcherSetDefaults, ruleDefaults, tenantPolicyDefaults, trunkDefaults, type DispatcherSetRow, type RouteSetRow, type RuleRow, type RowOp, type SettingRow, type TenantRow } from '../../../dataplane/contract/rows.ts';
import { writeClusterKeys, writeCredential } from '../../../dataplane/sync/secrets.ts';
import { Replica } from '../../../dataplane/sync/replica.ts';
import { RowTable } from '../../../dataplane/sync/row-table.ts';
import { snapshotParts } from '../../../dataplane/sync/snapshot-file.ts';
import { Hopeless, until } from '../../harness/deadline.ts';
import { freePort } from '../../harness/ports.ts';
import { projectRoot, TestProcess } from '../../harness/process.ts';
import { Peer } from '../../harness/peer.ts';
import { SipSocket, type SipSocketOptions } from '../../harness/sip-socket.ts';
import type { Endpoint, SipTransport } from '../../harness/sip-wires.ts';

export { Peer, establish, fromCallee, fromCaller, type Established, type RequestOptions } from '../../harness/peer.ts';

export interface Plan {
  /** Also the domain: `<key>.example`. */
  readonly key: string;
  readonly destinations: readonly string[];
  readonly failover?: Partial<RouteSetRow['failover']>;
  readonly limits?: Partial<TenantRow['limits']>;
  /** Sources of a trunk to this tenant. */
  readonly trunk?: readonly string[];
  readonly strip?: number;
  readonly prepend?: string;
  /** Instead of `<key>.example`. */
  readonly domains?: readonly string[];
  readonly set?: Partial<DispatcherSetRow>;
  readonly rule?: Partial<RuleRow>;
  readonly policies?: Partial<TenantRow['policies']>;
}

/** Rows of one tenant with one domain, route set, rule and dispatcher set, all with number `n`; destinations are tried in order. */
function rowsOf(plan: Plan, n: number): RowOp[] {
  const { key } = plan;
  return [
    { table: 'tenant', key: String(n), row: { id: n, key, name: key, enabled: true, limits: { calls: 0, cps: 0, registrations: 0, ...plan.limits }, policies: { media: 'direct', topologyHiding: false, digest: false, ...tenantPolicyDefaults, ...plan.policies } } },
    { table: 'dispatcherSet', key: String(n), row: { id: n, name: key, tenant: n, algorithm: 8, affinity: 'aor', affinityAll: false, ...dispatcherSetDefaults, probing: { mode: 'never', intervalMs: 30_000, timeoutMs: 2_000, downAfter: 20, upAfter: 1, codes: [200], from: '', useUnknown: true }, ...plan.set } },
    ...plan.destinations.map((uri, index): RowOp => ({ table: 'destination', key: String(n * 100 + index), row: { id: n * 100 + index, set: n, uri, rank: index + 1, weight: 1, admin: 'enabled', attrs: {} } })),
    { table: 'routeSet', key: String(n), row: { number: n, name: key, tenant: n, family: 'prefer', failover: { frMs: 1_000, frInviteMs: 20_000, on: ['timeout', 'transport', 500, 503], maxAttempts: 3, ...plan.failover } } },
    { table: 'rule', key: String(n), row: { id: n, routeSet: n, position: 1, match: { type: 'any' }, methods: [], sets: [n], ...ruleDefaults, strip: plan.strip ?? 0, prepend: plan.prepend ?? '', ...plan.rule } },
    ...(plan.domains ?? [`${key}.example`]).map((name): RowOp => ({ table: 'domain', key: name, row: { name, tenant: n, routeSet: n, enabled: true, did: '' } })),
    ...(plan.trunk === undefined ? [] : [{ table: 'trunk' as const, key, row: { key, name: key, tenant: n, routeSet: n, enabled: true, sources: plan.trunk, ...trunkDefaults } }]),
  ];
}

function writeConfiguration(folder: string, rows: readonly RowOp[]): void {
  const edits = mapTables(() => RowTable.empty.edit());
  const changes = rows.map(({ table, key, row }) => ({ table, key, before: null, after: canonicalJson(row) }));
  for (const { table, key, after } of changes) edits[table].set(key, after);
  const replica = new Replica('rig', 1, applyChanges(emptyHashes, changes), mapTables((table) => edits[table].finish()), new Map());
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.snap'), [...snapshotParts(replica)].join(''));
}

export interface RigOptions {
  /** `PORT` stands for the SIP port, `TLS_PORT`, `WS_PORT` and `WSS_PORT` for those of the other transports. */
  readonly listen?: string;
  readonly setting?: Partial<SettingRow>;
  /** SIP workers; as many as SIGNALBOX_TEST_WORKERS says when left out, else 1. */
  readonly workers?: number;
  /** Further settings of the process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Words in front of its command: it runs somewhere else (`ip netns exec NAME`). */
  readonly inside?: readonly string[];
}

const nodeToken = 'rig';

export class Rig {
  readonly host = '127.0.0.1';
  readonly port: number;
  readonly #httpPort: number;
  readonly #dataDir: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #inside: readonly string[];
  readonly #closers: (() => Promise<unknown>)[] = [];
  readonly #replaced: TestProcess[] = [];
  readonly #ports: Readonly<Record<SipTransport, number>>;
  process: TestProcess;

  private constructor(ports: Readonly<Record<SipTransport, number>>, httpPort: number, dataDir: string, options: RigOptions) {
    const listen = options.listen ?? 'udp:127.0.0.1:PORT,tcp:127.0.0.1:PORT,udp:[::1]:PORT,tcp:[::1]:PORT';
    this.#ports = ports;
    this.port = ports.udp;
    this.#httpPort = httpPort;
    this.#dataDir = dataDir;
    this.#inside = options.inside ?? [];
    this.#env = {
      SIGNALBOX_LISTEN: listen.replace(/(?:(TLS|WS|WSS)_)?PORT/g, (_, name: string | undefined) => String(ports[(name ?? 'udp').toLowerCase() as SipTransport])),
      SIGNALBOX_NODE_HTTP: `127.0.0.1:${httpPort}`, SIGNALBOX_DATA: dataDir,
      // Nobody answers there: the node serves what it has.
      SIGNALBOX_CONTROL_URL: `ws://127.0.0.1:${httpPort}/none`, SIGNALBOX_NODE_TOKEN: nodeToken, SIGNALBOX_NAMES: 'edge.example',
      SIGNALBOX_WORKERS: String(options.workers ?? process.env['SIGNALBOX_TEST_WORKERS'] ?? 1), SIGNALBOX_LOG: 'error', ...options.env,
    };
    this.process = this.#spawn();
  }

  #spawn(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): TestProcess {
    const [command = '', ...words] = [...this.#inside, process.execPath, `${projectRoot}dataplane/main.ts`, ...args];
    return new TestProcess('dataplane', command, words, { env: { ...this.#env, ...env } });
  }

  /** What its HTTP port says, from where it runs; throws when that is not 200. */
  async #read(path: string): Promise<string> {
    const url = `http://127.0.0.1:${this.#httpPort}${path}`;
    const [command, ...words] = this.#inside;
    if (command !== undefined) {
      const script = 'const answer = await fetch(process.argv[1]); process.stdout.write(await answer.text()); process.exitCode = answer.ok ? 0 : 1;';
      return (await promisify(execFile)(command, [...words, process.execPath, '--input-type=module', '-e', script, url], { maxBuffer: 64 * 1024 * 1024 })).stdout;
    }
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.text();
  }

  async #ready(): Promise<void> {
    await until('the data plane to be ready', 30_000, async () => {
      const { process } = this;
      if (!process.running) throw new Hopeless(`the data plane ended with ${process.exitCode} before it was ready:\n${process.tail()}`);
      await this.#read('/ready');
      return true;
    });
  }

  static async start(plans: readonly Plan[], options: RigOptions = {}): Promise<Rig> {
    const dataDir = mkdtempSync(join(tmpdir(), 'signalbox-rig-'));
    writeConfiguration(join(dataDir, 'node'), [
      { table: 'setting', key: 'global', row: { ...defaultSetting, ...options.setting } },
      ...plans.flatMap((plan, index) => rowsOf(plan, index + 1)),
    ]);
    // Of a cluster that it has joined before: tokens in dialogs hold for the next process, too.
    await writeCredential(join(dataDir, 'node'), { id: 'rig', name: 'rig', token: nodeToken });
    await writeClusterKeys(join(dataDir, 'node'), nodeToken, [{ id: 1, key: randomBytes(32).toString('base64url') }]);
    const port = await freePort();
    const ports = { udp: port, tcp: port, tls: await freePort(), ws: await freePort(), wss: await freePort() };
    const rig = new Rig(ports, await freePort(), dataDir, options);
    await rig.#ready();
    return rig;
  }

  /**
   * Starts another process on the same ports and data that takes over, and waits until it serves.
   * @returns the process that was replaced: it finishes what it has begun and ends
   */
  async replace(env: Readonly<Record<string, string>> = {}): Promise<TestProcess> {
    const former = this.process;
    const next = this.#spawn(['--takeover'], env);
    this.process = next;
    this.#replaced.push(former);
    await until('the new process to serve', 60_000, async () => {
      if (!next.running) throw new Hopeless(`the new process ended with ${next.exitCode}:\n${next.tail()}`);
      return (await this.inspect())['pid'] === next.pid;
    });
    return former;
  }

  /** Starts another process on the same data that cannot or may not serve; this rig stays with its own. */
  intrude(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): TestProcess {
    const other = this.#spawn(args, env);
    this.#replaced.push(other);
    return other;
  }

  /** Ends the process as an operator would and starts the next one on the same data. */
  async restart(): Promise<void> {
    await this.process.stop();
    this.process = this.#spawn();
    await this.#ready();
  }

  async inspect(path = '/inspect'): Promise<Readonly<Record<string, unknown>>> {
    return JSON.parse(await this.#read(path)) as Readonly<Record<string, unknown>>;
  }

  addressFor(transport: SipTransport, host: string): Endpoint {
    return { host: host.includes(':') ? '::1' : '127.0.0.1', port: this.#ports[transport] };
  }

  /** A socket that closes with the rig. */
  async peer(options: SipSocketOptions = {}): Promise<Peer> {
    const peer = new Peer(await SipSocket.open(options), this);
    this.#closers.push(() => peer.socket.close());
    return peer;
  }

  /** Value of a metric without labels. */
  async metric(name: string): Promise<number> {
    const text = await this.#read('/metrics');
    return Number(new RegExp(`^signalbox_${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
  }

  async stop(): Promise<void> {
    for (const close of this.#closers) await close();
    for (const one of this.#replaced) await one.kill();
    await this.process.stop();
    rmSync(this.#dataDir, { recursive: true, force: true });
  }
}
