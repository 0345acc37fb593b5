/**
 * Whose bindings a full table holds, so that no tenant can push out the phones of others: a tenant that has an equal share
 * of the table or more makes room for its own; below that, the tenant with the most does. So none with an equal share or
 * less ever loses one to another tenant. PURE.
 */
export class Shares {
  /** Keys of each tenant, in the order in which they first came. */
  readonly #keys = new Map<number, Set<string>>();
  /** Tenants by how many keys they have. */
  readonly #bySize = new Map<number, Set<number>>();
  #largest = 0;
  #total = 0;

  add(tenant: number, key: string): void {
    let keys = this.#keys.get(tenant);
    if (keys === undefined) this.#keys.set(tenant, keys = new Set());
    const { size } = keys.add(key);
    this.#total += 1;
    this.#move(tenant, size - 1, size);
    this.#largest = Math.max(this.#largest, size);
  }

  /** One that is there. */
  delete(tenant: number, key: string): void {
    const keys = this.#keys.get(tenant);
    if (keys?.delete(key) !== true) return;
    const { size } = keys;
    if (size === 0) this.#keys.delete(tenant);
    this.#total -= 1;
    this.#move(tenant, size + 1, size);
    // The tenant that has just lost one is the largest then.
    if (!this.#bySize.has(this.#largest)) this.#largest -= 1;
  }

  /** Key of the binding that leaves a full table for a new one of that tenant, '' = there is none. */
  leaver(tenant: number): string {
    const own = this.#keys.get(tenant);
    const tenants = this.#keys.size + (own === undefined ? 1 : 0);
    return oldest(own !== undefined && own.size * tenants >= this.#total ? own : this.#keys.get(oldest(this.#bySize.get(this.#largest)) ?? tenant)) ?? '';
  }

  #move(tenant: number, from: number, to: number): void {
    const before = this.#bySize.get(from);
    before?.delete(tenant);
    if (before?.size === 0) this.#bySize.delete(from);
    if (to === 0) return;
    const now = this.#bySize.get(to);
    if (now === undefined) this.#bySize.set(to, new Set([tenant]));
    else now.add(tenant);
  }
}

/** The first that came; undefined = none. */
function oldest<T>(of: ReadonlySet<T> | undefined): T | undefined {
  for (const one of of ?? []) return one;
  return undefined;
}
