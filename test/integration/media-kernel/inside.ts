/**
 * A process inside of a network namespace, told what to do by lines of JSON on its standard input: sockets that send and tell
 * what they heard and, in the edge, the kernel offload.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { KernelOffload, type KernelSettings } from '../../../dataplane/media/kernel/kernel-offload.ts';
import { selfTest } from '../../../dataplane/media/kernel/self-test.ts';
import type { OffloadFlow } from '../../../dataplane/media/offload.ts';

export interface Heard {
  readonly text: string;
  readonly from: string;
}

export type Order =
  | { readonly t: 'open'; readonly address: string; readonly port: number }
  | { readonly t: 'send'; readonly from: number; readonly hex: string; readonly address: string; readonly port: number; readonly times: number }
  | { readonly t: 'heard'; readonly port: number }
  | { readonly t: 'self-test'; readonly settings: KernelSettings }
  | { readonly t: 'start'; readonly settings: KernelSettings }
  | { readonly t: 'take'; readonly flow: OffloadFlow }
  | { readonly t: 'release'; readonly flow: number }
  | { readonly t: 'counts'; readonly flow: number }
  | { readonly t: 'figures' }
  | { readonly t: 'close'; readonly keep: boolean };

const sockets = new Map<number, { readonly socket: Socket; readonly heard: Heard[] }>();
let offload: KernelOffload | null = null;

const started = (): KernelOffload => {
  if (offload === null) throw new Error('the offload was not started');
  return offload;
};

async function open(address: string, port: number): Promise<void> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  const heard: Heard[] = [];
  socket.on('message', (data, { address: from, port: fromPort }) => heard.push({ text: data.toString('hex'), from: `${from} ${fromPort}` }));
  // ICMP of single datagrams.
  socket.on('error', () => undefined);
  socket.bind(port, address);
  await once(socket, 'listening');
  sockets.set(port, { socket, heard });
}

async function obey(order: Order): Promise<unknown> {
  switch (order.t) {
    case 'open':
      return open(order.address, order.port);
    case 'send':
      for (let i = 0; i < order.times; i++) sockets.get(order.from)?.socket.send(Buffer.from(order.hex, 'hex'), order.port, order.address);
      return null;
    case 'heard':
      return sockets.get(order.port)?.heard ?? [];
    case 'self-test':
      return selfTest('signalbox_test', order.settings.ports, order.settings.families);
    case 'start': {
      const result = await KernelOffload.start(order.settings);
      if (!result.ok) return { problem: result.error };
      offload = result.value;
      return { adopted: offload.adopted };
    }
    case 'take': {
      const accepted = started().accepts(order.flow);
      return new Promise((resolve) => {
        const number: number = started().take(order.flow, (taken) => resolve({ number, taken, accepted }));
      });
    }
    case 'release':
      return new Promise((resolve) => started().release(order.flow, resolve));
    case 'counts':
      return started().counts(order.flow);
    case 'figures':
      return started().figures;
    case 'close':
      await started().close(order.keep);
      return null;
  }
}

if (process.argv[1] === import.meta.filename) {
  createInterface({ input: process.stdin }).on('line', (line) => {
    const { n, order } = JSON.parse(line) as { n: number; order: Order };
    const reply = (answer: object): boolean => process.stdout.write(`${JSON.stringify({ n, ...answer })}\n`);
    obey(order).then((value) => reply({ value: value ?? null }), (error: unknown) => reply({ error: String(error) }));
  }).on('close', () => process.exit(0));
  process.stdout.write('ready\n');
}
