/** When each revision became the head, so that a node's lag is a time and not a count. PURE. */
const kept = 1_000;

export class HeadHistory {
  private readonly moves: { readonly rev: number; readonly atMs: number }[] = [];
  private epochNow = '';
  private revNow = 0;

  get rev(): number {
    return this.revNow;
  }

  get epoch(): string {
    return this.epochNow;
  }

  moved(epoch: string, rev: number, nowMs: number): void {
    if (epoch === this.epochNow && rev === this.revNow) return;
    if (epoch !== this.epochNow) this.moves.length = 0;
    this.epochNow = epoch;
    this.revNow = rev;
    this.moves.push({ rev, atMs: nowMs });
    if (this.moves.length > kept) this.moves.shift();
  }

  /** Milliseconds since the head first was newer than `rev`; 0 = in step (or ahead: the head is not known here yet). */
  lagMs(epoch: string, rev: number, nowMs: number): number {
    if (epoch === this.epochNow && rev >= this.revNow) return 0;
    const first = epoch === this.epochNow ? this.moves.find((move) => move.rev > rev) : this.moves[0];
    return first === undefined ? 0 : Math.max(0, nowMs - first.atMs);
  }
}
