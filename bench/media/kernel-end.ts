/**
 * One end of the calls of the kernel part of the media bench. It sleeps between bursts of 4 ms, so that what its packets cost
 * the kernel on their way shows in its CPU and is not hidden in a busy loop. Prints one JSON line (EndResult) and ends.
 */
import { PolledSockets } from '../../dataplane/media/userland/polled-sockets.ts';
import type { DatagramSocket } from '../../dataplane/media/userland/datagrams.ts';
import { systemCalls } from '../../dataplane/system/calls.ts';
import type { EndOrder, EndResult } from './kernel-order.ts';
import { packetBytes } from './order.ts';

const burstMicros = 4_000;
const drainMs = 700;
/** In the packet: was it sent in the window. */
const flagAt = 12;

const order = JSON.parse(process.argv[2] ?? '') as EndOrder;
const calls = systemCalls();
if (calls === null) throw new Error('this needs node:ffi on Linux');
const sockets = new PolledSockets(calls, { v4: order.address, v6: '' });
const packet = Buffer.alloc(packetBytes);
packet.writeUInt8(0x80, 0);
packet.writeUInt8(8, 1);

let [sent, received, strange] = [0, 0, 0];
const opened: DatagramSocket[] = order.places.map((place, call) => {
  const socket = sockets.open(4, order.firstPort + 2 * call, {
    known: (data, length) => {
      if (length !== packetBytes) strange++;
      else if (data[flagAt] === 1) received++;
    },
    other: () => { strange++; },
  });
  if (socket === null) throw new Error(`port ${order.firstPort + 2 * call} is not to be had`);
  socket.know(place);
  socket.aim(place);
  return socket;
});

const sequences = new Uint16Array(opened.length);
let turn = 0;
function say(counts: boolean): void {
  const sequence = (sequences[turn] ?? 0) + 1;
  sequences[turn] = sequence;
  packet.writeUInt16BE(sequence & 0xffff, 2);
  packet.writeUInt32BE((sequence * 160) >>> 0, 4);
  packet.writeUInt32BE(turn, 8);
  packet[flagAt] = counts ? 1 : 0;
  if (opened[turn]?.send(packet, packetBytes) === true && counts) sent++;
  turn = (turn + 1) % opened.length;
}

const startedMs = Date.now();
let said = 0;
let [before, after] = [0, 0];
const cpu = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};
for (let now = startedMs; now < order.untilMs + drainMs; now = Date.now()) {
  const counts = now >= order.fromMs && now < order.untilMs;
  if (counts && before === 0) before = cpu();
  if (now >= order.untilMs && after === 0) after = cpu();
  if (now < order.untilMs) for (const due = ((now - startedMs) * order.packetsPerSecond) / 1_000; said < due; said++) say(counts);
  calls.usleep(burstMicros);
  while (sockets.serve(0) > 0);
}
if (after === 0) after = cpu();
const result: EndResult = { sent, received, strange, cpuMicros: after - before };
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit(0);
