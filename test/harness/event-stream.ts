/** A client of `GET /api/v1/events` as text/event-stream: collects frames and waits for one with a deadline. */

export interface SeenEvent {
  readonly id: string;
  readonly name: string;
  readonly data: unknown;
}

export class EventStreamClient {
  readonly status: number;
  readonly headers: Headers;
  readonly events: SeenEvent[] = [];
  /** True once the server has ended the stream. */
  ended = false;
  private readonly abort: AbortController;
  private waiters: (() => void)[] = [];

  private constructor(response: Response, abort: AbortController) {
    this.status = response.status;
    this.headers = response.headers;
    this.abort = abort;
    // Ended by either side, in order or not: `ended` says so.
    const over = (): void => {
      this.ended = true;
      this.wake();
    };
    this.read(response).then(over, over);
  }

  static async open(base: string, headers: Readonly<Record<string, string>>): Promise<EventStreamClient> {
    const abort = new AbortController();
    const response = await fetch(`${base}/api/v1/events`, { headers: { accept: 'text/event-stream', ...headers }, signal: abort.signal });
    return new EventStreamClient(response, abort);
  }

  /** The first event that `matches`, also one that came already. Throws after `deadlineMs`. */
  async event(name: string, matches: (data: never) => boolean = () => true, deadlineMs = 5_000): Promise<SeenEvent> {
    const found = (): SeenEvent | undefined => this.events.find((event) => event.name === name && matches(event.data as never));
    await this.until(() => found() !== undefined || this.ended, deadlineMs, `event ${name}`);
    const event = found();
    if (event === undefined) throw new Error(`the stream ended before ${name}`);
    return event;
  }

  async end(deadlineMs = 5_000): Promise<void> {
    await this.until(() => this.ended, deadlineMs, 'the end of the stream');
  }

  close(): void {
    this.abort.abort();
  }

  private async until(met: () => boolean, deadlineMs: number, what: string): Promise<void> {
    const deadline = Date.now() + deadlineMs;
    while (!met()) {
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`waited ${deadlineMs} ms for ${what}; saw ${this.events.map((event) => event.name).join(', ')}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.waiters.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  private async read(response: Response): Promise<void> {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      const frames = text.split('\n\n');
      text = frames.pop() ?? '';
      for (const frame of frames) this.take(frame);
      this.wake();
    }
  }

  private take(frame: string): void {
    const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(frame)?.[1] ?? '';
    if (field('event') === '') return;
    this.events.push({ id: field('id'), name: field('event'), data: JSON.parse(field('data')) });
  }

  private wake(): void {
    for (const waiter of this.waiters.splice(0)) waiter();
  }
}
