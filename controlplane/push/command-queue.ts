/** Commands on their way to nodes: sent when the node is there, again after a reconnect, until answered or expired. */
import { randomUUID } from 'node:crypto';
import type { Result } from '../../dataplane/contract/result.ts';
import { err, ok } from '../../dataplane/contract/result.ts';
import type { NodeMessage, ServerMessage } from '../../dataplane/contract/wire.ts';
import type { CommandFailure } from './api.ts';

type Outcome = Result<unknown, CommandFailure>;

interface Pending {
  readonly node: string;
  readonly name: string;
  readonly args: unknown;
  readonly expiresAtMs: number;
  readonly done: (outcome: Outcome) => void;
  readonly timer: NodeJS.Timeout;
}

/** Commands that may wait at once over all nodes. */
const capacity = 10_000;

export class CommandQueue {
  private readonly pending = new Map<string, Pending>();
  private readonly send: (nodeId: string, message: ServerMessage) => void;
  private readonly now: () => number;

  /** @param send drops the message when the node is away. @param now epoch milliseconds. */
  constructor(send: (nodeId: string, message: ServerMessage) => void, now: () => number) {
    this.send = send;
    this.now = now;
  }

  /** Resolves with the node's data; never rejects. */
  submit(node: string, name: string, args: unknown, ttlMs: number): Promise<Outcome> {
    if (this.pending.size >= capacity) return Promise.resolve(err({ code: 'failed', message: 'too many commands are waiting' }));
    return new Promise((resolve) => {
      const id = randomUUID();
      const timer = setTimeout(() => { this.finish(id, err({ code: 'expired', message: `the node did not answer within ${ttlMs} ms` })); }, ttlMs);
      const command: Pending = { node, name, args, expiresAtMs: this.now() + ttlMs, done: resolve, timer };
      this.pending.set(id, command);
      this.transmit(id, command);
    });
  }

  /** The node is there (again): what waits for it goes out; it runs each id once. */
  connected(node: string): void {
    for (const [id, command] of this.pending) if (command.node === node) this.transmit(id, command);
  }

  result(node: string, message: Extract<NodeMessage, { t: 'result' }>): void {
    if (this.pending.get(message.id)?.node !== node) return;
    this.finish(message.id, message.ok ? ok(message.data) : err({ code: 'failed', message: message.error }));
  }

  close(): void {
    for (const id of [...this.pending.keys()]) this.finish(id, err({ code: 'closed', message: 'the control plane is stopping' }));
  }

  private transmit(id: string, { node, name, args, expiresAtMs }: Pending): void {
    this.send(node, { t: 'cmd', id, name, args, ttlMs: Math.max(0, expiresAtMs - this.now()) });
  }

  private finish(id: string, outcome: Outcome): void {
    const command = this.pending.get(id);
    if (command === undefined) return;
    this.pending.delete(id);
    clearTimeout(command.timer);
    command.done(outcome);
  }
}
