/** Free ports for tests, below the kernel's ephemeral range so that no outgoing socket takes one in between. */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const lowest = 18_000;
const highest = 31_900;
const given = new Set<number>();

const bindsTcp = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });

const bindsUdp = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind({ port, address: host, exclusive: true }, () => socket.close(() => resolve(true)));
  });

/** A port that is free for UDP and TCP on both loopback addresses and was not given out before by this process. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (given.has(port)) continue;
    given.add(port);
    let free = true;
    for (const host of ['127.0.0.1', '::1']) free = free && (await bindsTcp(host, port)) && (await bindsUdp(host, port));
    if (free) return port;
  }
}

/** The start of `count` neighbouring free ports (backend ports of several workers, media ranges). */
export async function freePortRange(count: number): Promise<number> {
  for (;;) {
    const first = await freePort();
    let free = true;
    for (let i = 1; i < count && free; i++) {
      free = !given.has(first + i) && (await bindsUdp('127.0.0.1', first + i)) && (await bindsTcp('127.0.0.1', first + i));
    }
    if (!free) continue;
    for (let i = 1; i < count; i++) given.add(first + i);
    return first;
  }
}
