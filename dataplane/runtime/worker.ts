/** Entry of a SIP worker thread: its sockets, transactions and proxy. Configuration, keys and health come from the main thread. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import type { ClusterKey } from '../contract/wire.ts';
import { emptyView, ViewDraft } from '../routing/build.ts';
import type { ConfigView } from '../routing/view.ts';
import { KeyRing } from '../security/key-ring.ts';
import { isKeepAlive, parseMessage } from '../sip/parse.ts';
import { connectionsPerWorker } from '../proxy/neighbours.ts';
import { refuseMalformed, replyStateless } from '../proxy/responses.ts';
import type { Flow } from '../transport/flow.ts';
import type { MessageReceiver } from '../transport/receiver.ts';
import type { ListenerSettings } from '../transport/settings.ts';
import { Transports } from '../transport/transports.ts';
import { CounterRow } from './counters.ts';
import { anyPorts, type BackendPorts } from './backend-ports.ts';
import { NeighbourMail } from './neighbour-mail.ts';
import type { ConfigBatch, FromWorker, ToWorker, WorkerSetup } from './messages.ts';
import { monotonicClock } from './clock.ts';
import { Faults } from './faults.ts';
import { TimerWheel, WheelDriver } from './timer-wheel.ts';
import { assemble, type Assembly } from './assembly.ts';

/** A big change is applied in slices of this length, so that packets wait no longer. */
const sliceMs = 2;
const rowsPerLook = 32;
const gaugeIntervalMs = 1_000;
/** The histogram's own timer fires this often: what it measures above that is delay. */
const delayResolutionMs = 10;
const drainPollMs = 50;

const setup = workerData as WorkerSetup;
const port = parentPort;
if (port === null) throw new Error('worker.ts runs as a worker thread');
const tell = (message: FromWorker): void => port.postMessage(message);

const counters = new CounterRow(setup.counters, setup.worker);
const wheel = new TimerWheel(monotonicClock);
const faults = new Faults(counters, monotonicClock, (where, detail, more) => tell({ t: 'fault', where, detail, more }));
const driver = new WheelDriver(wheel, (error) => faults.note('timer', error));
const mail = new NeighbourMail(setup.worker, setup.workers, (to, letter) => tell({ t: 'mail', to, mail: letter }));
let edge: Assembly | null = null;
let stopping = false;

const receiver: MessageReceiver = {
  receive(raw: string, flow: Flow): void {
    if (edge === null) return;
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
    env.layer.receive(outcome.message, flow);
  } else if (isKeepAlive(raw)) {
    counters.add('keepalives_total');
  } else {
    counters.add('parse_errors_total');
    refuseMalformed(env, outcome, flow);
  }
}

/** The listeners of this worker: all share the public ports; with several workers each has a port of its own towards backends. */
function listenerSettings(ports: BackendPorts): ListenerSettings[] {
  const shared = setup.workers > 1;
  const listeners = setup.listen.map((one): ListenerSettings => ({ ...one, reusePort: shared, backend: false }));
  if (!shared) return listeners;
  const own = setup.listen.filter((one, index) => one.transport === 'udp' && setup.listen.findIndex((other) => other.transport === 'udp' && other.family === one.family) === index);
  return [...listeners, ...own.map((one): ListenerSettings => ({ ...one, port: one.family === 4 ? ports.udp4 : ports.udp6, advertisedPort: 0, reusePort: false, backend: true }))];
}

async function open(): Promise<void> {
  const view = await nextView(emptyView(), setup.config);
  const openWith = (ports: BackendPorts): ReturnType<typeof Transports.open> =>
    Transports.open(listenerSettings(ports), receiver, wheel, {}, setup.worker * connectionsPerWorker);
  // Should somebody have taken the former process's port by now, any other will do for new requests.
  const kept = await openWith(setup.backendPorts);
  const transports = kept.ok ? kept : await openWith(anyPorts);
  if (!transports.ok) {
    tell({ t: 'refused', sentence: transports.error.sentence() });
    return;
  }
  const assembly = assemble(setup, transports.value, wheel, counters, keyRing(setup.keys), (destination, outcome) => tell({ t: 'outcome', destination, outcome }), faults, mail);
  assembly.env.view = view;
  edge = assembly;
  driver.start();
  const delay = monitorEventLoopDelay({ resolution: delayResolutionMs });
  delay.enable();
  setInterval(() => {
    assembly.gauges(Number.isNaN(delay.mean) ? 0 : Math.max(0, delay.mean / 1e6 - delayResolutionMs));
    delay.reset();
  }, gaugeIntervalMs);
  port?.on('message', (message: ToWorker) => obey(message, assembly, transports.value));
  const portOf = (family: 4 | 6): number => transports.value.listeners.find((one) => one.backend && one.family === family)?.port ?? 0;
  tell({
    t: 'listening', addresses: transports.value.listeners.map((one) => `${one.transport}:${one.hostPort}`),
    backendPorts: { udp4: portOf(4), udp6: portOf(6) },
  });
}

const keyRing = (keys: readonly ClusterKey[]): KeyRing =>
  new KeyRing(keys.map(({ id, key }) => ({ id, key: new Uint8Array(Buffer.from(key, 'base64url')) })));

/** A rejection here is a bug: it ends the worker, and with it the process. */
function orDie(promise: Promise<void>): void {
  promise.catch((error: unknown) => setImmediate(() => { throw error; }));
}

function obey(message: ToWorker, { env, health }: Assembly, transports: Transports): void {
  switch (message.t) {
    case 'config':
      orDie(apply(env, message.n, message));
      return;
    case 'keys':
      env.keys = keyRing(message.keys);
      return;
    case 'board':
      health.update(message.update);
      return;
    case 'mail':
      mail.take(message.from, message.mail, transports, { response: (raw, flow) => receiver.receive(raw, flow), callEnded: (dialog) => env.calls.remove(dialog) });
      return;
    case 'draining':
      // The end of the process is not called off by a change of configuration.
      env.draining = message.draining || stopping;
      return;
    case 'drain': {
      stopping = true;
      env.draining = true;
      const poll = setInterval(() => {
        if (env.pending > 0) return;
        clearInterval(poll);
        tell({ t: 'drained' });
      }, drainPollMs);
      return;
    }
    case 'stop':
      driver.stop();
      orDie(transports.close().then(() => tell({ t: 'stopped' })));
  }
}

/** Swaps the view in one assignment: no message sees parts of two revisions. */
async function apply(env: Assembly['env'], n: number, change: ConfigBatch): Promise<void> {
  env.view = await nextView(env.view, change);
  if (change.ops.some(({ table }) => table === 'tenant')) env.limits.adopt((id) => env.view.tenant(id));
  tell({ t: 'applied', n });
}

/** Builds the next view slice by slice. */
async function nextView(view: ConfigView, change: ConfigBatch): Promise<ConfigView> {
  const draft = new ViewDraft(view);
  let sliceEnds = performance.now() + sliceMs;
  for (const [at, op] of change.ops.entries()) {
    draft.apply(op);
    if (at % rowsPerLook !== rowsPerLook - 1 || performance.now() < sliceEnds) continue;
    await new Promise((resolve) => setImmediate(resolve));
    sliceEnds = performance.now() + sliceMs;
  }
  return draft.commit(change.epoch, change.rev);
}

await open();
