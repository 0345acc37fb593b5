/**
 * The old process's side of an upgrade: listens at a local socket in the data folder for the process that takes over, tells
 * it what it must know, and passes mail between the workers of both until this process has finished what it has begun.
 */
import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import type { BindingChange } from '../registrations/binding.ts';
import { HandoverLink, keyFrames, protocol, type Frame, type Welcome } from './handover-link.ts';
import type { Mail, OtherProcess } from './neighbour-mail.ts';

/** What the node does for its successor. */
export interface Estate {
  /** Lets go of what only one process may have (files, control-plane session); null = not now, a sentence why. */
  prepare(): Promise<Welcome | string>;
  /** Takes nothing new from now on. @returns the keys of what is left */
  bequeath(successor: OtherProcess): Promise<readonly Int32Array[]>;
  mail(from: number, to: number, mail: Mail): void;
  /** Resolves when the workers have dealt with all mail so far. */
  flush(): Promise<void>;
  /** The successor is gone: before it took over (`early`), or without waiting for the end of this process. */
  orphaned(early: boolean): void;
}

export class HandoverDesk {
  readonly #server: Server;
  readonly #estate: Estate;
  readonly #onFault: (error: unknown) => void;
  #link: HandoverLink | null = null;
  #switched = false;
  #finished = false;
  #bye: () => void = () => undefined;

  private constructor(server: Server, estate: Estate, onFault: (error: unknown) => void) {
    this.#server = server;
    this.#estate = estate;
    this.#onFault = onFault;
    server.on('connection', (socket) => this.#greet(socket));
    server.on('error', onFault);
  }

  /**
   * Opens the socket, over one that a killed process has left. It is for this user only, from the moment it is there: who
   * talks to it gets the node's keys. For the main thread, as no other may set the umask.
   * @throws the listen error (a path too long for a socket: 107 bytes)
   */
  static async open(path: string, estate: Estate, onFault: (error: unknown) => void): Promise<HandoverDesk> {
    rmSync(path, { force: true });
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      const before = process.umask(0o077);
      try {
        // The socket is made within this call. A folder that another thread makes meanwhile can still be entered.
        server.listen(path, () => {
          server.off('error', reject);
          resolve();
        });
      } finally {
        process.umask(before);
      }
    });
    return new HandoverDesk(server, estate, onFault);
  }

  /** Whether the successor has taken over. */
  get switched(): boolean {
    return this.#switched;
  }

  get dropped(): number {
    return this.#link?.dropped ?? 0;
  }

  post(to: number, from: number, mail: Mail): void {
    this.#link?.send({ t: 'mail', to, from, mail });
  }

  /** For a process that is taking over, or has. */
  registrations(changes: readonly BindingChange[]): void {
    this.#link?.send({ t: 'registrations', changes });
  }

  left(transactions: number): void {
    this.#link?.send({ t: 'left', transactions });
  }

  /** This process has nothing left: says so, answers what is still asked, and resolves when nothing more will be. */
  async done(): Promise<void> {
    this.#finished = true;
    if (this.#link === null) return;
    const bye = new Promise<void>((resolve) => { this.#bye = resolve; });
    this.#link.send({ t: 'done' });
    await bye;
    await this.#estate.flush();
    await this.#link.end();
  }

  close(): void {
    this.#finished = true;
    if (this.#server.listening) this.#server.close();
    this.#link?.destroy();
  }

  #greet(socket: Socket): void {
    const link = new HandoverLink(socket, {
      frame: (frame) => { this.#take(link, frame).catch((error: unknown) => this.#failed(link, error)); },
      closed: () => this.#closed(link),
    });
  }

  async #take(link: HandoverLink, frame: Frame): Promise<void> {
    switch (frame.t) {
      case 'hello':
        await this.#hello(link, frame);
        return;
      case 'ready': {
        if (link !== this.#link || this.#switched) return;
        this.#switched = true;
        const keys = await this.#estate.bequeath({ generation: frame.generation, workers: frame.workers });
        // The successor will listen at the same path, which closing removes.
        this.#server.close();
        for (const part of keys) for (const one of keyFrames(part)) link.send(one);
        link.send({ t: 'switched' });
        return;
      }
      case 'mail':
        if (link === this.#link) this.#estate.mail(frame.from, frame.to, frame.mail);
        return;
      case 'bye':
        this.#bye();
        return;
      default:
    }
  }

  async #hello(link: HandoverLink, { protocol: spoken, takeover }: Extract<Frame, { t: 'hello' }>): Promise<void> {
    const refuse = (sentence: string): Promise<void> => {
      link.send({ t: 'refused', sentence });
      return link.end();
    };
    if (!takeover) return refuse(`another data plane (process ${process.pid}) serves this data folder; stop it first, or start with --takeover to replace it without losing calls`);
    if (spoken !== protocol) return refuse(`the data plane that runs (process ${process.pid}) is of a version that this one cannot take over from; stop it first`);
    if (this.#link !== null) return refuse(`the data plane that runs (process ${process.pid}) is being replaced already`);
    this.#link = link;
    const welcome = await this.#estate.prepare();
    if (typeof welcome === 'string') {
      this.#link = null;
      await refuse(welcome);
    } else {
      link.send({ t: 'welcome', ...welcome });
    }
  }

  #failed(link: HandoverLink, error: unknown): void {
    this.#onFault(error);
    link.destroy();
  }

  #closed(link: HandoverLink): void {
    if (link !== this.#link) return;
    this.#bye();
    if (this.#finished) return;
    this.#link = null;
    this.#estate.orphaned(!this.#switched);
  }
}
