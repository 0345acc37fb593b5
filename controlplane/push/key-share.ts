/** Which cluster keys each connected node was sent: it gets them again when they are others, and the newest reading is the last that it gets. */
import type { ClusterKey, ServerMessage } from '../../dataplane/contract/wire.ts';

interface Recipient {
  send(message: ServerMessage): void;
}

export class KeyShare<R extends Recipient> {
  private readonly read: () => Promise<readonly ClusterKey[]>;
  private readonly sent = new WeakMap<R, string>();
  private newest: string | null = null;
  private reading: Promise<void> | null = null;
  private askedAgain = false;

  constructor(read: () => Promise<readonly ClusterKey[]>) {
    this.read = read;
  }

  /** Sends a new connection what was read for it. False when another reading has brought others since: refresh then. */
  greet(recipient: R, keys: readonly ClusterKey[]): boolean {
    const text = textOf(keys);
    recipient.send({ t: 'keys', keys });
    this.sent.set(recipient, text);
    return this.newest === null || this.newest === text;
  }

  /** Reads the keys and sends them to those who have others. One reading at a time; whoever asks meanwhile gets another one. */
  refresh(recipients: () => Iterable<R>): Promise<void> {
    if (this.reading !== null) {
      this.askedAgain = true;
      return this.reading;
    }
    this.reading = this.share(recipients).finally(() => { this.reading = null; });
    return this.reading;
  }

  private async share(recipients: () => Iterable<R>): Promise<void> {
    do {
      this.askedAgain = false;
      const keys = await this.read();
      const text = this.newest = textOf(keys);
      for (const recipient of recipients()) {
        if (this.sent.get(recipient) === text) continue;
        recipient.send({ t: 'keys', keys });
        this.sent.set(recipient, text);
      }
    } while (this.askedAgain);
  }
}

const textOf = (keys: readonly ClusterKey[]): string => JSON.stringify(keys);
