/**
 * History of what happened: health changes, nodes, sign-ins, audit of what is not configuration. Writers never wait:
 * events queue (bounded) and go to the database in batches; only the newest are kept.
 */
import type { StoredEvent } from '../contract/events.ts';

export interface NewEvent {
  readonly atMs: number;
  readonly kind: string;
  readonly severity: StoredEvent['severity'];
  /** null = the control plane itself. */
  readonly node: { readonly id: string; readonly name: string } | null;
  readonly subject: string;
  readonly text: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface EventFilter {
  readonly kind?: string;
  readonly node?: string;
  readonly subject?: string;
}

export interface EventStore {
  /** Stores the batch and gives the events with their numbers, in order. */
  add(events: readonly NewEvent[]): Promise<readonly StoredEvent[]>;
  /** Newest first, older than `before` when given. */
  list(filter: EventFilter, before: number | null, limit: number): Promise<readonly StoredEvent[]>;
  /** Keeps the newest `keep`. */
  prune(keep: number): Promise<void>;
}

export const eventBounds = { queued: 2_000, batch: 200, kept: 100_000, pruneEvery: 1_000, attempts: 30, textLength: 1_024, subjectLength: 255, detailLength: 4_096 } as const;

export interface EventLogDeps {
  readonly store: EventStore;
  readonly now: () => number;
  /** After an event is stored. */
  readonly stored: (event: StoredEvent) => void;
  readonly log: (level: 'warn' | 'error', text: string, detail?: Readonly<Record<string, unknown>>) => void;
}

export class EventLog {
  private readonly deps: EventLogDeps;
  private queue: NewEvent[] = [];
  private dropped = 0;
  private sincePrune = 0;
  private writing: Promise<void> | null = null;
  /** Times in a row that the first batch of the queue could not be stored. */
  private failures = 0;

  constructor(deps: EventLogDeps) {
    this.deps = deps;
  }

  /** Never throws and never waits; beyond the queue's bound events are counted and dropped. */
  record(event: Omit<NewEvent, 'atMs'> & { readonly atMs?: number }): void {
    if (this.queue.length >= eventBounds.queued) {
      this.dropped += 1;
      return;
    }
    this.queue.push(bounded({ ...event, atMs: event.atMs ?? this.deps.now() }));
    if (this.failures === 0) this.writing ??= this.write();
  }

  /** Tries again what could not be stored; called every few seconds. */
  retry(): void {
    if (this.queue.length > 0) this.writing ??= this.write();
  }

  /** Resolves when everything recorded so far is stored (or could not be). */
  async flushed(): Promise<void> {
    while (this.writing !== null) await this.writing;
  }

  list(filter: EventFilter, before: number | null, limit: number): Promise<readonly StoredEvent[]> {
    return this.deps.store.list(filter, before, limit);
  }

  private async write(): Promise<void> {
    // Let the events of one moment gather, so that a storm becomes few statements.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.queue.length > 0) {
      const batch = this.queue.slice(0, eventBounds.batch);
      try {
        const stored = await this.deps.store.add(batch);
        this.queue = this.queue.slice(batch.length);
        this.failures = 0;
        for (const event of stored) this.deps.stored(event);
        await this.prune(batch.length);
      } catch (error) {
        this.failed(batch.length, error);
        break;
      }
      if (this.dropped > 0) {
        this.deps.log('warn', `${this.dropped} events were dropped because too many came at once`);
        this.dropped = 0;
      }
    }
    this.writing = null;
  }

  /** The database is away, or something in the batch is not to its liking: wait, and in the end go on without. */
  private failed(count: number, error: unknown): void {
    const detail = { error: error instanceof Error ? error.message : String(error) };
    this.failures += 1;
    if (this.failures === 1) this.deps.log('warn', `${count} events could not be stored yet`, detail);
    if (this.failures < eventBounds.attempts) return;
    this.queue = this.queue.slice(count);
    this.failures = 0;
    this.deps.log('error', `${count} events could not be stored and are dropped`, detail);
  }

  private async prune(added: number): Promise<void> {
    this.sincePrune += added;
    if (this.sincePrune < eventBounds.pruneEvery) return;
    this.sincePrune = 0;
    await this.deps.store.prune(eventBounds.kept);
  }
}

function bounded(event: NewEvent): NewEvent {
  const detail = JSON.stringify(event.detail).length > eventBounds.detailLength ? {} : event.detail;
  return { ...event, kind: event.kind.slice(0, 64), text: event.text.slice(0, eventBounds.textLength), subject: event.subject.slice(0, eventBounds.subjectLength), detail };
}
