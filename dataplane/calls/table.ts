/**
 * The calls that this worker has set up: dialog → who pays for it and where it goes. Soft state: a call
 * is added by the 2xx to its INVITE and leaves with its BYE; a restart forgets the count, not the
 * call. Bounded in number and age, the oldest leave first. PURE.
 */

export interface CallEntry {
  /** See `dialogKey`. */
  readonly dialog: string;
  readonly tenant: number;
  /** Destination id, 0 = towards a phone. */
  readonly destination: number;
  readonly startedMs: number;
  /** Why it went there (see routing/decision.ts); '' = towards a phone. */
  readonly decision: string;
}

export interface CallTableListener {
  added(entry: CallEntry): void;
  removed(entry: CallEntry): void;
}

/**
 * Name of a dialog (RFC 3261 §12), the same for requests and responses of both sides. A string of its own: the parts are
 * slices of a message, which would keep that message in memory for as long as the call lasts.
 */
export const dialogKey = (callId: string, fromTag: string, toTag: string): string =>
  (fromTag < toTag ? [callId, fromTag, toTag] : [callId, toTag, fromTag]).join('\n');

export class CallTable {
  readonly #entries = new Map<string, CallEntry>();
  readonly #listener: CallTableListener;
  readonly #capacity: number;
  readonly #maxAgeMs: number;
  #heir: ((entry: CallEntry) => void) | null = null;

  /**
   * @param capacity calls held at most; one more pushes the oldest out
   * @param maxAgeMs age at which a call whose BYE never came is forgotten
   */
  constructor(listener: CallTableListener, capacity = 200_000, maxAgeMs = 24 * 3_600_000) {
    this.#listener = listener;
    this.#capacity = capacity;
    this.#maxAgeMs = maxAgeMs;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Adds a call; a retransmitted 2xx of a known call changes nothing, one of another callee is another call. */
  add(entry: CallEntry): void {
    if (this.#entries.has(entry.dialog)) return;
    if (this.#heir !== null) {
      this.#heir(entry);
      return;
    }
    if (this.#entries.size >= this.#capacity) this.#removeOldest();
    this.#entries.set(entry.dialog, entry);
    this.#listener.added(entry);
  }

  /**
   * Gives all calls away: another process counts them from now on, and the listener hears that they are gone.
   * @param heir is handed every call that is added later
   */
  bequeath(heir: (entry: CallEntry) => void): readonly CallEntry[] {
    const entries = [...this.#entries.values()];
    this.#heir = heir;
    for (const { dialog } of entries) this.remove(dialog);
    return entries;
  }

  /** Ends the call; false when it is not known here. */
  remove(dialog: string): boolean {
    const entry = this.#entries.get(dialog);
    if (entry === undefined) return false;
    this.#entries.delete(dialog);
    this.#listener.removed(entry);
    return true;
  }

  /** Forgets calls past the maximum age. Cheap: entries are in order of their start. */
  expire(nowMs: number): void {
    for (const entry of this.#entries.values()) {
      if (nowMs - entry.startedMs < this.#maxAgeMs) return;
      this.remove(entry.dialog);
    }
  }

  #removeOldest(): void {
    const oldest = this.#entries.keys().next();
    if (!oldest.done) this.remove(oldest.value);
  }
}
