/**
 * Micro bench: CPU per UDP send for each way node:dgram offers, to choose the one in dataplane/transport/udp-node.ts.
 * Run: node bench/micro/udp.ts [sends per variant]. The receiver is a socket that nobody reads.
 */
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';

const sends = Number(process.argv[2] ?? 100_000);
const text = `SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKabcdef\r\nX-Padding: ${'x'.repeat(700)}\r\n\r\n`;
const literal = (address: string, family: unknown, done: unknown): void => {
  (done as (error: null, address: string, family: number) => void)(null, address, family === 6 ? 6 : 4);
};

const sink = createSocket('udp4');
sink.bind(0, '127.0.0.1');
await once(sink, 'listening');
const { port } = sink.address();
const shared = (): void => {};

type Send = (socket: Socket) => void;
const slab = Buffer.allocUnsafeSlow(65_536);
let used = 0;

const fromSlab = (socket: Socket): Buffer => {
  if (used + text.length > slab.length) {
    if (socket.getSendQueueCount() !== 0) throw new Error('a send waits in the queue');
    used = 0;
  }
  slab.write(text, used, text.length, 'latin1');
  const view = slab.subarray(used, used + text.length);
  used += text.length;
  return view;
};

const variants: readonly { name: string; custom: boolean; connect: boolean; send: Send }[] = [
  { name: 'string, default lookup', custom: false, connect: false, send: (s) => s.send(text, port, '127.0.0.1') },
  { name: 'latin1 buffer, default lookup', custom: false, connect: false, send: (s) => s.send(Buffer.from(text, 'latin1'), port, '127.0.0.1') },
  { name: 'latin1 buffer, literal lookup', custom: true, connect: false, send: (s) => s.send(Buffer.from(text, 'latin1'), port, '127.0.0.1') },
  { name: 'latin1 buffer, literal lookup, callback', custom: true, connect: false, send: (s) => s.send(Buffer.from(text, 'latin1'), port, '127.0.0.1', shared) },
  { name: 'slab, literal lookup', custom: true, connect: false, send: (s) => s.send(fromSlab(s), port, '127.0.0.1') },
  { name: 'slab, literal lookup, callback', custom: true, connect: false, send: (s) => s.send(fromSlab(s), port, '127.0.0.1', shared) },
  { name: 'latin1 buffer, connected', custom: true, connect: true, send: (s) => s.send(Buffer.from(text, 'latin1')) },
  { name: 'slab, connected', custom: true, connect: true, send: (s) => s.send(fromSlab(s)) },
];

const open = async (custom: boolean, connect: boolean): Promise<Socket> => {
  const socket = custom ? createSocket({ type: 'udp4', lookup: literal }) : createSocket('udp4');
  // With a lookup that answers at once these events come from inside bind and connect.
  const listening = once(socket, 'listening');
  socket.bind(0, '127.0.0.1');
  await listening;
  if (connect) {
    const connected = once(socket, 'connect');
    socket.connect(port, '127.0.0.1');
    await connected;
  }
  return socket;
};

const measure = async (socket: Socket, send: Send, count: number): Promise<number> => {
  const before = process.cpuUsage();
  for (let done = 0; done < count; done += 8) {
    for (let i = 0; i < 8; i++) send(socket);
    await new Promise<void>((resolve) => { setImmediate(resolve); });
  }
  const spent = process.cpuUsage(before);
  return (spent.user + spent.system) / count;
};

for (const round of [0, 1, 2]) {
  for (const { name, custom, connect, send } of variants) {
    const socket = await open(custom, connect);
    const micros = await measure(socket, send, round === 0 ? sends / 10 : sends);
    if (round > 0) console.log(`${micros.toFixed(2)} µs a send  ${name}`);
    socket.close();
  }
}
sink.close();
