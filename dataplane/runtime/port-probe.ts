/**
 * Asks the kernel whether ports are free, before they are opened for sharing (SO_REUSEPORT): that would succeed beside any
 * process of the same user, and two strangers would get half of each other's messages.
 */
import { createSocket, type Socket } from 'node:dgram';
import { createServer } from 'node:net';
import type { ListenSetting } from '../listen-setting.ts';
import { codeOf, ListenError } from '../transport/listen-error.ts';

/** Platforms whose kernel deals out what arrives at a shared port; elsewhere one process with one worker has its ports to itself. */
export const portsCanBeShared = ['linux', 'freebsd', 'dragonfly', 'aix', 'sunos'].includes(process.platform);

/** Holds the ports that it found until it is closed, so that nobody finds one twice. */
export class PortProbe {
  readonly #held: Socket[] = [];

  /** The port when it is free (`port` 0: any free one), else 0. */
  udp(address: string, family: 4 | 6, port: number): Promise<number> {
    return new Promise((resolve) => {
      const socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4', ipv6Only: family === 6 });
      socket.once('error', () => {
        socket.close();
        resolve(0);
      });
      socket.bind({ address, port, exclusive: true }, () => {
        this.#held.push(socket);
        resolve(socket.address().port);
      });
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#held.splice(0).map((socket) => new Promise<void>((resolve) => { socket.close(resolve); })));
  }
}

/** The first of the listeners that somebody else holds, null = all can be opened. */
export async function heldPort(listen: readonly ListenSetting[]): Promise<ListenError | null> {
  for (const one of listen) {
    if (one.port === 0) continue;
    const code = one.transport === 'udp' ? await udpFault(one) : await tcpFault(one);
    if (code !== '') return new ListenError(one, code);
  }
  return null;
}

function udpFault({ address, family, port }: ListenSetting): Promise<string> {
  return new Promise((resolve) => {
    const socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4', ipv6Only: family === 6 });
    socket.once('error', (error) => {
      socket.close();
      resolve(codeOf(error));
    });
    socket.bind({ address, port, exclusive: true }, () => { socket.close(() => resolve('')); });
  });
}

function tcpFault({ address, family, port }: ListenSetting): Promise<string> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(codeOf(error)));
    server.listen({ host: address, port, ipv6Only: family === 6, exclusive: true }, () => { server.close(() => resolve('')); });
  });
}
