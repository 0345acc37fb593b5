/**
 * An ordered list of splices over one message text. One instance is reused for message after message: it keeps its
 * arrays, so that forwarding allocates nothing but the result. Positions refer to the original text.
 *
 * Splices may be given in any order and must not overlap; those at the same position are applied in the order given
 * (all insertions at a position come before a replacement that begins there).
 */
export class Edits {
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];
  private readonly texts: string[] = [];
  private count = 0;

  /** Forgets all splices. */
  clear(): void {
    this.count = 0;
  }

  get size(): number {
    return this.count;
  }

  /** Puts `text` in the place of `[start, end)`. */
  replace(start: number, end: number, text: string): void {
    let i = this.count++;
    if (i === this.starts.length) {
      this.starts.push(0);
      this.ends.push(0);
      this.texts.push('');
    }
    // Insertion sort: splices nearly always come in order.
    while (i > 0 && this.isBehind(i - 1, start, end)) {
      this.starts[i] = this.starts[i - 1] ?? 0;
      this.ends[i] = this.ends[i - 1] ?? 0;
      this.texts[i] = this.texts[i - 1] ?? '';
      i--;
    }
    this.starts[i] = start;
    this.ends[i] = end;
    this.texts[i] = text;
  }

  /** Puts `text` before the character at `at`. */
  insert(at: number, text: string): void {
    this.replace(at, at, text);
  }

  /** Takes `[start, end)` out. */
  remove(start: number, end: number): void {
    this.replace(start, end, '');
  }

  /**
   * The text with all splices applied; the list stays as it is until `clear`.
   * @throws RangeError when two splices overlap or one lies outside the text: a bug of the caller.
   */
  apply(raw: string): string {
    let out = '';
    let from = 0;
    for (let i = 0; i < this.count; i++) {
      const start = this.starts[i] ?? 0;
      const end = this.ends[i] ?? 0;
      if (start < from || end < start || end > raw.length) throw new RangeError('edits overlap or leave the message');
      if (start > from) out += raw.slice(from, start);
      out += this.texts[i] ?? '';
      from = end;
    }
    return from === 0 ? out + raw : out + raw.slice(from);
  }

  /** Whether splice `i` has to follow one over `[start, end)`. */
  private isBehind(i: number, start: number, end: number): boolean {
    const other = this.starts[i] ?? 0;
    if (other !== start) return other > start;
    // At one position insertions go first, in the order given.
    return start === end && (this.ends[i] ?? 0) > other;
  }
}
