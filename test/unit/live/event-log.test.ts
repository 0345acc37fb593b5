import { describe, expect, it } from 'vitest';
import type { StoredEvent } from '../../../controlplane/contract/events.ts';
import { EventLog, eventBounds } from '../../../controlplane/live/event-log.ts';
import type { EventStore, NewEvent } from '../../../controlplane/live/event-log.ts';

class MemoryStore implements EventStore {
  batches: number[] = [];
  events: StoredEvent[] = [];
  pruned: number[] = [];
  failing = false;
  async add(events: readonly NewEvent[]): Promise<readonly StoredEvent[]> {
    if (this.failing) throw new Error('disk full');
    this.batches.push(events.length);
    const stored = events.map((event, index) => ({
      id: this.events.length + index + 1, atMs: event.atMs, kind: event.kind, severity: event.severity, node: '', nodeName: '', subject: event.subject, text: event.text,
    }));
    this.events.push(...stored);
    return stored;
  }
  list = async (): Promise<readonly StoredEvent[]> => this.events;
  prune = async (keep: number): Promise<void> => {
    this.pruned.push(keep);
  };
}

function made() {
  const store = new MemoryStore();
  const told: StoredEvent[] = [];
  const logged: string[] = [];
  const log = new EventLog({ store, now: () => 42, stored: (event) => told.push(event), log: (_level, text) => logged.push(text) });
  const record = (text: string, detail: Readonly<Record<string, unknown>> = {}) => log.record({ kind: 'node', severity: 'info', node: null, subject: 's', text, detail });
  return { store, told, logged, log, record };
}

describe('the event log', () => {
  it('stores what is recorded at once in one batch and tells of it with its number', async () => {
    const { store, told, log, record } = made();
    for (let i = 0; i < 5; i += 1) record(`event ${i}`);
    await log.flushed();
    expect(store.batches).toEqual([5]);
    expect(told.map(({ id, text, atMs }) => [id, text, atMs])).toEqual([[1, 'event 0', 42], [2, 'event 1', 42], [3, 'event 2', 42], [4, 'event 3', 42], [5, 'event 4', 42]]);
  });

  it('drops beyond its queue, says how many, and goes on', async () => {
    const { store, logged, log, record } = made();
    for (let i = 0; i < eventBounds.queued + 100; i += 1) record('storm');
    await log.flushed();
    expect(store.events).toHaveLength(eventBounds.queued);
    expect(Math.max(...store.batches)).toBe(eventBounds.batch);
    expect(logged).toEqual(['100 events were dropped because too many came at once']);
    record('after');
    await log.flushed();
    expect(store.events).toHaveLength(eventBounds.queued + 1);
  });

  it('keeps what could not be stored, in order, and stores it when the database is back', async () => {
    const { store, logged, log, record } = made();
    store.failing = true;
    record('one');
    await log.flushed();
    record('two');
    log.retry();
    await log.flushed();
    expect(store.events).toEqual([]);
    store.failing = false;
    log.retry();
    await log.flushed();
    expect(store.events.map((event) => event.text)).toEqual(['one', 'two']);
    expect(logged).toEqual(['1 events could not be stored yet']);
    record('three');
    await log.flushed();
    expect(store.events).toHaveLength(3);
  });

  it('goes on without a batch that never gets stored', async () => {
    const { store, logged, log, record } = made();
    store.failing = true;
    record('poison');
    for (let i = 0; i < eventBounds.attempts; i += 1) {
      log.retry();
      await log.flushed();
    }
    expect(logged.at(-1)).toBe('1 events could not be stored and are dropped');
    store.failing = false;
    record('after');
    await log.flushed();
    expect(store.events.map((event) => event.text)).toEqual(['after']);
  });

  it('prunes every thousand events', async () => {
    const { store, log, record } = made();
    for (let i = 0; i < 1_500; i += 1) record('x');
    await log.flushed();
    expect(store.pruned).toEqual([eventBounds.kept]);
  });

  it('bounds every field', async () => {
    const { store, log } = made();
    log.record({ kind: 'k'.repeat(100), severity: 'info', node: null, subject: 's'.repeat(1_000), text: 't'.repeat(5_000), detail: { big: 'x'.repeat(10_000) } });
    await log.flushed();
    const [event] = store.events;
    expect([event?.kind.length, event?.subject.length, event?.text.length]).toEqual([64, 255, 1_024]);
  });
});
