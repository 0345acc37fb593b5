/** Puts one worker's proxy together: every part it stands on, made once and given to it. */
import { randomInt } from 'node:crypto';
import { OutcomeFilter } from '../calls/outcomes.ts';
import { CallTable } from '../calls/table.ts';
import { TenantLimits } from '../calls/tenant-limits.ts';
import type { LookUpNote } from '../dns/answer-cache.ts';
import { EnumDirectory } from '../dns/number-directory.ts';
import type { Families } from '../dns/records.ts';
import { ServerLocator } from '../dns/server-locator.ts';
import { SystemDns } from '../dns/system-dns.ts';
import { ThreadDoor } from '../media/thread-door.ts';
import { WorkerHealth } from '../health/worker-health.ts';
import { ConfiguredPlaces } from '../proxy/configured-places.ts';
import type { Outcome, ProxyEnvironment } from '../proxy/environment.ts';
import { FlowTokens } from '../proxy/flow-tokens.ts';
import { ForbiddenTargets } from '../proxy/forbidden-targets.ts';
import { Guard } from '../proxy/guard.ts';
import { NodeIdentity } from '../proxy/identity.ts';
import { SharedSender, type Neighbours } from '../proxy/neighbours.ts';
import { Proxy } from '../proxy/proxy.ts';
import { emptyView } from '../routing/build.ts';
import { Turns } from '../routing/turns.ts';
import type { KeyRing } from '../security/key-ring.ts';
import { Edits } from '../sip/edits.ts';
import type { SipMessage } from '../sip/message.ts';
import { TransactionLayer } from '../transaction/layer.ts';
import { defaultPort, type Flow } from '../transport/flow.ts';
import { LargeRequests } from '../transport/large-requests.ts';
import type { LocatedTransport } from '../transport/locate.ts';
import { LostResponse } from '../transport/lost-response.ts';
import type { Transports } from '../transport/transports.ts';
import type { BindingChange } from '../registrations/binding.ts';
import { RegistrationMail } from './registration-mail.ts';
import { hostClock, wallClock } from './clock.ts';
import type { Faults } from './faults.ts';
import type { CounterName, CounterRow } from './counters.ts';
import type { WorkerSetup } from './messages.ts';
import { storeTransportCounters } from './transport-counters.ts';
import { Thinned } from './thinned.ts';
import type { TimerWheel } from './timer-wheel.ts';

/** What a worker has to say to the main thread. */
export interface TellMain {
  /** An outcome that matters for passive health. */
  readonly outcome: (destinationId: number, outcome: Outcome) => void;
  readonly registrations: (changes: readonly BindingChange[]) => void;
  /** Told at most once a second; `more` = how many were left out. */
  readonly refusedTarget: (address: string, port: number, more: number) => void;
}

const lookUpCounters: Readonly<Record<LookUpNote, CounterName>> = { begun: 'dns_lookups_total', silent: 'dns_silent_total', refused: 'dns_refused_total' };

export interface Assembly {
  readonly env: ProxyEnvironment;
  readonly health: WorkerHealth;
  readonly door: ThreadDoor;
  /** A request came over TLS: its Via may ask for requests to come back by the same connection (RFC 5923 §4). */
  noteAlias(request: SipMessage, flow: Flow): void;
  /** Writes this worker's gauges. */
  gauges(loopDelayMs: number): void;
}

export function assemble(
  setup: WorkerSetup, transports: Transports, wheel: TimerWheel, counters: CounterRow, keys: KeyRing,
  tell: TellMain, faults: Faults, neighbours: Neighbours,
): Assembly {
  const sender = new SharedSender(transports, neighbours, (target) => transports.aliases.find(target));
  const health = new WorkerHealth(setup.board, setup.worker);
  const limits = new TenantLimits(setup.limits);
  const clock = hostClock;
  const refusals = new Thinned(clock);
  const door = new ThreadDoor(setup.media, clock);
  const dns = new SystemDns(clock, setup.dns);
  const note = (what: LookUpNote): void => counters.add(lookUpCounters[what]);
  const calls = new CallTable({
    added: (entry) => {
      limits.callStarted(entry.tenant);
      health.callStarted(entry.destination);
    },
    removed: (entry) => {
      limits.callEnded(entry.tenant);
      health.callEnded(entry.destination);
    },
  });
  const reach = (transport: LocatedTransport): Families => ({ v4: transports.listenerFor(transport, 4) !== null, v6: transports.listenerFor(transport, 6) !== null });
  const parts = {
    view: emptyView(), keys, pending: 0, pendingBytes: 0, draining: false, answersOptions: true, health, limits, calls, counters, clock, wallClock,
    identity: new NodeIdentity(transports.listeners, setup.names, setup.interfaces),
    forbidden: new ForbiddenTargets(setup.forbiddenTargets, transports.listeners, setup.interfaces), configured: new ConfiguredPlaces(),
    sender, neighbours, media: door, locator: new ServerLocator(clock, dns, reach, Math.random, { note }), numbers: new EnumDirectory(clock, dns, { note }), turns: new Turns(randomInt(2 ** 32)), sink: new OutcomeFilter(tell.outcome), registrations: new RegistrationMail(setup.bindings, tell.registrations), edits: new Edits(), worker: setup.worker,
    pickListener: (...of: Parameters<Transports['listenerFor']>) => transports.listenerFor(...of),
    flows: new FlowTokens(), connectionTo: (...of: Parameters<Transports['connectionTo']>) => transports.connectionTo(...of),
    targetRefused: (address: string, port: number) => refusals.note((more) => tell.refusedTarget(address, port, more)),
    fault: (where: string, error: unknown) => faults.note(where, error),
    large: new LargeRequests(),
    listener: (id: number) => transports.listeners[id] ?? null,
    hasListener: (...of: Parameters<Transports['listenerFor']>) => transports.listenerFor(...of) !== null,
    publicListener: (...of: Parameters<Transports['publicListenerFor']>) => transports.publicListenerFor(...of),
  };
  const proxy = new Proxy();
  const guard = new Guard(proxy);
  const env: ProxyEnvironment = { ...parts, layer: new TransactionLayer(sender, wheel, guard, {
    keySecrets: setup.keySecrets, rescue: (...of) => new LostResponse(parts.locator, sender, ...of),
  }) };
  proxy.serve(env);
  guard.serve(env);
  return {
    env,
    health,
    door,
    noteAlias(request, flow) {
      const via = request.topVia;
      if (via !== null && via.param('alias') !== null) transports.alias(flow.connection, via.port === 0 ? defaultPort(flow.transport) : via.port);
    },
    gauges(loopDelayMs) {
      calls.expire(clock.now());
      counters.set('calls', calls.size);
      counters.set('transactions', env.layer.serverCount + env.layer.clientCount);
      counters.set('connections', transports.connectionCount);
      storeTransportCounters(counters, transports.counters);
      counters.set('loop_delay_ms', loopDelayMs);
    },
  };
}
