/** The real data plane as a process of its own, started from a last-known-good configuration, without a control plane. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalJson } from '../../../dataplane/contract/canonical.ts';
import { applyChanges, emptyHashes, mapTables } from '../../../dataplane/contract/hash.ts';
import { defaultSetting, type RouteSetRow, type RowOp, type SettingRow, type TenantRow } from '../../../dataplane/contract/rows.ts';
import { Replica } from '../../../dataplane/sync/replica.ts';
import { RowTable } from '../../../dataplane/sync/row-table.ts';
import { snapshotParts } from '../../../dataplane/sync/snapshot-file.ts';
import { freePort } from '../../harness/ports.ts';
import { TestProcess } from '../../harness/process.ts';
import { SipSocket, type Received, type SipSocketOptions } from '../../harness/sip-socket.ts';
import { answerTo, callIdOf, headerOf, hostPort, newBranch, token, valuesOf, writeSip, type SipText } from '../../harness/sip-text.ts';

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
}

/** Rows of one tenant with one domain, route set, rule and dispatcher set, all with number `n`; destinations are tried in order. */
function rowsOf(plan: Plan, n: number): RowOp[] {
  const { key } = plan;
  return [
    { table: 'tenant', key: String(n), row: { id: n, key, name: key, enabled: true, limits: { calls: 0, cps: 0, registrations: 0, ...plan.limits }, policies: { media: 'direct', topologyHiding: false, digest: false } } },
    { table: 'dispatcherSet', key: String(n), row: { id: n, name: key, tenant: n, algorithm: 8, affinity: 'aor', affinityAll: false, probing: { mode: 'never', intervalMs: 30_000, timeoutMs: 2_000, downAfter: 20, upAfter: 1, codes: [200], from: '', useUnknown: true } } },
    ...plan.destinations.map((uri, index): RowOp => ({ table: 'destination', key: String(n * 100 + index), row: { id: n * 100 + index, set: n, uri, rank: index + 1, weight: 1, admin: 'enabled', attrs: {} } })),
    { table: 'routeSet', key: String(n), row: { number: n, name: key, tenant: n, family: 'prefer', failover: { frMs: 1_000, frInviteMs: 20_000, on: ['timeout', 'transport', 500, 503], maxAttempts: 3, ...plan.failover } } },
    { table: 'rule', key: String(n), row: { id: n, routeSet: n, position: 1, match: { type: 'any' }, methods: [], sets: [n], strip: plan.strip ?? 0, prepend: plan.prepend ?? '' } },
    { table: 'domain', key: `${key}.example`, row: { name: `${key}.example`, tenant: n, routeSet: n, enabled: true, did: '' } },
    ...(plan.trunk === undefined ? [] : [{ table: 'trunk' as const, key, row: { key, name: key, tenant: n, routeSet: n, enabled: true, sources: plan.trunk } }]),
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
  /** `PORT` stands for the SIP port. */
  readonly listen?: string;
  readonly setting?: Partial<SettingRow>;
  /** SIP workers; 1 when left out. */
  readonly workers?: number;
}

export class Rig {
  readonly host = '127.0.0.1';
  readonly port: number;
  readonly #httpPort: number;
  readonly #dataDir: string;
  readonly #closers: (() => Promise<unknown>)[] = [];
  readonly process: TestProcess;

  private constructor(port: number, httpPort: number, dataDir: string, listen: string, workers: number) {
    this.port = port;
    this.#httpPort = httpPort;
    this.#dataDir = dataDir;
    this.process = TestProcess.node('dataplane', 'dataplane/main.ts', [], {
      env: {
        SIGNALBOX_LISTEN: listen.replaceAll('PORT', String(port)), SIGNALBOX_NODE_HTTP: `127.0.0.1:${httpPort}`, SIGNALBOX_DATA: dataDir,
        // Nobody answers there: the node serves what it has.
        SIGNALBOX_CONTROL_URL: `ws://127.0.0.1:${httpPort}/none`, SIGNALBOX_NODE_TOKEN: 'rig', SIGNALBOX_NAMES: 'edge.example', SIGNALBOX_WORKERS: String(workers), SIGNALBOX_LOG: 'error',
      },
    });
  }

  static async start(plans: readonly Plan[], options: RigOptions = {}): Promise<Rig> {
    const dataDir = mkdtempSync(join(tmpdir(), 'signalbox-rig-'));
    writeConfiguration(join(dataDir, 'node'), [
      { table: 'setting', key: 'global', row: { ...defaultSetting, ...options.setting } },
      ...plans.flatMap((plan, index) => rowsOf(plan, index + 1)),
    ]);
    const listen = options.listen ?? 'udp:127.0.0.1:PORT,tcp:127.0.0.1:PORT,udp:[::1]:PORT,tcp:[::1]:PORT';
    const rig = new Rig(await freePort(), await freePort(), dataDir, listen, options.workers ?? 1);
    await rig.process.ready(`http://127.0.0.1:${rig.#httpPort}/ready`);
    return rig;
  }

  /** A socket that closes with the rig. */
  async peer(options: SipSocketOptions = {}): Promise<Peer> {
    const peer = new Peer(await SipSocket.open(options), this);
    this.#closers.push(() => peer.socket.close());
    return peer;
  }

  /** Value of a metric without labels. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${this.#httpPort}/metrics`)).text();
    return Number(new RegExp(`^signalbox_${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
  }

  async stop(): Promise<void> {
    for (const close of this.#closers) await close();
    await this.process.stop();
    rmSync(this.#dataDir, { recursive: true, force: true });
  }
}

export interface RequestOptions {
  readonly callId?: string;
  readonly branch?: string;
  readonly cseq?: number;
  readonly fromTag?: string;
  readonly toTag?: string;
  readonly to?: string;
  readonly contact?: string;
  /** Parameters behind the branch. */
  readonly via?: string;
  readonly maxForwards?: number | null;
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** One end of a conversation: says what it is told to and hears everything. */
export class Peer {
  readonly socket: SipSocket;
  readonly #rig: Rig;

  constructor(socket: SipSocket, rig: Rig) {
    this.socket = socket;
    this.#rig = rig;
  }

  get hostPort(): string {
    return hostPort(this.socket.host, this.socket.port);
  }

  get uri(): string {
    return `sip:${this.hostPort}${this.socket.transport === 'tcp' ? ';transport=tcp' : ''}`;
  }

  /** Address of the edge in this peer's family. */
  get edge(): { readonly host: string; readonly port: number } {
    return { host: this.socket.host.includes(':') ? '::1' : '127.0.0.1', port: this.#rig.port };
  }

  request(method: string, uri: string, options: RequestOptions = {}): string {
    return writeSip(`${method} ${uri} SIP/2.0`, [
      `Via: SIP/2.0/${this.socket.transport.toUpperCase()} ${this.hostPort};branch=${options.branch ?? newBranch()}${options.via ?? ';rport'}`,
      ...(options.maxForwards === null ? [] : [`Max-Forwards: ${options.maxForwards ?? 70}`]),
      `From: <sip:alice@acme.example>;tag=${options.fromTag ?? 'alice'}`,
      `To: <${options.to ?? 'sip:1001@acme.example'}>${options.toTag === undefined ? '' : `;tag=${options.toTag}`}`,
      `Call-ID: ${options.callId ?? token()}`, `CSeq: ${options.cseq ?? 1} ${method}`, `Contact: <${options.contact ?? this.uri}>`, ...(options.headers ?? []),
    ], options.body ?? '');
  }

  /** Sends text to the edge. */
  send(text: string): Promise<void> {
    return this.socket.send(text, this.edge);
  }

  /** The next request of that method. */
  gets(method: string, callId?: string): Promise<Received> {
    return this.socket.waitFor(method, (m) => m.status === 0 && m.method === method && (callId === undefined || callIdOf(m) === callId));
  }

  /** The next response of that status. */
  hears(status: number, callId?: string): Promise<Received> {
    return this.socket.waitFor(String(status), (m) => m.status === status && (callId === undefined || callIdOf(m) === callId));
  }

  /** Requests of that method that came, retransmissions included. */
  count(method: string, callId: string): number {
    return this.socket.received.filter(({ message }) => message.status === 0 && message.method === method && callIdOf(message) === callId).length;
  }

  answer(received: Received, status: number, options: { readonly toTag?: string; readonly headers?: readonly string[]; readonly body?: string } = {}): void {
    received.reply(answerTo(received.message, status, 'Test', { toTag: options.toTag ?? 'callee', headers: [`Contact: <${this.uri}>`, ...(options.headers ?? [])], body: options.body ?? '' }));
  }
}

/** A call that is up: what both ends know of it. */
export interface Established {
  readonly callId: string;
  /** The INVITE as the callee got it, and the 200 as the caller did. */
  readonly invite: SipText;
  readonly ok: SipText;
  /** Route headers of each end. */
  readonly callerRoutes: readonly string[];
  readonly calleeRoutes: readonly string[];
}

/** Sets a call up from `caller` to `callee`, ACK included. */
export async function establish(caller: Peer, callee: Peer, uri: string, options: RequestOptions = {}): Promise<Established> {
  const callId = options.callId ?? token();
  await caller.send(caller.request('INVITE', uri, { ...options, callId }));
  const invite = await callee.gets('INVITE', callId);
  callee.answer(invite, 200);
  const ok = await caller.hears(200, callId);
  const records = valuesOf(ok.message, 'record-route');
  const route = (value: string): string => `Route: ${value}`;
  const call: Established = { callId, invite: invite.message, ok: ok.message, callerRoutes: records.toReversed().map(route), calleeRoutes: records.map(route) };
  await caller.send(fromCaller(caller, call, 'ACK', 1));
  await callee.gets('ACK', callId);
  return call;
}

const contactUri = (message: SipText): string => /<([^>]*)>/.exec(headerOf(message, 'contact'))?.[1] ?? '';

/** A request inside the call, as the caller writes it. */
export const fromCaller = (caller: Peer, call: Established, method: string, cseq: number, headers: readonly string[] = []): string =>
  caller.request(method, contactUri(call.ok), { callId: call.callId, cseq, toTag: 'callee', headers: [...call.callerRoutes, ...headers] });

/** A request inside the call, as the callee writes it. */
export const fromCallee = (callee: Peer, call: Established, method: string, cseq: number, headers: readonly string[] = []): string =>
  callee.request(method, contactUri(call.invite), { callId: call.callId, cseq, fromTag: 'callee', toTag: 'alice', to: 'sip:alice@acme.example', headers: [...call.calleeRoutes, ...headers] });
