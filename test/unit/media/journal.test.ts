import { appendFileSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
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

  it('goes on when the disk takes nothing any more', () => {
    const refused: unknown[] = [];
    const journal = new Journal(join(folder, '0.jsonl'), isNote, (error) => refused.push(error));
    journal.close();
    journal.changed({ session: 'a', port: 1 });
    journal.flush();
    expect(refused).toHaveLength(1);
    expect(journal.records).toHaveLength(1);
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
