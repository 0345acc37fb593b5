/**
 * The rows of one table as received (JSON text by key), immutable. An edit copies only the shards it touches, so a change
 * of one row among a million costs well under a millisecond, and an older state stays whole while it is written to disk.
 */

const shardCount = 512;

export class RowTable {
  readonly size: number;
  private readonly shards: readonly (ReadonlyMap<string, string> | undefined)[];

  private constructor(shards: readonly (ReadonlyMap<string, string> | undefined)[], size: number) {
    this.shards = shards;
    this.size = size;
  }

  static readonly empty: RowTable = new RowTable([], 0);

  /** @internal for RowTableEdit. */
  static of(shards: readonly (ReadonlyMap<string, string> | undefined)[], size: number): RowTable {
    return new RowTable(shards, size);
  }

  get(key: string): string | undefined {
    return this.shards[shardOf(key)]?.get(key);
  }

  has(key: string): boolean {
    return this.shards[shardOf(key)]?.has(key) ?? false;
  }

  /** All rows, in no particular order. */
  *entries(): Generator<readonly [string, string]> {
    for (const shard of this.shards) {
      if (shard !== undefined) yield* shard;
    }
  }

  edit(): RowTableEdit {
    return new RowTableEdit(this.shards, this.size);
  }
}

/** A table in the making; `finish` ends it. */
export class RowTableEdit {
  private readonly shards: (Map<string, string> | undefined)[];
  private readonly owned: boolean[] = [];
  private rows: number;

  constructor(shards: readonly (ReadonlyMap<string, string> | undefined)[], rows: number) {
    // Shards of the origin are only read until `own` has copied them.
    this.shards = shards.slice() as (Map<string, string> | undefined)[];
    this.rows = rows;
  }

  get size(): number {
    return this.rows;
  }

  get(key: string): string | undefined {
    return this.shards[shardOf(key)]?.get(key);
  }

  has(key: string): boolean {
    return this.shards[shardOf(key)]?.has(key) ?? false;
  }

  set(key: string, json: string): void {
    const shard = this.own(shardOf(key));
    const before = shard.size;
    shard.set(key, json);
    this.rows += shard.size - before;
  }

  delete(key: string): void {
    if (this.has(key) && this.own(shardOf(key)).delete(key)) this.rows--;
  }

  finish(): RowTable {
    return RowTable.of(this.shards, this.rows);
  }

  private own(index: number): Map<string, string> {
    let shard = this.shards[index];
    if (shard === undefined || this.owned[index] !== true) {
      shard = new Map(shard);
      this.shards[index] = shard;
      this.owned[index] = true;
    }
    return shard;
  }
}

/** FNV-1a: even enough, and the same on every run. */
function shardOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 15)) & (shardCount - 1);
}
