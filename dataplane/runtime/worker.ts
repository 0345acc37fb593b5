/** A SIP worker thread: its sockets, transactions and proxy; configuration and health come from the main thread. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { OutcomeFilter } from '../calls/outcomes.ts';
import { CallTable } from '../calls/table.ts';
import { TenantLimits } from '../calls/tenant-limits.ts';
import { WorkerHealth } from '../health/worker-health.ts';
import type { ProxyEnvironment } from '../proxy/environment.ts';
import { NodeIdentity } from '../proxy/identity.ts';
import { Proxy } from '../proxy/proxy.ts';
import { refuseMalformed } from '../proxy/responses.ts';
import { emptyView, ViewDraft } from '../routing/build.ts';
import { Turns } from '../routing/turns.ts';
import { KeyRing } from '../security/key-ring.ts';
import { Edits } from '../sip/edits.ts';
import { isKeepAlive, parseMessage } from '../sip/parse.ts';
import { TransactionLayer } from '../transaction/layer.ts';
import type { Flow } from '../transport/flow.ts';
import { monotonicClock } from './clock.ts';
import { CounterRow } from './counters.ts';
import type { FromWorker, ToWorker, WorkerSetup } from './messages.ts';
import { TimerWheel, WheelDriver } from './timer-wheel.ts';

/** Rows applied before the event loop gets its turn: keeps each slice of a big change under 2 ms. */
const rowsPerSlice = 500;
const gaugeIntervalMs = 1_000;
