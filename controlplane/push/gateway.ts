/** The push gateway: admits nodes at `/sync/v1`, keeps one connection a node, and tells the rest of the control plane what they do. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { Result } from '../../dataplane/contract/result.ts';
import { channel, closeCodes, syncPath } from '../../dataplane/contract/wire.ts';
import type { ShrinkAllowance } from '../../dataplane/contract/wire.ts';
import { HelloBucket, Slots } from './admission.ts';
import type { AppliedReport, CommandFailure, ConnectedNode, PushGateway, PushGatewayDeps } from './api.ts';
import { CommandQueue } from './command-queue.ts';
import { NodeConnection } from './connection.ts';
import type { ConnectionHost } from './connection.ts';
import { EventIntake } from './event-intake.ts';
import { Feed } from './feed.ts';
import { KeyShare } from './key-share.ts';
import type { NodeIdentity } from './ports.ts';
import { Streams } from './streams.ts';
import { Doorman } from './doorman.ts';
import { Waiters } from './waiters.ts';

/** Frames of a node: reports of many destinations, never rows. */
const nodeFrameBytes = 1024 * 1024;
/** Beats between two looks at a node's token: a revocation elsewhere takes effect within that. */
const beatsPerTokenCheck = 3;
const goodbyeSpreadMs = 5_000;
const closingMs = 1_000;

/** Creates the gateway; it serves nobody before `attach`. */
export function createPushGateway(deps: PushGatewayDeps): PushGateway {
  return new WebsocketPushGateway(deps);
}

class WebsocketPushGateway implements PushGateway {
  private readonly deps: PushGatewayDeps;
  private readonly sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: nodeFrameBytes });
  private readonly nodes = new Map<string, NodeConnection>();
  private readonly feed: Feed;
  private readonly streams: Streams;
  private readonly slots = new Slots<NodeConnection>(channel.snapshotsAtOnce);
  private readonly hellos = new HelloBucket(channel.hellosPerSecond);
  private readonly doorman: Doorman;
  private readonly waiters = new Waiters(Date.now);
  private readonly commands = new CommandQueue((node, message) => {
    const connection = this.nodes.get(node);
    if (connection?.ready === true) connection.send(message);
  }, Date.now);
  private readonly intake = new EventIntake();
  private readonly keys: KeyShare<NodeConnection>;
  /** Confirmations of an operator that a node has not used yet; they outlive its connection. */
  private readonly confirmed = new Map<string, ShrinkAllowance>();
  private readonly addresses = new WeakMap<NodeConnection, string>();
  private readonly host: ConnectionHost;
  private readonly unsubscribe: () => void;
  private readonly detach: (() => void)[] = [];
  private readonly beatTimer: NodeJS.Timeout;
  private beats = 0;
  private waking = false;
  private wokenAgain = false;
  private closing = false;

  constructor(deps: PushGatewayDeps) {
    this.deps = deps;
    this.feed = new Feed(deps.changes, () => performance.now());
    this.streams = new Streams(deps.changes, this.feed);
    this.keys = new KeyShare(() => deps.directory.clusterKeys());
    this.doorman = new Doorman(deps.directory, () => performance.now(), (text) => { deps.log('warn', text); });
    this.host = this.makeHost();
    this.unsubscribe = deps.changes.onWake(() => { this.wake(); });
    this.beatTimer = setInterval(() => { this.beat(); }, channel.heartbeatMs);
  }

  attach(server: Server): void {
    const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
      if ((request.url ?? '').split('?')[0] !== syncPath) {
        // Other paths belong to other listeners; if there is none, nobody would ever answer.
        if (server.listenerCount('upgrade') === 1) refuse(socket, 404);
        return;
      }
      this.fireAndLog('admitting a node', this.admit(request, socket, head));
    };
    server.on('upgrade', upgrade);
    this.detach.push(() => { server.off('upgrade', upgrade); });
  }

  wake(): void {
    if (this.closing) return;
    // One look at a time; whoever comes meanwhile gets another look afterwards.
    if (this.waking) {
      this.wokenAgain = true;
      return;
    }
    this.waking = true;
    this.fireAndLog('reading the head', this.wakeAll().finally(() => {
      this.waking = false;
      if (!this.wokenAgain) return;
      this.wokenAgain = false;
      this.wake();
    }));
  }

  async waitApplied(rev: number, timeoutMs: number, sinceMs: number = Date.now()): Promise<AppliedReport> {
    const head = await this.feed.refresh().catch(() => null);
    const watched = [...this.nodes.values()].map((connection) => {
      const { session, identity } = connection;
      return { identity, epoch: session.node.epoch, rev: session.node.rev, state: session.state };
    });
    if (head === null) return { applied: [], missing: watched.map(({ identity, state }) => ({ node: identity.id, name: identity.name, state })) };
    const report = this.waiters.wait(watched, head.epoch, rev, timeoutMs, sinceMs);
    for (const connection of this.nodes.values()) connection.step({ type: 'wake' });
    return report;
  }

  command(nodeId: string, name: string, args: unknown, ttlMs: number): Promise<Result<unknown, CommandFailure>> {
    return this.commands.submit(nodeId, name, args, ttlMs);
  }

  confirmShrink(nodeId: string): boolean {
    const connection = this.nodes.get(nodeId);
    if (connection === undefined || connection.session.held.length === 0) return false;
    connection.step({ type: 'confirm' });
    this.confirmed.set(nodeId, connection.session.pendingConfirmation);
    return true;
  }

  async reauthenticate(nodeId: string): Promise<void> {
    const connection = this.nodes.get(nodeId);
    if (connection === undefined) return;
    const identity = await this.deps.directory.authenticate(connection.token);
    if (identity?.id === nodeId) return;
    this.deps.log('warn', `the token of node ${connection.identity.name} is no longer valid`);
    connection.close(closeCodes.unauthorized, 'the token is no longer valid');
    connection.terminate();
  }

  refreshKeys(): Promise<void> {
    return this.keys.refresh(() => this.nodes.values());
  }

  connected(): readonly ConnectedNode[] {
    return [...this.nodes.values()].filter((connection) => connection.ready).map(({ identity, session, boot, openedAtMs }) => ({
      id: identity.id, name: identity.name, state: session.state, detail: session.detail, epoch: session.node.epoch, rev: session.node.rev,
      boot, connectedSinceMs: openedAtMs, held: session.held,
    }));
  }

  async close(): Promise<void> {
    this.closing = true;
    clearInterval(this.beatTimer);
    this.unsubscribe();
    for (const detach of this.detach.splice(0)) detach();
    this.waiters.close();
    this.commands.close();
    for (const connection of [...this.nodes.values()]) connection.bye('stopping', Math.floor(Math.random() * goodbyeSpreadMs), closeCodes.draining);
    // Whoever does not answer the closing handshake in time is cut off.
    const deadline = setTimeout(() => { for (const socket of this.sockets.clients) socket.terminate(); }, closingMs);
    await new Promise<void>((resolve) => { this.sockets.close(() => { resolve(); }); });
    clearTimeout(deadline);
  }

  private async admit(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const onError = (): void => { socket.destroy(); };
    socket.on('error', onError);
    const address = this.deps.addressOf?.(request) ?? request.socket.remoteAddress ?? '';
    const admission = this.closing ? { status: 503 as const } : await this.doorman.admit(request, address);
    socket.off('error', onError);
    if (socket.destroyed) return;
    if ('status' in admission) {
      refuse(socket, admission.status);
      return;
    }
    const { keys } = admission;
    this.sockets.handleUpgrade(request, socket, head, (ws) => {
      const connection = this.take(ws, admission.identity, admission.token);
      connection.send({ t: 'identity', node: admission.identity, token: admission.joined ? admission.token : null });
      // A rotation may have passed it by while it was at the door.
      if (!this.keys.greet(connection, keys)) this.fireAndLog('reading the cluster keys', this.refreshKeys());
      this.addresses.set(connection, address);
    });
  }

  /** The newest connection of a node wins: the older one is most likely half open. */
  private take(socket: WebSocket, identity: NodeIdentity, token: string): NodeConnection {
    const older = this.nodes.get(identity.id);
    const connection = new NodeConnection(socket, identity, token, this.confirmed.get(identity.id) ?? {}, this.host, Date.now());
    this.nodes.set(identity.id, connection);
    older?.close(closeCodes.superseded, 'superseded');
    older?.terminate();
    return connection;
  }

  private makeHost(): ConnectionHost {
    const { sink, log } = this.deps;
    return {
      feed: this.feed, streams: this.streams, slots: this.slots,
      admit: () => this.hellos.take(performance.now()),
      state: (connection, state, detail) => {
        sink.state(connection.identity.id, state, detail);
        this.waiters.state(connection.identity, state);
        if (state === 'held' || state === 'rejecting') log('warn', `node ${connection.identity.name} is ${state}: ${detail}`);
      },
      applied: ({ identity }, { epoch, rev, tookMs, quarantined }) => {
        this.confirmed.delete(identity.id);
        this.waiters.applied(identity, epoch, rev);
        sink.applied(identity.id, rev, tookMs, quarantined);
      },
      deliver: (connection, message) => { this.deliver(connection, message); },
      over: (connection, reason) => {
        const { identity } = connection;
        if (this.nodes.get(identity.id) !== connection) return;
        this.nodes.delete(identity.id);
        this.waiters.gone(identity);
        sink.gone(identity.id, reason);
      },
      fireAndLog: (what, promise) => { this.fireAndLog(what, promise); },
      warn: (text) => { log('warn', text); },
    };
  }

  private deliver(connection: NodeConnection, message: Parameters<ConnectionHost['deliver']>[1]): void {
    const { sink } = this.deps;
    const { identity } = connection;
    switch (message.t) {
      case 'hello': {
        const { boot, version, have, capabilities } = message;
        sink.hello(identity, { boot, version, rev: have.rev, epoch: have.epoch, capabilities, address: this.addresses.get(connection) ?? '' });
        this.commands.connected(identity.id);
        return;
      }
      case 'report': sink.report(identity.id, message.report); return;
      case 'events': {
        const { fresh, upTo } = this.intake.take(identity.id, connection.boot, message.first, message.events);
        if (fresh.length > 0) sink.events(identity.id, fresh);
        connection.send({ t: 'events.ack', upTo });
        return;
      }
      case 'result': this.commands.result(identity.id, message);
    }
  }

  private async wakeAll(): Promise<void> {
    await this.feed.refresh();
    for (const connection of this.nodes.values()) connection.step({ type: 'wake' });
    await this.refreshKeys();
  }

  private beat(): void {
    this.beats++;
    for (const connection of [...this.nodes.values()]) {
      connection.step({ type: 'beat' });
      if (this.beats % beatsPerTokenCheck === 0) this.fireAndLog('checking a token', this.reauthenticate(connection.identity.id));
    }
    if (this.nodes.size === 0) this.streams.forget();
    // A key signs from a moment on, which nobody announces; and a notification may be lost.
    else this.fireAndLog('reading the cluster keys', this.refreshKeys());
  }

  private fireAndLog(what: string, promise: Promise<unknown>): void {
    promise.catch((error: unknown) => { this.deps.log('error', `${what} failed: ${error instanceof Error ? error.message : String(error)}`); });
  }
}

const phrases = { 401: 'Unauthorized', 404: 'Not Found', 429: 'Too Many Requests', 503: 'Service Unavailable' } as const;

function refuse(socket: Duplex, status: keyof typeof phrases): void {
  socket.on('error', () => { socket.destroy(); });
  // Destroyed as soon as it is sent: the HTTP server's time-outs no longer watch this socket, and the peer may never close.
  socket.end(`HTTP/1.1 ${status} ${phrases[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => { socket.destroy(); });
}
