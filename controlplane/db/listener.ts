/**
 * LISTEN on a connection of its own (a pooled one may be handed to anybody). A notification is only a
 * wake-up; after every (re)connect the listener wakes once, because what happened meanwhile is unknown.
 */
import pg from 'pg';
import { messageOf } from '../start-fault.ts';

const retryFirstMs = 250;
const retryLongestMs = 5_000;

export class PostgresListener {
  private readonly url: string;
  private readonly channel: string;
  private readonly wake: () => void;
  private readonly warn: (text: string) => void;
  private client: pg.Client | null = null;
  private timer: NodeJS.Timeout | null = null;
  private retryMs = retryFirstMs;
  private closed = false;

  /** @param channel an SQL identifier of our own, never user input */
  constructor(url: string, channel: string, wake: () => void, warn: (text: string) => void) {
    this.url = url;
    this.channel = channel;
    this.wake = wake;
    this.warn = warn;
  }

  /** Connects once; later losses reconnect on their own, from 0.25 s up to every 5 s. */
  async start(): Promise<void> {
    if (this.closed) return;
    const client = new pg.Client({ connectionString: this.url, keepAlive: true, application_name: 'signalbox listener' });
    this.client = client;
    client.on('error', (error) => this.lost(client, messageOf(error)));
    client.on('end', () => this.lost(client, 'the connection ended'));
    client.on('notification', () => this.wake());
    try {
      await client.connect();
      await client.query(`LISTEN "${this.channel}"`);
    } catch (error) {
      this.lost(client, messageOf(error));
      return;
    }
    this.retryMs = retryFirstMs;
    this.wake();
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.timer !== null) clearTimeout(this.timer);
    const client = this.client;
    this.client = null;
    await client?.end();
  }

  private lost(client: pg.Client, why: string): void {
    if (this.closed || this.client !== client) return;
    this.client = null;
    this.warn(`lost the notification connection to the database (${why}); trying again in ${this.retryMs} ms, meanwhile the head is polled`);
    client.end().catch((error: unknown) => this.warn(`closing the lost connection failed: ${messageOf(error)}`));
    this.timer = setTimeout(() => {
      this.start().catch((error: unknown) => this.warn(`the notification connection failed: ${messageOf(error)}`));
    }, this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, retryLongestMs);
  }
}
