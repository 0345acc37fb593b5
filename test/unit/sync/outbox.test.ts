import { describe, expect, it } from 'vitest';
import { channel } from '../../../dataplane/contract/wire.ts';
import type { NodeEvent, NodeReport } from '../../../dataplane/contract/wire.ts';
import { Outbox } from '../../../dataplane/sync/outbox.ts';

const report = (calls: number): NodeReport => ({ counters: { calls }, gauges: {}, destinations: [] });
const event = (n: number): NodeEvent => ({ atMs: n, kind: 'k', subject: '', text: '', detail: {} });
const events = (first: number, count: number): NodeEvent[] => Array.from({ length: count }, (_, i) => event(first + i));

describe('the outbox', () => {
  it('sends the newest report once', () => {
    const outbox = new Outbox();
    outbox.putReport(report(1));
    outbox.putReport(report(2));
    expect(outbox.take()).toEqual([{ t: 'report', report: report(2) }]);
    expect(outbox.take()).toEqual([]);
  });

  it('sends events a frame at a time, the next when the last is acknowledged', () => {
    const outbox = new Outbox();
    outbox.putEvents(events(1, 150));
    expect(outbox.take()).toMatchObject([{ t: 'events', first: 1, events: { length: 100 } }]);
    expect(outbox.take()).toEqual([]);
    outbox.acknowledged(100);
    expect(outbox.take()).toMatchObject([{ first: 101, events: { length: 50 } }]);
    outbox.acknowledged(150);
    expect(outbox.take()).toEqual([]);
  });

  it('sends again after a reconnect what was not acknowledged', () => {
    const outbox = new Outbox();
    outbox.putEvents(events(1, 3));
    outbox.take();
    outbox.acknowledged(1);
    outbox.reconnected();
    expect(outbox.take()).toEqual([{ t: 'events', first: 2, events: [event(2), event(3)] }]);
    outbox.acknowledged(1);
    outbox.acknowledged(99);
    expect(outbox.take()).toEqual([]);
    outbox.putEvents([event(4)]);
    expect(outbox.take()).toMatchObject([{ first: 4 }]);
  });

  it('keeps the newest events when there are too many, and their numbers', () => {
    const outbox = new Outbox();
    outbox.putEvents(events(1, channel.eventsKept + 5));
    expect(outbox.dropped).toBe(5);
    expect(outbox.take()).toMatchObject([{ first: 6, events: events(6, 100) }]);
  });
});
