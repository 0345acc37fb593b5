/**
 * The calls that this worker has set up: dialog → who pays for it and where it goes. Soft state: a call
 * is added by the 2xx to its INVITE and leaves with its BYE; a restart forgets the count, not the
 * call. Bounded in number and age, the oldest leave first. PURE.
 */
import { describeDecision, type Decision } from '../routing/decision.ts';
import type { CallAnchor } from './anchor.ts';

export interface CallEntry {
  /** See `dialogKey`. */
  readonly dialog: string;
  readonly tenant: number;
  /** Destination id, 0 = towards a phone. */
  readonly destination: number;
  readonly startedMs: number;
  /** Why it went there; null = towards a phone. */
  readonly decision: Decision | null;
  /** Whose word ends it; null = its tenant has no limit of calls, anybody's in the dialog does. */
  readonly anchor: CallAnchor | null;
  /** Its media session, '' = its media goes direct. */
  readonly media: string;
  /** See `partiesOf`; absent = handed over by a process of a version that did not keep it. */
  readonly parties?: string;
}

export interface CallQuery {
  readonly tenant?: number;
  /** Part of Call-ID, caller, callee, dialled URI or decision, any case. */
  readonly text: string;
  /** Of the last page; 0 = from the beginning. */
  readonly cursor: number;
  readonly limit: number;
}

export interface CallPage {
  readonly items: readonly CallEntry[];
  /** For the next page, 0 = there is none. A page may hold fewer than its limit and yet have a next one. */
  readonly cursor: number;
}

/** Calls looked at for one page: a worker has packets to forward meanwhile. */
const lookedAt = 5_000;

interface Held {
  /** Place in the order in which calls came. */
  readonly number: number;
  readonly entry: CallEntry;
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
  readonly #entries = new Map<string, Held>();
  readonly #listener: CallTableListener;
  readonly #capacity: number;
  readonly #maxAgeMs: number;
  #number = 0;
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
    this.#entries.set(entry.dialog, { number: ++this.#number, entry });
    this.#listener.added(entry);
  }

  /**
   * Gives all calls away: another process counts them from now on, and the listener hears that they are gone.
   * @param heir is handed every call that is added later
   */
  bequeath(heir: (entry: CallEntry) => void): readonly CallEntry[] {
    const entries = [...this.#entries.values()].map((held) => held.entry);
    this.#heir = heir;
    for (const { dialog } of entries) this.remove(dialog);
    return entries;
  }

  get(dialog: string): CallEntry | null {
    return this.#entries.get(dialog)?.entry ?? null;
  }

  /** Ends the call; false when it is not known here. */
  remove(dialog: string): boolean {
    const held = this.#entries.get(dialog);
    if (held === undefined) return false;
    this.#entries.delete(dialog);
    this.#listener.removed(held.entry);
    return true;
  }

  /** In the order in which they came. */
  page({ tenant, text, cursor, limit }: CallQuery): CallPage {
    const wanted = text.toLowerCase();
    const items: CallEntry[] = [];
    let looked = 0;
    let last = cursor;
    for (const { number, entry } of this.#entries.values()) {
      if (number <= cursor) continue;
      if (items.length === limit || looked === lookedAt) return { items, cursor: last };
      looked += 1;
      last = number;
      if ((tenant === undefined || entry.tenant === tenant) && mentions(entry, wanted)) items.push(entry);
    }
    return { items, cursor: 0 };
  }

  /** Forgets calls past the maximum age. Cheap: entries are in order of their start. */
  expire(nowMs: number): void {
    for (const { entry } of this.#entries.values()) {
      if (nowMs - entry.startedMs < this.#maxAgeMs) return;
      this.remove(entry.dialog);
    }
  }

  #removeOldest(): void {
    const oldest = this.#entries.keys().next();
    if (!oldest.done) this.remove(oldest.value);
  }
}

function mentions({ dialog, decision, parties = '' }: CallEntry, wanted: string): boolean {
  return wanted === '' || callIdOf(dialog).toLowerCase().includes(wanted) || parties.toLowerCase().includes(wanted) || describeDecision(decision).toLowerCase().includes(wanted);
}

/** The Call-ID of a `dialogKey`. */
export const callIdOf = (dialog: string): string => dialog.slice(0, dialog.indexOf('\n'));
