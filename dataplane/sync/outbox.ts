/** Facts on their way up: the newest report, and events in order until the server has acknowledged them. Bounded. */
import { channel } from '../contract/wire.ts';
import type { NodeEvent, NodeMessage, NodeReport } from '../contract/wire.ts';

/** Events of one frame. */
const frameEvents = 100;

export class Outbox {
  private report: NodeReport | null = null;
  private events: NodeEvent[] = [];
  /** Number of `events[0]`, counted from the start of the process; the server drops what it has seen. */
  private first = 1;
  /** Events sent on this connection and not acknowledged. */
  private sent = 0;
  dropped = 0;

  putReport(report: NodeReport): void {
    this.report = report;
  }

  putEvents(events: readonly NodeEvent[]): void {
    this.events.push(...events);
    const excess = this.events.length - channel.eventsKept;
    if (excess <= 0) return;
    // The oldest go: what is wrong now matters more. The gap in numbers tells the server.
    this.events.splice(0, excess);
    this.first += excess;
    this.sent = Math.max(0, this.sent - excess);
    this.dropped += excess;
  }

  /** A new connection: what was not acknowledged goes again. */
  reconnected(): void {
    this.sent = 0;
  }

  acknowledged(upTo: number): void {
    const done = Math.min(this.events.length, Math.max(0, upTo - this.first + 1));
    this.events.splice(0, done);
    this.first += done;
    this.sent = Math.max(0, this.sent - done);
  }

  /** What to send now: the report if there is a new one, and one frame of events if none is in flight. */
  take(): readonly NodeMessage[] {
    const messages: NodeMessage[] = [];
    if (this.report !== null) messages.push({ t: 'report', report: this.report });
    this.report = null;
    if (this.sent === 0 && this.events.length > 0) {
      const events = this.events.slice(0, frameEvents);
      this.sent = events.length;
      messages.push({ t: 'events', first: this.first, events });
    }
    return messages;
  }
}
