/** A bad network: a UDP relay on loopback that drops, doubles, holds back and delays datagrams, each way by itself. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { hostPort } from './sip-text.ts';
import type { Endpoint } from './sip-wires.ts';

export interface LinkFaults {
  /** Shares of all datagrams, 0 to 1. */
  readonly drop: number;
  readonly duplicate: number;
  /** Held back until later ones have passed. */
  readonly reorder: number;
  /** Every datagram takes up to so long. */
  readonly delayMs: number;
}

export interface LinkCounts {
  carried: number;
  dropped: number;
  duplicated: number;
  reordered: number;
}

/** A held datagram, and the second of a doubled one, comes so much later at most. */
const heldMs = 60;

/** xorshift32: the same seed gives the same faults in the order of the datagrams. */
function chances(seed: number): () => number {
  let state = seed | 0 || 0x9e3779b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/**
 * Relays what comes to `port` on to its target, and the target's answers back. Each client is shown to the target by a
 * socket of its own, as a NAT does, and is reached there by anyone.
 */
export class LossyLink implements Endpoint {
  readonly host: string;
  readonly counts: LinkCounts = { carried: 0, dropped: 0, duplicated: 0, reordered: 0 };
  readonly #listener: Socket;
  readonly #target: Endpoint;
  readonly #faults: LinkFaults;
  readonly #chance: () => number;
  readonly #faces = new Map<string, Promise<Socket>>();
  readonly #timers = new Set<NodeJS.Timeout>();

  private constructor(host: string, listener: Socket, target: Endpoint, faults: LinkFaults, seed: number) {
    this.host = host;
    this.#listener = listener;
    this.#target = target;
    this.#faults = faults;
    this.#chance = chances(seed);
    listener.on('message', (data, from) => this.#inward(data, from));
  }

  static async open(target: Endpoint, faults: LinkFaults, seed: number, host = '127.0.0.1'): Promise<LossyLink> {
    return new LossyLink(host, await bind(host), target, faults, seed);
  }

  get port(): number {
    return this.#listener.address().port;
  }

  /** Where the target sees a client; what is sent there reaches the client. */
  async faceOf(client: Endpoint): Promise<Endpoint> {
    const socket = await this.#face(client);
    return { host: this.host, port: socket.address().port };
  }

  #face(client: Endpoint): Promise<Socket> {
    const key = hostPort(client.host, client.port);
    const known = this.#faces.get(key);
    if (known !== undefined) return known;
    const face = bind(this.host).then((socket) => {
      socket.on('message', (data) => this.#carry(() => this.#listener.send(data, client.port, client.host)));
      return socket;
    });
    this.#faces.set(key, face);
    return face;
  }

  #inward(data: Buffer, { address, port }: RemoteInfo): void {
    this.#face({ host: address, port }).then(
      (socket) => this.#carry(() => socket.send(data, this.#target.port, this.#target.host)),
      // Without a socket for it the datagram is lost, which is what this link is for.
      () => { this.counts.dropped += 1; },
    );
  }

  #carry(send: () => void): void {
    const { drop, duplicate, reorder, delayMs } = this.#faults;
    if (this.#chance() < drop) {
      this.counts.dropped += 1;
      return;
    }
    this.counts.carried += 1;
    let waitMs = delayMs * this.#chance();
    if (this.#chance() < reorder) {
      this.counts.reordered += 1;
      waitMs += heldMs * this.#chance();
    }
    this.#later(waitMs, send);
    if (this.#chance() >= duplicate) return;
    this.counts.duplicated += 1;
    this.#later(waitMs + heldMs * this.#chance(), send);
  }

  #later(waitMs: number, send: () => void): void {
    if (waitMs < 1) {
      send();
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      send();
    }, waitMs);
    this.#timers.add(timer);
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const face of this.#faces.values()) (await face).close();
    this.#listener.close();
  }
}

async function bind(host: string): Promise<Socket> {
  const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 4 * 1024 * 1024 });
  socket.bind(0, host);
  await once(socket, 'listening');
  // Somebody who has closed refuses: the datagram is lost, as on any link.
  socket.on('error', () => undefined);
  return socket;
}
