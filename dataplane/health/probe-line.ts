/** A line in front of a few places: at most `places` jobs run at once, the others wait in order. */
export class ProbeLine<T> {
  private readonly places: number;
  private readonly job: (item: T) => Promise<void>;
  private readonly waiting = new Set<T>();
  private readonly urgent = new Set<T>();
  private readonly running = new Map<T, Promise<void>>();

  /** `job` must not reject. */
  constructor(places: number, job: (item: T) => Promise<void>) {
    this.places = places;
    this.job = job;
  }

  /** Waiting or running. */
  has(item: T): boolean {
    return this.running.has(item) || this.isWaiting(item);
  }

  isWaiting(item: T): boolean {
    return this.waiting.has(item) || this.urgent.has(item);
  }

  /** Puts an item in line, once; `first` passes all that are not. Nothing happens while it runs. */
  add(item: T, first: boolean): void {
    if (this.running.has(item)) return;
    if (first) {
      this.waiting.delete(item);
      this.urgent.add(item);
    } else if (!this.urgent.has(item)) {
      this.waiting.add(item);
    }
    this.fill();
  }

  /** Takes an item out of the line; one that runs goes on. */
  remove(item: T): void {
    this.waiting.delete(item);
    this.urgent.delete(item);
  }

  /** Empties the line and waits for what runs. */
  async close(): Promise<void> {
    this.waiting.clear();
    this.urgent.clear();
    await Promise.all(this.running.values());
  }

  private fill(): void {
    while (this.running.size < this.places) {
      const next = this.urgent.values().next();
      const item = next.done === true ? this.waiting.values().next() : next;
      if (item.done === true) return;
      this.remove(item.value);
      this.running.set(item.value, this.run(item.value));
    }
  }

  private async run(item: T): Promise<void> {
    // The item must be on the list of running ones before its job can end.
    await Promise.resolve();
    await this.job(item);
    this.running.delete(item);
    this.fill();
  }
}
