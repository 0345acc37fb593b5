import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor, pageOf } from '../../../../controlplane/config/paging.ts';

describe('cursors', () => {
  it('give back the key they hold', () => {
    for (const key of ['sip.example', 'ümläut', '']) expect(decodeCursor(encodeCursor(key), 'string')).toEqual({ ok: true, value: key });
    for (const key of [0, 42, 2_147_483_647]) expect(decodeCursor(encodeCursor(key), 'number')).toEqual({ ok: true, value: key });
    expect(decodeCursor(undefined, 'number')).toEqual({ ok: true, value: null });
  });

  it.each(['', '%%%', 'bm9uc2Vuc2U', encodeCursor('text'), Buffer.from('1.5').toString('base64url'), Buffer.from('null').toString('base64url')])('refuse %j where a number is due', (cursor) => {
    expect(decodeCursor(cursor, 'number').ok).toBe(false);
  });

  it('refuse what no column can hold', () => {
    expect(decodeCursor(encodeCursor('a\0b'), 'string').ok).toBe(false);
  });
});

describe('a page', () => {
  const present = (n: number): string => `item ${n}`;
  it('points behind its last item when there is more', () => {
    const page = pageOf([1, 2, 3], 2, (n) => n, present);
    expect(page.items).toEqual(['item 1', 'item 2']);
    expect(decodeCursor(page.next ?? '', 'number')).toEqual({ ok: true, value: 2 });
  });
  it('is the last one when nothing is left', () => {
    expect(pageOf([1, 2], 2, (n) => n, present).next).toBeNull();
    expect(pageOf([], 2, (n: number) => n, present)).toEqual({ items: [], next: null });
  });
});
