/** Entry of a SIP worker thread: its sockets, transactions and proxy. Configuration, keys and health come from the main thread. */
import { parentPort, workerData } from 'node:worker_threads';
import type { ClusterKey } from '../contract/wire.ts';
import { emptyView } from '../routing/build.ts';
import { unmask } from '../hiding/unmask.ts';
import { KeyRing } from '../security/key-ring.ts';
import { isKeepAlive, parseMessage } from '../sip/parse.ts';
import { endCallOf } from '../proxy/call-ends.ts';
import { connectionsPerOwner } from '../proxy/neighbours.ts';
import { sendKeepAlives } from '../proxy/keep-alive.ts';
import { refuseMalformed, replyStateless } from '../proxy/responses.ts';
import type { Flow } from '../transport/flow.ts';
import type { MessageReceiver } from '../transport/receiver.ts';
import type { ListenerSettings } from '../transport/settings.ts';
import { useSystemCalls } from '../system/calls.ts';
import { TlsIdentities } from '../transport/tls-identities.ts';
import { Transports } from '../transport/transports.ts';
import { CounterRow } from './counters.ts';
import { KeySet } from './key-set.ts';
import { NeighbourMail, ownersPerGeneration, type Mail, type MailReader, type OtherProcess } from './neighbour-mail.ts';
import type { FromWorker, Letter, ToWorker, WorkerSetup } from './messages.ts';
import { buildView, ConfigIntake } from './next-view.ts';
import { portsCanBeShared } from './port-probe.ts';
import { TransactionDirectory } from './transaction-directory.ts';
import { monotonicClock } from './clock.ts';
import { Debts } from './debts.ts';
import { Faults } from './faults.ts';
import { loopDelay } from './loop-delay.ts';
import { TimerWheel, WheelDriver } from './timer-wheel.ts';
import { assemble, type Assembly } from './assembly.ts';

const gaugeIntervalMs = 1_000;
const drainPollMs = 50;
const maxEarly = 10_000;

const setup = workerData as WorkerSetup;
useSystemCalls(setup.sockets === 'auto');
const port = parentPort;
if (port === null) throw new Error('worker.ts runs as a worker thread');
const tell = (message: FromWorker): void => port.postMessage(message);

const counters = new CounterRow(setup.counters, setup.worker);
const wheel = new TimerWheel(monotonicClock);
const faults = new Faults(counters, monotonicClock, (where, detail, more) => tell({ t: 'fault', where, detail, more }));
const driver = new WheelDriver(wheel, (error) => faults.note('timer', error));
const { generation, worker, workers } = setup;
const owner = generation * ownersPerGeneration + worker;
const mail = new NeighbourMail({ generation, worker, workers }, setup.directory === null ? null : new TransactionDirectory(setup.directory), post);
mail.setFormer(setup.former, null);
const identities = new TlsIdentities(setup.tls);
const debts = new Debts();
/** What comes while the sockets open one by one. */
const early: { readonly raw: string; readonly flow: Flow }[] = [];
const intake = new ConfigIntake();
let edge: Assembly | null = null;
let stopping = false;

const receiver: MessageReceiver = {
  receive(raw: string, flow: Flow): void {
    if (edge === null) {
      if (early.length < maxEarly) early.push({ raw, flow });
      return;
    }
    counters.add('messages_received_total');
    try {
      take(raw, flow, edge.env);
    } catch (error) {
      faults.note('message', error);
    }
  },
  fault(head: string, status: number, reason: string, flow: Flow): void {
    counters.add('parse_errors_total');
    try {
      const outcome = parseMessage(head);
      const request = outcome.ok ? outcome.message : outcome.partial;
      if (edge !== null && request !== null && request.isRequest && request.method !== 'ACK') replyStateless(edge.env, request, flow, { status, reason, headers: '' });
    } catch (error) {
      faults.note('stream fault', error);
    }
  },
};

function take(raw: string, flow: Flow, env: Assembly['env']): void {
  const outcome = parseMessage(raw);
  if (outcome.ok) {
    if (!outcome.message.isRequest) counters.add('responses_total');
    else if (flow.transport === 'tls') edge?.noteAlias(outcome.message, flow);
    env.layer.receive(unmask(env.keys, outcome.message, env.identity), flow);
  } else if (isKeepAlive(raw)) {
    counters.add('keepalives_total');
  } else {
    counters.add('parse_errors_total');
    refuseMalformed(env, outcome, flow);
  }
}

/** Hands mail to another owner. */
function post(to: number, letter: Mail): void {
  if (letter.k === 'message') counters.add('handed_over_total');
  if (Math.floor(to / ownersPerGeneration) === generation) setup.siblings[to % ownersPerGeneration]?.postMessage({ from: owner, mail: letter } satisfies Letter);
  else tell({ t: 'mail', to, mail: letter });
}

/** The listeners of this worker: all workers share the public ports; the port towards backends may be its own. */
function listenerSettings(): ListenerSettings[] {
  const reusePort = portsCanBeShared || setup.workers > 1;
  const listeners = setup.listen.map((one): ListenerSettings => ({ ...one, reusePort, backend: false, origins: setup.webOrigins }));
  for (const family of [4, 6] as const) {
    const port = family === 4 ? setup.backendPorts.udp4 : setup.backendPorts.udp6;
    const one = setup.listen.find(({ transport, family: other }) => transport === 'udp' && other === family);
    if (port !== 0 && one !== undefined) listeners.push({ ...one, port, advertisedPort: 0, reusePort, backend: true, origins: [] });
  }
  return listeners;
}

async function open(): Promise<void> {
  const view = await buildView(emptyView(), setup.config);
  const transports = await Transports.open(listenerSettings(), receiver, wheel, {}, owner * connectionsPerOwner, { identities, tickets: setup.tickets });
  if (!transports.ok) {
    tell({ t: 'refused', sentence: transports.error.sentence() });
    return;
  }
  const assembly = assemble(setup, transports.value, wheel, counters, keyRing(setup.keys), {
    outcome: (destination, outcome) => tell({ t: 'outcome', destination, outcome }),
    registrations: (changes) => tell({ t: 'registrations', changes }),
    refusedTarget: (address, port, more) => tell({ t: 'refusedTarget', address, port, more }),
  }, faults, mail);
  assembly.env.view = view;
  if (workers > 1 || setup.former !== null) assembly.env.layer.elsewhere = mail;
  edge = assembly;
  transports.value.onAlias = (notice) => mail.alias(notice);
  for (const { raw, flow } of early.splice(0)) receiver.receive(raw, flow);
  driver.start();
  const delay = loopDelay(transports.value.sockets.includes('system calls'));
  setInterval(() => assembly.gauges(delay()), gaugeIntervalMs);
  const reader = mailReader(assembly);
  port?.on('message', (message: ToWorker) => obey(message, assembly, transports.value, reader));
  for (const sibling of setup.siblings) sibling?.on('message', (letter: Letter) => takeMail(letter, transports.value, reader));
  tell({ t: 'listening', addresses: transports.value.listeners.map((one) => `${one.transport}:${one.hostPort}`), sockets: transports.value.sockets });
}

function takeMail({ from, mail: letter }: Letter, transports: Transports, reader: MailReader): void {
  try {
    mail.take(from, letter, transports, reader);
  } catch (error) {
    faults.note('mail', error);
  }
}

const mailReader = ({ env, door }: Assembly): MailReader => ({
  message: (raw, flow) => take(raw, flow, env),
  callEnded: (dialog, passage) => endCallOf(env, dialog, passage),
  calls: (entries) => { for (const entry of entries) env.calls.add(entry); },
  reserved: (tenants) => debts.take(tenants, env.limits),
  released: (tenant) => debts.release(tenant, env.limits),
  media: (ask, reply) => door.relay(ask, reply),
  mediaReply: (reply) => door.take(reply),
});

/** Tokens name their key by one byte; the control plane has no two keys with the same low byte. */
const keyRing = (keys: readonly ClusterKey[]): KeyRing =>
  new KeyRing(keys.map(({ id, key }) => ({ id: id & 0xff, key: new Uint8Array(Buffer.from(key, 'base64url')) })));

/** A rejection here is a bug: it ends the worker, and with it the process. */
function orDie(promise: Promise<void>): void {
  promise.catch((error: unknown) => setImmediate(() => { throw error; }));
}

function obey(message: ToWorker, { env, health, door }: Assembly, transports: Transports, reader: MailReader): void {
  switch (message.t) {
    case 'config':
      apply(env, message);
      return;
    case 'keys':
      env.keys = keyRing(message.keys);
      return;
    case 'tls':
      identities.update(message.state);
      return;
    case 'board':
      health.update(message.update);
      return;
    case 'draining':
      // The end of the process is not called off by a change of configuration.
      env.draining = message.draining || stopping;
      env.answersOptions = message.answersOptions;
      return;
    case 'ping':
      sendKeepAlives(env, message.method, message.phones);
      return;
    case 'calls':
      tell({ t: 'calls', n: message.n, page: env.calls.page(message.query), nowMs: env.clock.now() });
      return;
    case 'mail':
      takeMail(message, transports, reader);
      return;
    case 'former':
      mail.setFormer(message.keys === null ? null : setup.former, message.keys === null ? null : new KeySet(message.keys));
      if (message.keys === null) debts.settle(env.limits);
      tell({ t: 'applied', n: message.n });
      return;
    case 'flush':
      tell({ t: 'applied', n: message.n });
      return;
    case 'succeeded':
      tell({ t: 'estate', keys: bequeath(message.by, env, transports) });
      door.moveTo((ask) => mail.askMedia(ask));
      return;
    case 'drain':
      stopping = true;
      env.draining = true;
      whenDrained(env, message.all, () => tell({ t: 'drained' }));
      return;
    case 'retire':
      orDie(transports.retire().then(() => tell({ t: 'retired' })));
      return;
    case 'stop':
      driver.stop();
      orDie(transports.close().then(() => tell({ t: 'stopped' })));
  }
}

/**
 * Gives everything but the transactions that are under way to another process: new connections, calls that are up, the
 * count of those that are being set up.
 * @returns the keys of the transactions that stay
 */
function bequeath(successor: OtherProcess, env: Assembly['env'], transports: Transports): Int32Array {
  mail.setSuccessor(successor);
  env.layer.elsewhere = mail;
  transports.stopAccepting();
  mail.bequeathCalls(env.calls.bequeath((entry) => mail.bequeathCalls([entry])));
  mail.bequeathReserved(env.limits.bequeath((tenant) => mail.released(tenant)));
  return env.layer.serverKeys();
}

function whenDrained(env: Assembly['env'], all: boolean, done: () => void): void {
  const poll = setInterval(() => {
    if (env.pending > 0 || (all && env.layer.serverCount + env.layer.clientCount > 0)) return;
    clearInterval(poll);
    done();
  }, drainPollMs);
}

/** Swaps the view in one assignment: no message sees parts of two revisions. */
function apply(env: Assembly['env'], message: Extract<ToWorker, { t: 'config' }>): void {
  const view = intake.take(env.view, message);
  if (view !== null) {
    const { tenants } = env.view.tables;
    env.view = view;
    if (view.tables.tenants !== tenants) env.limits.adopt((id) => env.view.tenant(id));
  }
  tell({ t: 'applied', n: message.n });
}

await open();
