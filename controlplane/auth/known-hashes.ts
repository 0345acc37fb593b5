/**
 * Whether a secret is one of ours, at a price that nobody who guesses can raise: the hashes of all valid secrets are held in
 * memory and read anew at most once a second, however many values are asked for. Asked only for sources that have sent too
 * many wrong values; a value that is known is then checked like any other.
 */

/** Age at which the hashes are read again before the next answer: what has been revoked is unknown from then on. */
const rereadMs = 1_000;
/** More are not held; the newest are. A hash takes some 100 bytes. */
export const maxKnownHashes = 50_000;

export class KnownHashes {
  private readonly read: (limit: number) => Promise<readonly string[]>;
  private readonly now: () => number;
  private hashes: ReadonlySet<string> = new Set();
  private readAtMs = -Infinity;
  private reading: Promise<void> | null = null;

  /**
   * @param read the hashes of valid secrets, the newest first, at most so many
   * @param now milliseconds of any clock
   */
  constructor(read: (limit: number) => Promise<readonly string[]>, now: () => number) {
    this.read = read;
    this.now = now;
  }

  /** A secret was made here: it is to be known at once. */
  added(): void {
    this.readAtMs = -Infinity;
  }

  /** False also for a secret that another process made less than a second ago. Throws what `read` throws. */
  async has(hash: string): Promise<boolean> {
    if (Math.abs(this.now() - this.readAtMs) >= rereadMs) this.reading ??= this.reread();
    await this.reading;
    return this.hashes.has(hash);
  }

  private async reread(): Promise<void> {
    this.readAtMs = this.now();
    try {
      this.hashes = new Set(await this.read(maxKnownHashes));
    } finally {
      this.reading = null;
    }
  }
}
