/** Keyset pages: a cursor is the key of the last item of the page before, wrapped so that nobody reads meaning into it. */
import { err, ok } from '../../dataplane/contract/result.ts';
import type { Result } from '../../dataplane/contract/result.ts';
import type { Page } from '../contract/query.ts';

export type PageKey = string | number;

export function encodeCursor(key: PageKey): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** The key inside a cursor, null for no cursor; an error for text that is no cursor of this list. */
export function decodeCursor<T extends 'string' | 'number'>(cursor: string | undefined, kind: T): Result<(T extends 'string' ? string : number) | null, 'bad-cursor'> {
  if (cursor === undefined) return ok(null);
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (typeof key !== kind || (typeof key === 'string' && key.includes('\0')) || (typeof key === 'number' && !Number.isSafeInteger(key))) return err('bad-cursor');
    return ok(key as T extends 'string' ? string : number);
  } catch {
    return err('bad-cursor');
  }
}

/** Makes a page of `limit` items from rows that were asked for with one more than that. */
export function pageOf<Row, Item>(rows: readonly Row[], limit: number, keyOf: (row: Row) => PageKey, present: (row: Row) => Item): Page<Item> {
  const kept = rows.slice(0, limit);
  const last = kept.at(-1);
  return { items: kept.map(present), next: rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null };
}
