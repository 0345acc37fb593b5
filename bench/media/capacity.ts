/**
 * How many calls a media thread can hold and set up, in a thread of its own with the limits of a media thread: sessions of one audio stream are offered and answered
 * as SIP workers ask for it, with real ports and sockets, up to `workerData` of them or what the system's limit of open files allows.
 * Posts its Capacity and ends.
 */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { defaultSetting } from '../../dataplane/contract/rows.ts';
import { heldMs } from '../../dataplane/media/engine.ts';
import type { SdpPassage } from '../../dataplane/media/passage.ts';
import { RelaySessions } from '../../dataplane/media/relay-sessions.ts';
import { UserlandRelay } from '../../dataplane/media/userland/relay.ts';
import { loadHost } from './order.ts';

export interface Capacity {
  readonly calls: number;
  readonly setUpsPerSecond: number;
  readonly cpuMicrosEach: number;
  /** Resident memory of the process that a call added, without what the kernel has for its sockets. */
  readonly bytesEach: number;
}

const spareFiles = 100;
const socketsEach = 4;

const wanted = Number(workerData);
const files = Number(/Max open files\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1] ?? 1_024);
const calls = Math.min(wanted, Math.floor((files - spareFiles) / socketsEach));

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const resident = (): number => {
  collect();
  collect();
  return process.memoryUsage.rss();
};

const relay = new UserlandRelay({ first: 10_000, last: 59_999, bind: { v4: loadHost, v6: '' } }, null);
const sessions = new RelaySessions(relay, { maxSessions: calls, ports: { first: 0, last: 0 }, local: { v4: '', v6: '' }, addresses: { v4: loadHost, v6: '' }, forbidden: () => false, idleMs: defaultSetting.media.idleMs, heldMs }, { changed: () => undefined, ended: () => undefined, silent: () => undefined, circles: () => undefined }, () => performance.now());
const sdp = (port: number): string => ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0', `m=audio ${port} RTP/AVP 8 0 101`, 'a=rtpmap:8 PCMA/8000', 'a=rtpmap:0 PCMU/8000', 'a=rtpmap:101 telephone-event/8000', 'a=sendrecv', ''].join('\r\n');

function setUp(call: number): void {
  const common = { session: `A${String(call).padStart(11, '0')}`, tenant: 1, callId: `call-${call}@bench`, callerTag: `a${call}`, source: '192.0.2.1', family: 4, ownAddress: loadHost, latching: 'sdp', hideOrigin: false, proven: true } as const;
  const offer: SdpPassage = { ...common, calleeTag: '', fromCaller: true, kind: 'offer', final: false, sdp: sdp(4_000) };
  const answer: SdpPassage = { ...common, calleeTag: `b${call}`, fromCaller: false, kind: 'answer', final: true, sdp: sdp(6_000) };
  for (const passage of [offer, answer]) {
    sessions.pass(passage, (outcome) => { if (outcome.t !== 'edited') throw new Error(`call ${call}: ${JSON.stringify(outcome)}`); });
  }
}

// What is compiled and loaded once belongs to no call.
const warmUps = 200;
for (let call = 0; call < warmUps; call++) setUp(call);
const before = resident();
const cpu = process.cpuUsage();
const began = performance.now();
for (let call = warmUps; call < calls; call++) setUp(call);
const tookMs = performance.now() - began;
const { user, system } = process.cpuUsage(cpu);
const each = calls - warmUps;
const result: Capacity = { calls, setUpsPerSecond: each / (tookMs / 1_000), cpuMicrosEach: (user + system) / each, bytesEach: (resident() - before) / each };
parentPort?.postMessage(result);
relay.close();
