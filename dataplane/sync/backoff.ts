/** When and where to connect next: full jitter over a growing range, round the list of control planes. Pure. */
import { channel } from '../contract/wire.ts';

export class Backoff {
  private readonly urls: readonly string[];
  private readonly random: () => number;
  private attempts = 0;
  private turn = 0;

  /** @param random 0 (included) to 1 (excluded). The list is shuffled once so that a fleet spreads over it. */
  constructor(urls: readonly string[], random: () => number) {
    this.random = random;
    const shuffled = urls.slice();
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [shuffled[i], shuffled[j]] = [shuffled[j] ?? '', shuffled[i] ?? ''];
    }
    this.urls = shuffled;
  }

  get url(): string {
    return this.urls[this.turn % this.urls.length] ?? '';
  }

  /** After a lost or refused connection: milliseconds to wait, 0 to min(30 s, 0.5 s × 2^n); the next URL is up. */
  next(): number {
    const range = Math.min(channel.reconnectMaxMs, channel.reconnectMinMs * 2 ** Math.min(this.attempts, 16));
    this.attempts++;
    this.turn++;
    return Math.floor(this.random() * range);
  }

  /** The server named a time: it holds, give or take 20 %, and counts as no failure of ours. */
  told(retryAfterMs: number): number {
    this.turn++;
    return Math.floor(Math.min(retryAfterMs, 10 * channel.reconnectMaxMs) * (0.8 + 0.4 * this.random()));
  }

  /** The connection stood long enough to trust it again. */
  stable(): void {
    this.attempts = 0;
  }
}
