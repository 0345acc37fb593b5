/**
 * The registrations that this node has seen accepted: soft state for limits, keep-alives, API and console; calls never ask
 * it. Bounded in number, shared out fairly (shares.ts); each leaves when its time is over. PURE.
 */
import { bindingKey, type Binding, type BindingChange } from './binding.ts';
import { Shares } from './shares.ts';

export interface RegistrationListener {
  added(binding: Binding): void;
  removed(binding: Binding): void;
}

export interface RegistrationQuery {
  readonly tenant?: number;
  /** Part of address of record, Contact, source address or agent; any case. */
  readonly text?: string;
  /** Of the last page; 0 = from the beginning. */
  readonly cursor: number;
  readonly limit: number;
}

export interface RegistrationPage {
  readonly items: readonly Binding[];
  /** For the next page, 0 = there is none. */
  readonly cursor: number;
}

interface Entry {
  readonly number: number;
  binding: Binding;
  /** The second whose list holds it. */
  second: number;
}

export class RegistrationTable {
  readonly #entries = new Map<string, Entry>();
  /** Contacts by tenant and address of record (`accountKey`): a phone or two each. */
  readonly #contacts = new Map<string, string[]>();
  /** Keys by the second in which they may be over; one that was refreshed meanwhile moves on to its new second then. */
  readonly #ends = new Map<number, string[]>();
  readonly #shares = new Shares();
  readonly #listener: RegistrationListener;
  readonly #capacity: number;
  readonly #perAccount: number;
  #number = 0;
  #swept = 0;

  /**
   * @param capacity bindings held at most; one more pushes out the oldest of its tenant, or of the largest one when its
   * tenant has less than an equal share
   * @param perAccount the same of one address of record; one more pushes its own oldest out
   */
  constructor(listener: RegistrationListener, capacity = 200_000, perAccount = 1_000) {
    this.#listener = listener;
    this.#capacity = capacity;
    this.#perAccount = perAccount;
  }

  get size(): number {
    return this.#entries.size;
  }

  keys(): Iterable<string> {
    return this.#entries.keys();
  }

  *bindings(): Iterable<Binding> {
    for (const { binding } of this.#entries.values()) yield binding;
  }

  apply({ tenant, aor, all, removed, put }: BindingChange): void {
    if (all) for (const contact of [...(this.#contacts.get(accountKey(tenant, aor)) ?? [])]) this.#remove(bindingKey(tenant, aor, contact));
    for (const contact of removed) this.#remove(bindingKey(tenant, aor, contact));
    for (const binding of put) this.#put(binding);
  }

  /** Takes out what is over; call it about once a second. */
  expire(nowMs: number): void {
    const now = Math.floor(nowMs / 1_000);
    const from = this.#swept;
    this.#swept = Math.max(from, now);
    // After a long pause, or a step of the clock, the lists are fewer than the seconds.
    if (from === 0 || now - from > this.#ends.size) {
      for (const second of [...this.#ends.keys()]) if (second <= now) this.#sweep(second, nowMs);
    } else {
      for (let second = from + 1; second <= now; second++) this.#sweep(second, nowMs);
    }
  }

  /** In the order in which they first came. */
  page({ tenant, text = '', cursor, limit }: RegistrationQuery): RegistrationPage {
    const wanted = text.toLowerCase();
    const items: Binding[] = [];
    let last = 0;
    for (const { number, binding } of this.#entries.values()) {
      if (number <= cursor || (tenant !== undefined && binding.tenant !== tenant) || !mentions(binding, wanted)) continue;
      if (items.length === limit) return { items, cursor: last };
      items.push(binding);
      last = number;
    }
    return { items, cursor: 0 };
  }

  #put(binding: Binding): void {
    const key = bindingKey(binding.tenant, binding.aor, binding.contact);
    const known = this.#entries.get(key);
    if (known !== undefined) {
      this.#listener.removed(known.binding);
      // The names that the maps hold, not another copy of them.
      known.binding = { ...binding, aor: known.binding.aor, contact: known.binding.contact };
      this.#listener.added(known.binding);
      if (secondOf(binding) < known.second) this.#watch(key, known);
      return;
    }
    this.#makeRoom(binding);
    const entry = { number: ++this.#number, binding, second: 0 };
    this.#entries.set(key, entry);
    this.#shares.add(binding.tenant, key);
    const account = accountKey(binding.tenant, binding.aor);
    const contacts = this.#contacts.get(account);
    if (contacts === undefined) this.#contacts.set(account, [binding.contact]);
    else contacts.push(binding.contact);
    this.#listener.added(binding);
    this.#watch(key, entry);
  }

  #watch(key: string, entry: Entry): void {
    entry.second = Math.max(secondOf(entry.binding), this.#swept + 1);
    const ends = this.#ends.get(entry.second);
    if (ends === undefined) this.#ends.set(entry.second, [key]);
    else ends.push(key);
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    const { tenant, aor, contact } = entry.binding;
    this.#shares.delete(tenant, key);
    const account = accountKey(tenant, aor);
    const left = (this.#contacts.get(account) ?? []).filter((one) => one !== contact);
    if (left.length === 0) this.#contacts.delete(account);
    else this.#contacts.set(account, left);
    this.#listener.removed(entry.binding);
  }

  #makeRoom({ tenant, aor }: Binding): void {
    const contacts = this.#contacts.get(accountKey(tenant, aor)) ?? [];
    const [oldest] = contacts;
    if (oldest !== undefined && contacts.length >= this.#perAccount) this.#remove(bindingKey(tenant, aor, oldest));
    else if (this.#entries.size >= this.#capacity) this.#remove(this.#shares.leaver(tenant));
  }

  #sweep(second: number, nowMs: number): void {
    const keys = this.#ends.get(second);
    if (keys === undefined) return;
    this.#ends.delete(second);
    for (const key of keys) {
      const entry = this.#entries.get(key);
      if (entry === undefined || entry.second !== second) continue;
      if (entry.binding.expiresMs <= nowMs) this.#remove(key);
      else this.#watch(key, entry);
    }
  }
}

const accountKey = (tenant: number, aor: string): string => `${tenant} ${aor}`;

/** The first whole second at which a binding is over. */
const secondOf = (binding: Binding): number => Math.ceil(binding.expiresMs / 1_000);

function mentions({ aor, contact, address, agent }: Binding, wanted: string): boolean {
  if (wanted === '') return true;
  return aor.toLowerCase().includes(wanted) || contact.toLowerCase().includes(wanted) || address.includes(wanted) || agent.toLowerCase().includes(wanted);
}
