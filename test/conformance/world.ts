/** What one scenario works with: its domain at the edge, its backends, and phones on any transport. */
import type { DnsServer } from '../harness/dns-server.ts';
import { SipSocket, type Received, type SipSocketOptions } from '../harness/sip-socket.ts';
import { Peer, type RequestOptions } from '../harness/peer.ts';
import { callIdOf, headerOf, hostPort, newBranch, token } from '../harness/sip-text.ts';
import type { TestCertificate } from '../harness/sip-wires.ts';
import type { Edge, EdgePlan, MediaPolicy } from './edge.ts';
import type { BackendKind, Row } from './row.ts';

/** Plans whose media is relayed have the number of their row, and so much more: a row may have both. */
const relayNumbers = 1_000;

/** An INVITE that has reached a backend. */
export interface Invited {
  readonly caller: Peer;
  readonly callId: string;
  readonly branch: string;
  /** As the caller wrote it. */
  readonly text: string;
  /** As the backend got it. */
  readonly invite: Received;
  cancel(): Promise<void>;
}

export class World {
  readonly row: Row;
  readonly plan: EdgePlan;
  readonly #sockets: readonly SipSocket[];
  readonly #closers: (() => Promise<unknown>)[] = [];
  #edge!: Edge;
  backends: readonly Peer[] = [];

  /** The DNS server that the edge asks. */
  readonly dns: DnsServer;

  private constructor(row: Row, plan: EdgePlan, sockets: readonly SipSocket[], dns: DnsServer) {
    this.row = row;
    this.dns = dns;
    this.plan = plan;
    this.#sockets = sockets;
  }

  /** Opens the backends of a row, which must be there before the edge is told of them. */
  static async prepare(row: Row, media: MediaPolicy, certificate: TestCertificate, dns: DnsServer): Promise<World> {
    const relay = media === 'relay';
    const number = row.requirement.number + (relay ? relayNumbers : 0);
    const { backends = ['udp'], algorithm = 8, frMs = 4_000, frInviteMs = 30_000, probing = false, topologyHiding = false } = row.needs;
    const sockets = await Promise.all(backends.map((kind) => openBackend(kind, certificate)));
    row.needs.names?.(dns, sockets);
    const destinations = row.needs.destinations?.(sockets) ?? sockets.map((socket) => new Peer(socket, nowhere).uri);
    await Promise.all(sockets.filter((_, i) => backends[i] === 'refusing').map((socket) => socket.close()));
    return new World(row, { number, domains: [`r${number}.example`], destinations, algorithm, frMs, frInviteMs, probing, topologyHiding, media, trunk: [] }, sockets, dns);
  }

  attach(edge: Edge): void {
    this.#edge = edge;
    this.backends = this.#sockets.map((socket) => new Peer(socket, edge));
  }

  get edge(): Edge {
    return this.#edge;
  }

  get domain(): string {
    return this.plan.domains[0] ?? '';
  }

  /** A user of the row's domain. */
  get uri(): string {
    return `sip:1001@${this.domain}`;
  }

  /** The first backend. */
  get backend(): Peer {
    return this.backendAt(0);
  }

  backendAt(index: number): Peer {
    const peer = this.backends[index];
    if (peer === undefined) throw new Error(`row ${this.row.requirement.number} has no backend ${index}`);
    return peer;
  }

  async phone(options: SipSocketOptions = {}): Promise<Peer> {
    const peer = new Peer(await SipSocket.open(options), this.edge);
    this.#closers.push(() => peer.socket.close());
    return peer;
  }

  /** Runs at the scenario's end. */
  defer(close: () => Promise<unknown>): void {
    this.#closers.push(close);
  }

  /** An INVITE on its way to the first backend. */
  async invite(options: RequestOptions & { readonly uri?: string; readonly phone?: Peer; readonly to?: string } = {}): Promise<Invited> {
    const caller = options.phone ?? (await this.phone());
    const callId = options.callId ?? token();
    const branch = options.branch ?? newBranch();
    const uri = options.uri ?? this.uri;
    const text = caller.request('INVITE', uri, { ...options, callId, branch });
    await caller.send(text);
    const invite = await this.backend.gets('INVITE', callId);
    return { caller, callId, branch, text, invite, cancel: () => caller.send(caller.request('CANCEL', uri, { callId, branch })) };
  }

  settled(peer: Peer): Promise<void> {
    return settled(peer);
  }

  async close(): Promise<void> {
    for (const close of this.#closers) await close();
    for (const socket of this.#sockets) await socket.close();
  }
}

/**
 * Returns once the edge has dealt with what was sent before: three OPTIONS of this peer were answered. What has not come
 * by then is not on its way.
 */
export async function settled(peer: Peer): Promise<void> {
  for (let i = 0; i < 3; i++) {
    const callId = `settled-${token()}`;
    const { host, port } = peer.edge;
    await peer.send(peer.request('OPTIONS', `sip:${hostPort(host, port)}`, { callId }));
    await peer.hears(200, callId);
  }
  // What the kernel holds for other sockets of this process is read in the same turn or the next.
  for (let i = 0; i < 2; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Backends keep what is no SIP message: every scenario ends with a look at it. */
const tolerant = true;
const nowhere = { addressFor: () => ({ host: '', port: 0 }) };

function openBackend(kind: BackendKind, certificate: TestCertificate): Promise<SipSocket> {
  if (kind === 'tls') return SipSocket.open({ transport: 'tls', certificate, tolerant });
  if (kind === 'udp6') return SipSocket.open({ host: '::1', tolerant });
  if (kind === 'tcp6') return SipSocket.open({ transport: 'tcp', host: '::1', tolerant });
  return SipSocket.open({ transport: kind === 'udp' ? 'udp' : 'tcp', tolerant });
}

/** Statuses that came for a call's INVITE (or `method`), in order, without 100. */
export const statuses = (peer: Peer, callId: string, method = 'INVITE'): number[] =>
  peer.socket.received
    .filter(({ message }) => message.status > 100 && callIdOf(message) === callId && headerOf(message, 'cseq').endsWith(` ${method}`))
    .map(({ message }) => message.status);

/** Requests of that method and call that came, in order. */
export const requests = (peer: Peer, method: string, callId: string): Received[] =>
  peer.socket.received.filter(({ message }) => message.status === 0 && message.method === method && callIdOf(message) === callId);
