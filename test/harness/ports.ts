/**
 * Free ports for tests, below the kernel's ephemeral range so that no outgoing socket takes one in between. A process takes them out
 * of blocks that it claims for itself: who finds a port free and binds it a moment later meets no other test that did the same.
 */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const lowest = 10_000;
const highest = 31_999;
/** Room for the widest media range of a test; there are 22 of them for all that run at the same time. */
const blockSize = 1_000;

/** A block of this process; `next` is the first port of it that was not given out. */
interface Block {
  readonly last: number;
  next: number;
}

const blocks: Block[] = [];
let claiming: Promise<void> | null = null;

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

async function isFree(port: number): Promise<boolean> {
  for (const host of ['127.0.0.1', '::1']) if (!(await bindsTcp(host, port)) || !(await bindsUdp(host, port))) return false;
  return true;
}

/** The claim on a block is a listener on its first port, which the system takes back when the process ends, however that comes. */
const claim = (first: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port: first, exclusive: true }, () => {
      server.unref();
      resolve(true);
    });
  });

/** Claims a block that no process has, any of them, so that ports rest before they are given out again. */
async function newBlock(): Promise<void> {
  const count = Math.floor((highest + 1 - lowest) / blockSize);
  const begin = Math.floor(Math.random() * count);
  for (let i = 0; i < count; i++) {
    const first = lowest + ((begin + i) % count) * blockSize;
    if (!(await claim(first))) continue;
    blocks.push({ next: first + 1, last: first + blockSize - 1 });
    return;
  }
  throw new Error(`no ${blockSize} free ports between ${lowest} and ${highest}: too many tests run at the same time`);
}

/** The first of `count` neighbouring free ports of a block, null = it has no more. */
async function takeFrom(block: Block, count: number, even: boolean): Promise<number | null> {
  for (;;) {
    const first = block.next + (even ? block.next % 2 : 0);
    if (first + count - 1 > block.last) return null;
    // Given out before they are looked at: somebody else may ask meanwhile.
    block.next = first + count;
    let free = true;
    for (let port = first; port < first + count && free; port++) free = await isFree(port);
    if (free) return first;
  }
}

async function take(count: number, even: boolean): Promise<number> {
  // The first port of a block is its claim, and the next one is odd.
  if (count > blockSize - 2) throw new Error(`${count} ports are more than a block has`);
  for (;;) {
    for (const block of blocks) {
      const first = await takeFrom(block, count, even);
      if (first !== null) return first;
    }
    // Whoever else finds no room now waits for the same one.
    claiming ??= newBlock().finally(() => {
      claiming = null;
    });
    await claiming;
  }
}

/**
 * The first of `count` neighbouring ports (backend ports of several workers) that are free for UDP and TCP on both loopback addresses
 * and that were given to nobody else.
 */
export const freePortRange = (count: number): Promise<number> => take(count, false);

/** The first, even port of so many neighbouring pairs of RTP and RTCP. */
export const freePortPairs = (pairs: number): Promise<number> => take(2 * pairs, true);

/** One port, as `freePortRange` gives them. */
export const freePort = (): Promise<number> => take(1, false);
