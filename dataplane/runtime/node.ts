/**
 * One node: the main thread's part of the data plane. Holds the push channel, the prober, the admin port and the
 * supervisor of the SIP workers, and passes facts between them; it never touches a SIP message of a call.
 */
import type { Server } from 'node:http';
import { newLimitBuffer } from '../calls/limit-cells.ts';
import { describeHealth } from '../contract/health.ts';
import type { ClusterKey } from '../contract/wire.ts';
import { findServers } from '../dns/find-servers.ts';
import { SystemDns } from '../dns/system-dns.ts';
import { HealthBoard } from '../health/board.ts';
import { Prober, type CallOutcome, type HealthChange } from '../health/prober.ts';
import type { Outcome } from '../proxy/environment.ts';
import type { BindingChange } from '../registrations/binding.ts';
import { emptyView } from '../routing/build.ts';
import type { ConfigView } from '../routing/view.ts';
import type { Settings } from '../settings.ts';
import { monotonicClock } from './clock.ts';
import { createSyncClient } from '../sync/client.ts';
import type { ConfigChange, SyncClient } from '../sync/ports.ts';
import { openAdmin } from './admin.ts';
import { listCalls } from './call-list.ts';
import { chooseBackendPorts, loadBackendPorts, saveBackendPorts, type BackendPorts } from './backend-ports.ts';
import { runCommand } from './commands.ts';
import { Certificates } from './certificates.ts';
import { CounterTable } from './counters.ts';
import { HealthFile, loadHealth } from './health-file.ts';
import { interfaceAddresses } from './interfaces.ts';
import { fireAndLog, type Logger } from './log.ts';
import type { ConfigBatch } from './messages.ts';
import { Readiness } from './readiness.ts';
import { Registrations } from './registrations.ts';
import { renderMetrics } from './metrics.ts';
import { buildView } from './next-view.ts';
import { heldPort } from './port-probe.ts';
import { reportMedia } from './media-report.ts';
import { MediaThreads } from './media-threads.ts';
import { listens, probeSources } from './probe-sources.ts';
import type { Succession } from './succession.ts';
import { ListenRefused, Supervisor } from './supervisor.ts';

const nothingKept: ConfigBatch = { packed: [], ops: [], epoch: '', rev: 0 };
const reportIntervalMs = 2_000;
const stopDeadlineMs = 3_000;
const inspectedCalls = 250;

/** How a node ends without being asked to. */
export interface NodeEnds {
  /** A worker died: the process must end at once. */
  crashed(): void;
  /** Another process has taken over, and nothing is left here. */
  replaced(): void;
  /** Another process had taken over, and is gone: this one is to be stopped. */
  orphaned(): void;
}

export class Node {
  readonly #settings: Settings;
  readonly #folder: string;
  readonly #log: Logger;
  readonly #version: string;
  readonly #startedMs = Date.now();
  readonly #counters: CounterTable;
  readonly #supervisor: Supervisor;
  readonly #media: MediaThreads;
  readonly #board: HealthBoard;
  readonly #prober: Prober;
  readonly #healthFile: HealthFile;
  readonly #registrations: Registrations;
  readonly #limits = newLimitBuffer();
  readonly #certificates: Certificates;
  readonly #succession: Succession;
  readonly #ends: NodeEnds;
  readonly #readiness: Readiness;
  #sync: SyncClient;
  #view: ConfigView = emptyView();
  #addresses: readonly string[] = [];
  #keys: readonly ClusterKey[] = [];
  /** What the disk gave, for the workers to be born with. */
  #kept: ConfigBatch = nothingKept;
  #admin: Server | null = null;
  #reportTimer: NodeJS.Timeout | null = null;
  #listening = false;
  #stopping = false;

  /**
   * @param folder the node's own folder below the data folder, existing
   * @param succession how this process stands to the one that served the folder before
   * @throws CertificateRefused for a listener whose certificate file cannot be used
   */
  constructor(settings: Settings, folder: string, version: string, log: Logger, succession: Succession, ends: NodeEnds) {
    this.#settings = settings;
    this.#folder = folder;
    this.#log = log;
    this.#version = version;
    this.#succession = succession;
    this.#ends = ends;
    this.#counters = new CounterTable(settings.workers);
    this.#supervisor = new Supervisor({
      outcome: (id, outcome) => this.#prober.passive(id, callOutcome(outcome), typeof outcome === 'number' ? `status ${outcome}` : ''),
      registrations: (changes) => {
        this.#takeRegistrations(changes);
        succession.registrations(changes);
      },
      fault: (worker, where, detail, more) => log.error({ worker, where, detail, more }, 'a part failed on a message; the message was given up'),
      refusedTarget: (worker, address, port, more) => log.warn({ worker, address, port, more }, 'a message names a target in a forbidden network; nothing was sent there (SIGNALBOX_FORBIDDEN_TARGETS)'),
      crashed: (worker, error) => {
        log.fatal({ err: error, worker }, 'a SIP worker died');
        ends.crashed();
      },
      mail: (from, to, mail) => succession.mail(from, to, mail),
    });
    this.#media = new MediaThreads({
      settings, folder, log,
      onEvent: (event) => this.#sync.events([{ atMs: Date.now(), ...event }]),
      crashed: (error) => {
        log.fatal({ err: error }, 'a media thread died');
        ends.crashed();
      },
    });
    this.#certificates = new Certificates({ folder, listen: settings.listen, names: settings.names, log, onChange: (state) => this.#supervisor.tls(state) });
    this.#registrations = new Registrations({ folder, log, limits: this.#limits, ping: (method, phones) => this.#supervisor.ping(method, phones) });
    this.#board = new HealthBoard(settings.workers, (update) => this.#supervisor.board(update));
    const dns = new SystemDns(monotonicClock, settings.dns);
    this.#prober = new Prober({
      board: this.#board,
      advertised: probeSources(settings.listen),
      reach: (transport) => ({ v4: listens(settings.listen, transport, 4), v6: listens(settings.listen, transport, 6) }),
      find: (wish, reach) => findServers(dns, reach, wish),
      tls: () => this.#certificates.forProbes(),
      userAgent: `Signalbox/${version}`,
      onChange: (change) => this.#healthChanged(change),
      onFault: (error) => log.error({ err: error }, 'a probe failed to run'),
      initial: loadHealth(folder),
    });
    this.#readiness = new Readiness(monotonicClock, () => this.#prober.awaited);
    this.#healthFile = new HealthFile(folder, log, () => this.#prober.saved());
    this.#sync = this.#newSync();
  }

  #newSync(): SyncClient {
    const settings = this.#settings;
    const log = this.#log;
    return createSyncClient({
      urls: settings.controlUrls,
      folder: this.#folder,
      nodeName: settings.nodeName,
      version: this.#version,
      nodeToken: settings.nodeToken ?? undefined,
      joinToken: settings.joinToken ?? undefined,
      capabilities: [settings.media === 'off' ? 'media:direct' : `media:${settings.media}`],
      listener: { commit: (change) => this.#commit(change) },
      onCommand: (name, args) => runCommand({ prober: this.#prober, registrations: this.#registrations, calls: (worker, query) => this.#supervisor.calls(worker, query), media: (sessions) => this.#media.figures(sessions), log }, name, args),
      onClusterKeys: (keys) => this.#useKeys(keys),
      log: (level, text, detail) => log[level]({ ...detail }, text),
    });
  }

  /**
   * Starts from what is on disk, opens the ports, then looks for a control plane.
   * @throws ListenRefused or a listen error of the admin port
   */
  async start(): Promise<void> {
    const settings = this.#settings;
    // Keys, configuration and health of the former process first: the first packet already finds them.
    await this.#sync.loadLastKnownGood();
    const backendPorts = await this.#freePorts();
    const media = this.#media.start(settings.workers, this.#view.setting.media, this.#succession.former !== null);
    const listening = await this.#supervisor.start({
      workers: settings.workers, listen: settings.listen, names: settings.names, dns: settings.dns, forbiddenTargets: settings.forbiddenTargets, webOrigins: settings.webOrigins, sockets: settings.sockets, interfaces: interfaceAddresses(),
      keys: this.#keys.length > 0 ? this.#keys : [this.#succession.ownKey], board: this.#board.image(),
      config: this.#kept, counters: this.#counters.buffer,
      tls: this.#certificates.state, tickets: this.#succession.tickets, limits: this.#limits, bindings: this.#registrations.known,
      generation: this.#succession.self.generation, former: this.#succession.former, keySecrets: this.#succession.keySecrets,
    }, backendPorts, media);
    this.#addresses = listening[0]?.addresses ?? [];
    if (settings.backendPort === 'own' && settings.workers > 1) saveBackendPorts(this.#folder, backendPorts);
    this.#listening = true;
    this.#readiness.listens();
    if (this.#view.epoch !== '') this.#readiness.configured();
    this.#kept = nothingKept;
    this.#tellDraining();
    await this.#succession.takeOver(this.#supervisor, (changes) => this.#takeRegistrations(changes));
    await this.#media.restore();
    this.#admin = await openAdmin(settings.nodeHttp.host, settings.nodeHttp.port, {
      ready: () => (this.#stopping ? { ready: false, text: 'stopping' } : this.#readiness.state(this.#view.rev)),
      metrics: () => this.#metrics(),
      inspect: () => this.#inspect(),
      calls: (cursor, text) => listCalls((worker, query) => this.#supervisor.calls(worker, query), (sessions) => this.#media.figures(sessions), { text, limit: inspectedCalls }, cursor, Date.now),
    });
    await this.#succession.await({
      pause: () => this.#pause(),
      resume: () => this.#resume(),
      handOver: () => this.#handOver(),
      transactions: () => this.#counters.gauges().transactions,
      replaced: () => this.#replaced(),
      orphaned: () => this.#ends.orphaned(),
    });
    this.#registrations.start();
    this.#sync.start();
    this.#reportTimer = setInterval(() => this.#report(), reportIntervalMs);
    this.#log.info({ listen: this.#addresses, sockets: [...new Set(listening.flatMap(({ sockets }) => sockets))].join(', '), workers: settings.workers, rev: this.#view.rev }, 'data plane ready');
  }

  /**
   * The workers' ports towards backends, once it is sure that the public ones are nobody else's.
   * @throws ListenRefused when a port is taken
   */
  async #freePorts(): Promise<readonly BackendPorts[]> {
    const { listen, workers, backendPort } = this.#settings;
    // A process that is being replaced holds them, and shares them.
    const shared = this.#succession.former !== null;
    const held = shared ? null : await heldPort(listen);
    if (held !== null) throw new ListenRefused(held.sentence());
    const chosen = await chooseBackendPorts(backendPort, listen, workers, loadBackendPorts(this.#folder), shared);
    if (!chosen.ok) throw new ListenRefused(chosen.error);
    return chosen.value;
  }

  /** Stops new dialogs, lets what is pending finish (bounded), then closes everything. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    await this.#supervisor.drain(this.#settings.drainMs);
    await this.#supervisor.stop(stopDeadlineMs);
    await this.#media.stop(false);
    this.#succession.close();
    if (this.#succession.succeeded) return;
    this.#healthFile.keep();
    this.#registrations.keep();
    this.#report();
    await this.#sync.close();
    await this.#handOver();
  }

  #takeRegistrations(changes: readonly BindingChange[]): void {
    for (const change of changes) this.#registrations.take(change);
  }

  /** Another process begins to take over: the files and the node's session are its own from now on. */
  async #pause(): Promise<string | null> {
    if (this.#stopping) return `the data plane that runs (process ${process.pid}) is stopping; start again when it has ended`;
    this.#healthFile.keep();
    this.#registrations.keep();
    await this.#sync.close();
    return null;
  }

  #resume(): void {
    if (this.#stopping) return;
    this.#sync = this.#newSync();
    fireAndLog(this.#log, 'cannot go on after an upgrade that failed', this.#sync.loadLastKnownGood().then(() => this.#sync.start()));
  }

  async #handOver(): Promise<void> {
    if (this.#reportTimer !== null) clearInterval(this.#reportTimer);
    this.#certificates.close();
    this.#registrations.close();
    await Promise.all([this.#prober.close(), this.#media.stop(true)]);
    this.#admin?.closeAllConnections();
    this.#admin?.close();
  }

  #replaced(): void {
    this.#stopping = true;
    fireAndLog(this.#log, 'cannot stop', this.#supervisor.stop(stopDeadlineMs).finally(() => this.#ends.replaced()));
  }

  /** Certificate files are read again (SIGHUP). */
  reloadCertificates(): void {
    this.#certificates.reload();
  }

  async #commit(change: ConfigChange): Promise<void> {
    const view = await buildView(this.#view, change);
    this.#view = view;
    this.#prober.apply(view);
    this.#registrations.apply(view);
    this.#certificates.apply(change.ops);
    this.#media.settings(view.setting.media);
    if (this.#listening) {
      await this.#supervisor.config(change);
      this.#readiness.configured();
    } else {
      this.#kept = change;
    }
    this.#tellDraining();
    this.#log.info({ rev: change.rev, rows: change.ops.length, packed: change.packed.map((one) => one.table), origin: change.origin }, 'configuration applied');
  }

  /** Draining a node, and silence to OPTIONS, is configuration: its own row says so. */
  #tellDraining(): void {
    const { node } = this.#sync.status();
    const row = node === null ? null : this.#view.node(node.id);
    this.#supervisor.draining(row?.draining ?? false, row?.answerOptions ?? true);
  }

  #useKeys(keys: readonly ClusterKey[]): void {
    this.#keys = keys;
    this.#supervisor.keys(keys);
    this.#certificates.useKeys(keys);
  }

  #healthChanged(change: HealthChange): void {
    const text = `destination ${change.destinationId} (${change.uri}) is ${change.to}: ${describeHealth(change.reason)}`;
    this.#log[change.to === 'down' ? 'warn' : 'info']({ destination: change.destinationId, set: change.setId, from: change.from, to: change.to, reason: change.reason }, text);
    this.#sync.events([{
      atMs: change.atMs, kind: `destination.${change.to}`, subject: String(change.destinationId), text,
      detail: { set: change.setId, uri: change.uri, from: change.from, to: change.to, reason: change.reason, lastPacket: change.lastPacket },
    }]);
    this.#healthFile.changed();
    this.#report();
  }

  #report(): void {
    const gauges = { ...this.#counters.gauges(), registrations: this.#registrations.size, workers: this.#settings.workers, rss_bytes: process.memoryUsage.rss() };
    this.#sync.report({ counters: this.#counters.counters(), gauges, destinations: this.#prober.snapshot(), media: reportMedia(this.#media.states) });
  }

  #metrics(): string {
    const status = this.#sync.status();
    return renderMetrics(this.#counters, {
      version: this.#version, rev: this.#view.rev, rssBytes: process.memoryUsage.rss(), uptimeSeconds: (Date.now() - this.#startedMs) / 1000,
      registrations: this.#registrations.size, connected: status.connection === 'connected', destinations: this.#prober.snapshot(), media: this.#media.states,
    });
  }

  #inspect(): unknown {
    const status = this.#sync.status();
    return {
      pid: process.pid, startedMs: this.#startedMs, version: this.#version, listen: this.#addresses,
      config: { epoch: this.#view.epoch, rev: this.#view.rev, hash: status.hash, rows: this.#view.counts, quarantined: status.quarantined, held: status.held },
      control: { connection: status.connection, url: status.url, node: status.node },
      destinations: this.#prober.snapshot(),
      gauges: this.#counters.gauges(),
      workers: this.#counters.workers(),
      counters: this.#counters.counters(),
      media: this.#media.states,
      handover: this.#succession.inspect(),
    };
  }
}

function callOutcome(outcome: Outcome): CallOutcome {
  return outcome === 'ok' || outcome === 'timeout' || outcome === 'transport' ? outcome : 'unavailable';
}
