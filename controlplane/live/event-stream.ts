/**
 * One client of `GET /events` as text/event-stream (WHATWG HTML "Server-sent events"): a bounded queue to its socket,
 * heart-beats, and an end as soon as what let it in no longer stands.
 */
import type { ServerResponse } from 'node:http';
import type { EventHub, Frame } from './hub.ts';

export const streamBounds = {
  /** Bytes that may wait for a slow client; then it is cut off and comes back by itself. */
  queuedBytes: 1024 * 1024,
  heartbeatMs: 15_000,
  /** How often a stream asks whether its session or token still holds. */
  recheckMs: 30_000,
  clients: 500,
  clientsAPrincipal: 20,
} as const;

export interface StreamClient {
  /** Kind and id of the principal: the bound of open streams counts by it. */
  readonly key: string;
  readonly session: string | null;
  readonly userId: string | null;
  /** False = what let it in is gone. */
  readonly stillValid: () => Promise<boolean>;
}

interface OpenStream { readonly client: StreamClient; close(): void }

export class EventStreams {
  private readonly hub: EventHub;
  private readonly streams = new Set<OpenStream>();

  constructor(hub: EventHub) {
    this.hub = hub;
  }

  get size(): number {
    return this.streams.size;
  }

  /** False when the client may not have another stream (its own bound, or everybody's). */
  admits(client: StreamClient): boolean {
    if (this.streams.size >= streamBounds.clients) return false;
    let own = 0;
    for (const stream of this.streams) if (stream.client.key === client.key) own += 1;
    return own < streamBounds.clientsAPrincipal;
  }

  /** Takes over the response and streams until either side ends it. */
  open(response: ServerResponse, client: StreamClient, lastEventId: string | null, headers: Readonly<Record<string, number | string | string[] | undefined>>): void {
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) response.setHeader(name, value);
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', connection: 'keep-alive', 'x-accel-buffering': 'no' });
    const write = (frame: Frame): void => {
      response.write(frame);
      if (response.writableLength > streamBounds.queuedBytes) close();
    };
    const subscription = this.hub.subscribe(write, lastEventId);
    const heartbeat = setInterval(() => write(': still here\n\n'), streamBounds.heartbeatMs);
    const recheck = setInterval(() => {
      client.stillValid().then((valid) => {
        if (!valid) close();
      }, close);
    }, streamBounds.recheckMs);
    let open = true;
    const close = (): void => {
      if (!open) return;
      open = false;
      subscription.unsubscribe();
      clearInterval(heartbeat);
      clearInterval(recheck);
      this.streams.delete(stream);
      response.destroy();
    };
    const stream: OpenStream = { client, close };
    this.streams.add(stream);
    response.once('close', close);
    response.once('error', close);
    // A client that cannot resume reads its pages anew when it sees this.
    response.write(`retry: 2000\nevent: ${subscription.reset ? 'reset' : 'hello'}\ndata: {}\n\n`);
    for (const frame of subscription.missed) write(frame);
  }

  /** Ends the streams that `matches` picks, e.g. those of a revoked session. */
  closeWhere(matches: (client: StreamClient) => boolean): void {
    for (const stream of [...this.streams]) if (matches(stream.client)) stream.close();
  }

  closeAll(): void {
    this.closeWhere(() => true);
  }
}
