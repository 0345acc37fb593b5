/**
 * The load of the media bench, a process of its own: both ends of all calls on 127.0.0.1. Each end sends G.711 packets, evenly
 * spread over time, and what arrives is checked: the right call, the whole payload. Prints one JSON line (LoadResult) and ends.
 * It uses the product's sockets by system calls, so that it costs less than what it measures, and turns all the time, so that its
 * own waking up is in no figure.
 */
import { PolledSockets } from '../../dataplane/media/userland/polled-sockets.ts';
import type { DatagramSocket } from '../../dataplane/media/userland/datagrams.ts';
import { systemCalls } from '../../dataplane/system/calls.ts';
import { percentile } from '../statistics.ts';
import { calleePort, callerPort, loadHost, packetBytes, type LoadOrder, type LoadResult } from './order.ts';

const host = loadHost;
/** What is still on its way when the last packet was sent. */
const drainMs = 500;
/** Of each end. */
const warmUpPackets = 4;
const maxSamples = 2_000_000;
const [sequenceAt, timestampAt, sourceAt, timeAt, patternAt] = [2, 4, 8, 12, 20];

const order = JSON.parse(process.argv[2] ?? '') as LoadOrder;
const calls = systemCalls();
if (calls === null) throw new Error('the load needs node:ffi on Linux');
const sockets = new PolledSockets(calls, { v4: host, v6: '' });

const ends = order.calls * 2;
const packet = Buffer.alloc(packetBytes);
packet.writeUInt8(0x80, 0);
packet.writeUInt8(8, 1);
for (let i = patternAt; i < packetBytes; i++) packet[i] = i;
const view = new DataView(packet.buffer, packet.byteOffset, packet.length);

const delays: number[] = [];
const late: number[] = [];
let [sent, received, damaged, measuring] = [0, 0, 0, false];

/** `end` hears its partner only. */
function hear(end: number, data: Uint8Array, length: number): void {
  const got = new DataView(data.buffer, data.byteOffset, length);
  if (length !== packetBytes || got.getUint32(sourceAt) !== (end ^ 1) || data[packetBytes - 1] !== ((packetBytes - 1) & 255) || data[patternAt] !== patternAt) {
    damaged++;
    return;
  }
  const delay = performance.now() - got.getFloat64(timeAt);
  if (!measuring || delay > 10_000) return;
  received++;
  if (delays.length < maxSamples) delays.push(delay);
}

const opened: DatagramSocket[] = [];
for (let end = 0; end < ends; end++) {
  const port = end % 2 === 0 ? callerPort(order.firstPort, end >> 1) : calleePort(order.firstPort, end >> 1);
  const socket = sockets.open(4, port, { known: (data, length) => hear(end, data, length), other: () => { damaged++; } });
  if (socket === null) throw new Error(`port ${port} is not to be had`);
  const at = { address: host, port: order.ports[end] ?? 0 };
  socket.know(at);
  socket.aim(at);
  opened.push(socket);
}

const sequences = new Uint16Array(ends);
function say(end: number): void {
  const sequence = sequences[end] ?? 0;
  sequences[end] = sequence + 1;
  view.setUint16(sequenceAt, sequence);
  view.setUint32(timestampAt, sequence * 160);
  view.setUint32(sourceAt, end);
  view.setFloat64(timeAt, performance.now());
  opened[end]?.send(packet, packetBytes);
}

/** Lets everything that comes within `ms` in. */
function listen(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until) sockets.serve(0);
}

// Both sides are learned before anything counts.
for (let round = 0; round < warmUpPackets; round++) {
  for (let end = 0; end < ends; end++) {
    say(end);
    if (end % 16 === 15) listen(2);
  }
  listen(50);
}

measuring = true;
const total = Math.round(order.seconds * order.packetsPerSecond);
const began = performance.now();
while (sent < total) {
  const now = performance.now();
  const due = Math.min(total, Math.floor(((now - began) * order.packetsPerSecond) / 1_000));
  for (let burst = 0; sent < due && burst < 8; burst++) {
    if (late.length < maxSamples) late.push(now - began - (sent * 1_000) / order.packetsPerSecond);
    say(sent % ends);
    sent++;
  }
  sockets.serve(0);
}
listen(drainMs);
for (const socket of opened) socket.close();

const result: LoadResult = { sent, received, damaged, delayP50Ms: percentile(delays, 50), delayP99Ms: percentile(delays, 99), delayMaxMs: delays.reduce((most, delay) => Math.max(most, delay), 0), lateP99Ms: percentile(late, 99) };
process.stdout.write(`${JSON.stringify(result)}\n`);
