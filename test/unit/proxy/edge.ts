/** A whole worker without a network: the real proxy, transactions and routing over a recording sender and a manual clock. */
import { CallTable } from '../../../dataplane/calls/table.ts';
import { newLimitBuffer } from '../../../dataplane/calls/limit-cells.ts';
import { TenantLimits } from '../../../dataplane/calls/tenant-limits.ts';
import { defaultSetting, dispatcherSetDefaults, ruleDefaults, tenantPolicyDefaults } from '../../../dataplane/contract/rows.ts';
import type { Algorithm, DestinationRow, RowOp, SettingRow, TenantRow } from '../../../dataplane/contract/rows.ts';
import { HealthBoard } from '../../../dataplane/health/board.ts';
import { WorkerHealth } from '../../../dataplane/health/worker-health.ts';
import { standardForbidden, type ForbiddenSetting } from '../../../dataplane/forbidden-setting.ts';
import { ConfiguredPlaces } from '../../../dataplane/proxy/configured-places.ts';
import type { Outcome, ProxyEnvironment } from '../../../dataplane/proxy/environment.ts';
import { FlowTokens } from '../../../dataplane/proxy/flow-tokens.ts';
import { ForbiddenTargets } from '../../../dataplane/proxy/forbidden-targets.ts';
import { Guard } from '../../../dataplane/proxy/guard.ts';
import { NodeIdentity } from '../../../dataplane/proxy/identity.ts';
import { noNeighbours } from '../../../dataplane/proxy/neighbours.ts';
import { Proxy } from '../../../dataplane/proxy/proxy.ts';
import { refuseMalformed } from '../../../dataplane/proxy/responses.ts';
import type { BindingChange } from '../../../dataplane/registrations/binding.ts';
import { applyOps, emptyView } from '../../../dataplane/routing/build.ts';
import { Turns } from '../../../dataplane/routing/turns.ts';
import { ManualClock } from '../../../dataplane/runtime/clock.ts';
import { CounterRow, CounterTable } from '../../../dataplane/runtime/counters.ts';
import { TimerWheel } from '../../../dataplane/runtime/timer-wheel.ts';
import { unmask } from '../../../dataplane/hiding/unmask.ts';
import { KeyRing } from '../../../dataplane/security/key-ring.ts';
import { Edits } from '../../../dataplane/sip/edits.ts';
import type { SipMessage } from '../../../dataplane/sip/message.ts';
import { ownBounds } from '../../../dataplane/sip/bounds.ts';
import { parseMessage } from '../../../dataplane/sip/parse.ts';
import { TransactionLayer } from '../../../dataplane/transaction/layer.ts';
import { LargeRequests } from '../../../dataplane/transport/large-requests.ts';
import type { MediaDoor } from '../../../dataplane/media/door.ts';
import type { Located } from '../../../dataplane/transport/locate.ts';
import { ReceivedBy, type Listener, type SendOwner, type Target } from '../../../dataplane/transport/flow.ts';

export const udp: Listener = {
  id: 0, transport: 'udp', family: 4, address: '192.0.2.1', port: 5060, advertisedHost: '192.0.2.1', advertisedPort: 5060, hostIsFixed: true,
  hostPort: '192.0.2.1:5060', backend: false,
};
export const tcp: Listener = { ...udp, id: 1, transport: 'tcp' };
export const tls: Listener = { ...udp, id: 2, transport: 'tls', port: 5061, advertisedPort: 5061, hostPort: '192.0.2.1:5061' };
export const ws: Listener = { ...udp, id: 3, transport: 'ws', port: 8080, advertisedPort: 8080, hostPort: '192.0.2.1:8080' };
export const wss: Listener = { ...udp, id: 4, transport: 'wss', port: 8443, advertisedPort: 8443, hostPort: '192.0.2.1:8443' };

export interface Sent {
  readonly target: Target;
  readonly text: string;
  readonly message: SipMessage;
  readonly owner: SendOwner | null;
}

/** Without media threads. */
const noMedia: MediaDoor = { open: false, newSession: () => '', pass: (_passage, done) => done({ t: 'untouched', why: 'no engine' }), answered: () => undefined, rejected: () => undefined, end: () => undefined };

export class Edge {
  readonly sent: Sent[] = [];
  readonly outcomes: [number, Outcome][] = [];
  /** Open TCP connections: `address:port` → number. */
  readonly connections = new Map<string, number>();
  readonly faults: string[] = [];
  /** Places in forbidden networks that nothing was sent to. */
  readonly refusedTargets: string[] = [];
  /** What DNS knows, by host; and what was looked for, as `host port transport sips`. */
  readonly places = new Map<string, readonly Located[]>([['phone.example', [{ transport: 'udp', family: 4, address: '203.0.113.9', port: 5060, serverName: '' }]]]);
  readonly wishes: string[] = [];
  /** Bindings that the node has, as `aor contact`; and what it was told of. */
  readonly bindings = new Set<string>();
  readonly changes: BindingChange[] = [];
  /** Only count what is sent, for measurements. */
  quiet = false;
  sentCount = 0;
  readonly clock = new ManualClock(1_000_000);
  readonly table = new CounterTable(1);
  readonly env: ProxyEnvironment;
  readonly #wheel: TimerWheel;
  readonly #board: HealthBoard;

  constructor(ops: readonly RowOp[], keys = new KeyRing([{ id: 1, key: new Uint8Array(32).fill(7) }]), listeners: readonly Listener[] = [udp, tcp], forbidden: ForbiddenSetting = standardForbidden, media: MediaDoor = noMedia) {
    this.#wheel = new TimerWheel(this.clock);
    let health: WorkerHealth | null = null;
    this.#board = new HealthBoard(1, (update) => health?.update(update));
    health = new WorkerHealth(this.#board.image(), 0);
    const sender = {
      send: (target: Target, text: string, owner: SendOwner | null) => {
        this.sentCount += 1;
        if (this.quiet) return;
        const outcome = parseMessage(text, ownBounds);
        if (!outcome.ok) throw new Error(`sent a malformed message: ${outcome.reason}\n${text}`);
        this.sent.push({ target, text, message: outcome.message, owner });
      },
    };
    const limits = new TenantLimits(newLimitBuffer());
    const workerHealth = health;
    const calls = new CallTable({
      added: (entry) => {
        limits.callStarted(entry.tenant);
        workerHealth.callStarted(entry.destination);
      },
      removed: (entry) => {
        limits.callEnded(entry.tenant);
        workerHealth.callEnded(entry.destination);
      },
    });
    const pick = (transport: string, family: number): Listener | null => listeners.find((one) => one.transport === transport && one.family === family) ?? null;
    const base = {
      view: applyOps(emptyView(), ops, 'epoch', 1), keys, pending: 0, pendingBytes: 0, flows: new FlowTokens(), draining: false, answersOptions: true,
      identity: new NodeIdentity(listeners, ['edge.example'], []), forbidden: new ForbiddenTargets(forbidden, listeners, []), configured: new ConfiguredPlaces(),
      targetRefused: (address: string, port: number) => void this.refusedTargets.push(`${address} ${port}`),
      sender, health: workerHealth, turns: new Turns(), calls, limits, counters: new CounterRow(this.table.buffer, 0), clock: this.clock, wallClock: this.clock,
      locator: {
        locate: (host: string, port: number, transport: string, secure: boolean, _prefer: 4 | 6, _key: string, done: (places: readonly Located[]) => void) => {
          this.wishes.push(`${host} ${port} ${transport} ${secure ? 'sips' : 'sip'}`);
          done(this.places.get(host) ?? []);
        },
      },
      media,
      numbers: { enumLookup: (_number: string, _suffix: string, done: (uris: readonly string[]) => void) => done([]) },
      registrations: { known: (_tenant: number, aor: string, contact: string) => this.bindings.has(`${aor} ${contact}`), isPhone: (address: string, port: number) => this.bindings.has(`${address} ${port}`), changed: (change: BindingChange) => void this.changes.push(change) },
      sink: { outcome: (id: number, outcome: Outcome) => void this.outcomes.push([id, outcome]) },
      edits: new Edits(), worker: 0, pickListener: pick, publicListener: pick,
      large: new LargeRequests(),
      listener: (id: number) => listeners.find((one) => one.id === id) ?? null,
      hasListener: (transport: string, family: number) => pick(transport, family) !== null,
      connectionTo: (_transport: string, address: string, port: number) => this.connections.get(`${address}:${port}`) ?? 0,
      neighbours: noNeighbours, fault: (where: string, error: unknown) => void this.faults.push(`${where}: ${String(error)}`),
    };
    const proxy = new Proxy();
    const guard = new Guard(proxy);
    this.env = { ...base, layer: new TransactionLayer(sender, this.#wheel, guard) };
    proxy.serve(this.env);
    guard.serve(this.env);
    const ids = ops.flatMap((op) => (op.table === 'destination' && op.row !== null ? [op.row.id] : []));
    this.#board.assign(ids);
    for (const id of ids) this.health(id, 'up');
  }

  health(id: number, state: 'up' | 'down' | 'unknown'): void {
    this.#board.write(id, state, 1, 1);
  }

  /** What the prober has found for a destination with a host name: UDP on port 5060 at these addresses, in this order. */
  locateDestination(id: number, ...addresses: string[]): void {
    const places: Located[] = addresses.map((address) => ({ transport: 'udp', family: address.includes(':') ? 6 : 4, address, port: 5060, serverName: '' }));
    this.#board.setServers(id, places.map((place, priority) => ({ priority, weight: 0, places: [place] })));
  }

  /** Feeds a message that came from `address:port`. */
  receive(text: string, address: string, port: number, listener = udp, connection = 0): void {
    const raw = text.includes('\r\n') ? text : text.replaceAll('\n', '\r\n');
    const outcome = parseMessage(raw);
    const flow = new ReceivedBy(listener, 4, address, port, connection);
    if (outcome.ok) this.env.layer.receive(unmask(this.env.keys, outcome.message, this.env.identity), flow);
    else refuseMalformed(this.env, outcome, flow);
  }

  /** Takes what was sent since the last call. */
  take(): Sent[] {
    return this.sent.splice(0);
  }

  /** Takes the one message sent since the last call. */
  one(): Sent {
    const sent = this.take();
    if (sent.length !== 1 || sent[0] === undefined) throw new Error(`expected one message, got ${sent.length}:\n${sent.map((each) => each.text).join('\n')}`);
    return sent[0];
  }

  advance(ms: number): void {
    for (let left = ms; left > 0; left -= 20) {
      this.clock.advance(Math.min(20, left));
      this.#wheel.advance();
    }
  }

  count(name: Parameters<CounterTable['value']>[0]): number {
    return this.table.value(name);
  }
}

/** A response of `status` to a request that the edge sent, with the To tag `tag`. */
export function answerTo(sent: Sent, status: number, tag = 'callee', extra = ''): string {
  const { message } = sent;
  const vias = message.headers('via').map((line) => `Via: ${message.raw.slice(line.start, line.end)}\r\n`).join('');
  const records = message.headers('record-route').map((line) => `Record-Route: ${message.raw.slice(line.start, line.end)}\r\n`).join('');
  const to = message.raw.slice(message.toStart, message.toEnd);
  return `SIP/2.0 ${status} Test\r\n${vias}${records}From: ${message.raw.slice(message.fromStart, message.fromEnd)}\r\n`
    + `To: ${to}${message.toTag === '' && status > 100 ? `;tag=${tag}` : ''}\r\nCall-ID: ${message.callId}\r\nCSeq: ${message.cseqNumber} ${message.cseqMethod}\r\n`
    + `${extra}Content-Length: 0\r\n\r\n`;
}

export const destination = (id: number, uri: string, more: Partial<DestinationRow> = {}): RowOp => ({
  table: 'destination', key: String(id), row: { id, set: 10, uri, rank: 1, weight: 1, admin: 'enabled', attrs: {}, ...more },
});

export interface World {
  readonly algorithm?: Algorithm;
  readonly destinations?: readonly RowOp[];
  readonly setting?: Partial<SettingRow>;
  readonly policies?: Partial<TenantRow['policies']>;
  readonly limits?: { calls: number; cps: number; registrations: number };
  readonly maxAttempts?: number;
  readonly on?: readonly ('timeout' | 'transport' | number)[];
  readonly strip?: number;
  readonly prepend?: string;
}

/** Tenant acme, domain acme.example, route set 1 (any → set 10), two destinations. */
export function world(options: World = {}): RowOp[] {
  return [
    { table: 'setting', key: 'global', row: { ...defaultSetting, ...options.setting } },
    { table: 'tenant', key: '1', row: { id: 1, key: 'acme', name: 'Acme', enabled: true, limits: options.limits ?? { calls: 0, cps: 0, registrations: 0 }, policies: { media: 'direct', topologyHiding: false, digest: false, ...tenantPolicyDefaults, ...options.policies } } },
    { table: 'dispatcherSet', key: '10', row: { id: 10, name: 'pbx', tenant: 1, algorithm: options.algorithm ?? 8, affinity: 'aor', affinityAll: false, ...dispatcherSetDefaults, probing: { mode: 'always', intervalMs: 30_000, timeoutMs: 2_000, downAfter: 2, upAfter: 2, codes: [200], from: '', useUnknown: false } } },
    ...(options.destinations ?? [destination(1, 'sip:10.0.0.1:5060'), destination(2, 'sip:10.0.0.2:5060', { rank: 2 })]),
    { table: 'routeSet', key: '1', row: { number: 1, name: 'acme', tenant: 1, family: 'prefer', failover: { frMs: 5_000, frInviteMs: 30_000, on: options.on ?? ['timeout', 'transport', 500, 503], maxAttempts: options.maxAttempts ?? 3 } } },
    { table: 'rule', key: '1', row: { id: 1, routeSet: 1, position: 1, match: { type: 'any' }, methods: [], sets: [10], ...ruleDefaults, strip: options.strip ?? 0, prepend: options.prepend ?? '' } },
    { table: 'domain', key: 'acme.example', row: { name: 'acme.example', tenant: 1, routeSet: 1, enabled: true, did: '' } },
  ];
}

/** A request from 198.51.100.7; `headers` are whole lines. */
export function request(method: string, options: { uri?: string; callId?: string; branch?: string; headers?: string; toTag?: string; cseq?: number; maxForwards?: number; to?: string } = {}): string {
  const uri = options.uri ?? 'sip:1001@acme.example';
  return `${method} ${uri} SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK${options.branch ?? `${method}-1`}\r\n`
    + `Max-Forwards: ${options.maxForwards ?? 70}\r\nFrom: <sip:alice@acme.example>;tag=alice\r\nTo: <${options.to ?? 'sip:1001@acme.example'}>${options.toTag === undefined ? '' : `;tag=${options.toTag}`}\r\n`
    + `Call-ID: ${options.callId ?? 'call-1@198.51.100.7'}\r\nCSeq: ${options.cseq ?? 1} ${method}\r\n${options.headers ?? ''}Contact: <sip:alice@198.51.100.7:5060>\r\nContent-Length: 0\r\n\r\n`;
}
