/**
 * Fans live events out to everyone who listens. Frames of what must not be missed are kept in a ring, so that a client
 * that was away for a moment gets them by its Last-Event-ID; figures that the next ones replace are not.
 */
import type { LiveEventName, LiveEvents } from '../contract/events.ts';

const kept = 1_000;

/** One server-sent event, ready to be written. */
export type Frame = string;

export interface Subscription {
  /** What the client missed. */
  readonly missed: readonly Frame[];
  /** True when the ring no longer holds everything it missed: the client reads its pages anew. */
  readonly reset: boolean;
  unsubscribe(): void;
}

export class EventHub {
  private readonly instance: string;
  private readonly ring: { readonly n: number; readonly frame: Frame }[] = [];
  private readonly listeners = new Set<(frame: Frame) => void>();
  private next = 1;

  /** `instance` tells this process's event numbers from those of another. */
  constructor(instance: string) {
    this.instance = instance;
  }

  get listening(): number {
    return this.listeners.size;
  }

  /** An event that a client gets even if it was away for a moment. */
  publish<N extends LiveEventName>(name: N, data: LiveEvents[N]): void {
    const n = this.next;
    this.next += 1;
    const frame = `id: ${this.instance}-${n}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
    this.ring.push({ n, frame });
    if (this.ring.length > kept) this.ring.shift();
    for (const listener of this.listeners) listener(frame);
  }

  /** A figure that the next one replaces: only for who listens now. `data` is made only when somebody does. */
  show<N extends LiveEventName>(name: N, data: () => LiveEvents[N]): void {
    if (this.listeners.size === 0) return;
    const frame = `event: ${name}\ndata: ${JSON.stringify(data())}\n\n`;
    for (const listener of this.listeners) listener(frame);
  }

  /** `lastEventId` null = a client that comes for the first time. */
  subscribe(listener: (frame: Frame) => void, lastEventId: string | null): Subscription {
    this.listeners.add(listener);
    const unsubscribe = (): void => {
      this.listeners.delete(listener);
    };
    if (lastEventId === null) return { missed: [], reset: false, unsubscribe };
    const [instance, text] = splitId(lastEventId);
    const last = /^[0-9]{1,15}$/.test(text) ? Number(text) : -1;
    const oldest = this.ring[0]?.n ?? this.next;
    if (instance !== this.instance || last < oldest - 1 || last >= this.next) {
      return { missed: [], reset: true, unsubscribe };
    }
    return { missed: this.ring.filter((entry) => entry.n > last).map((entry) => entry.frame), reset: false, unsubscribe };
  }
}

function splitId(id: string): [string, string] {
  const at = id.lastIndexOf('-');
  return at === -1 ? [id, ''] : [id.slice(0, at), id.slice(at + 1)];
}
