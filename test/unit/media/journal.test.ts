import { appendFileSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Journal } from '../../../dataplane/media/journal.ts';

interface Note {
  readonly session: string;
  readonly port: number;
}
const isNote = (value: unknown): value is Note => typeof value === 'object' && value !== null && 'session' in value && 'port' in value;

let folder = '';
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'signalbox-journal-')); });
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});
const open = (): Journal<Note> => new Journal(join(folder, '0.jsonl'), isNote, (error) => { throw error; });

describe('the journal of media sessions', () => {
  it('gives the next process what has not ended, as it was last', () => {
    const journal = open();
    journal.changed({ session: 'a', port: 1 });
    journal.changed({ session: 'b', port: 2 });
    journal.changed({ session: 'a', port: 3 });
    journal.ended('b');
    journal.ended('never begun');
    journal.close();
    expect(open().records).toEqual([{ session: 'a', port: 3 }]);
  });

  it('loses what is not written yet when the process dies, and no more', () => {
    vi.useFakeTimers();
    const journal = open();
    journal.changed({ session: 'a', port: 1 });
    vi.advanceTimersByTime(50);
    journal.changed({ session: 'b', port: 2 });
    expect(open().records).toEqual([{ session: 'a', port: 1 }]);
  });

  it('passes over half a line and lines that are none of ours', () => {
    const journal = open();
    journal.changed({ session: 'a', port: 1 });
    journal.close();
    appendFileSync(join(folder, '0.jsonl'), '{"other":1}\n17\n{"session":"b","po');
    expect(open().records).toEqual([{ session: 'a', port: 1 }]);
  });

  it('stays as long as there are sessions, not as long as there were changes', () => {
    const journal = open();
    for (let i = 0; i < 25_000; i++) {
      journal.changed({ session: `s${i % 10}`, port: i });
      if (i % 500 === 0) journal.flush();
    }
    journal.close();
    expect(readFileSync(join(folder, '0.jsonl'), 'utf8').split('\n').length).toBeLessThan(11_000);
    expect(open().records).toHaveLength(10);
  });

  it('writes a session once at a time, however often it changes: whoever sends from many ports changes it with each packet', () => {
    const journal = open();
    for (let i = 0; i < 1_000; i++) for (const session of ['a', 'b']) journal.changed({ session, port: i });
    journal.ended('b');
    journal.flush();
    expect(readFileSync(join(folder, '0.jsonl'), 'utf8')).toBe('{"session":"a","port":999}\n{"ended":"b"}\n');
    journal.close();
  });

  it('is refused what changes after its end', () => {
    const refused: unknown[] = [];
    const journal = new Journal(join(folder, '0.jsonl'), isNote, (error) => refused.push(error));
    journal.close();
    journal.changed({ session: 'a', port: 1 });
    journal.flush();
    expect(refused).toHaveLength(1);
    expect(journal.records).toHaveLength(1);
  });

  describe('on a full disk', () => {
    const path = (): string => join(folder, '0.jsonl');
    /** What is written to /dev/full fails with ENOSPC. */
    const fill = (): void => symlinkSync('/dev/full', `${path()}.new`);
    const makeRoom = (): void => rmSync(`${path()}.new`);
    const refused: string[] = [];
    const openThere = (): Journal<Note> => new Journal(path(), isNote, (error) => refused.push(String(error)));
    beforeEach(() => {
      refused.length = 0;
      vi.useFakeTimers();
    });

    it('begins with what the former process left, says so once, and has all of it written when there is room again', () => {
      const former = open();
      former.changed({ session: 'a', port: 1 });
      former.close();
      fill();
      const journal = openThere();
      journal.changed({ session: 'b', port: 2 });
      vi.advanceTimersByTime(5_000);
      expect(refused).toEqual([expect.stringContaining('ENOSPC')]);
      expect(journal.records).toHaveLength(2);
      makeRoom();
      vi.advanceTimersByTime(1_000);
      journal.changed({ session: 'c', port: 3 });
      vi.advanceTimersByTime(50);
      expect(open().records.map(({ session }) => session)).toEqual(['a', 'b', 'c']);
    });

    it('loses nothing of what changes while it is full', () => {
      const journal = openThere();
      for (let i = 0; i <= 5_000; i++) journal.changed({ session: `s${i}`, port: i });
      journal.flush();
      fill();
      // So much that the file is written anew.
      for (let i = 1; i <= 5_000; i++) journal.ended(`s${i}`);
      journal.flush();
      journal.changed({ session: 'a', port: 1 });
      vi.advanceTimersByTime(50);
      expect(refused).toHaveLength(1);
      makeRoom();
      vi.advanceTimersByTime(1_000);
      expect(readFileSync(path(), 'utf8')).toBe('{"session":"s0","port":0}\n{"session":"a","port":1}\n');
    });

    it('ends without waiting for room', () => {
      fill();
      const journal = openThere();
      journal.changed({ session: 'a', port: 1 });
      journal.close();
      expect(vi.getTimerCount()).toBe(0);
    });
  });

  it('writes nothing into a file that was opened since it was closed', () => {
    const refused: unknown[] = [];
    const journal = new Journal(join(folder, '0.jsonl'), isNote, (error) => refused.push(error));
    journal.close();
    const others = join(folder, 'other');
    const descriptors = Array.from({ length: 16 }, () => openSync(others, 'a'));
    journal.changed({ session: 'a', port: 1 });
    journal.flush();
    for (const descriptor of descriptors) closeSync(descriptor);
    expect(readFileSync(others, 'utf8')).toBe('');
    expect(refused).toHaveLength(1);
  });
});
