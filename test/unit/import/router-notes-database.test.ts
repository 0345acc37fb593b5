/** SQLite files that nobody honest sends. */
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { readNotesDatabase } from '../../../controlplane/import/router-notes-database.ts';
import { Notes } from '../../../controlplane/import/report.ts';

const tables = 'CREATE TABLE sip_domains (domain TEXT, dispatcher_setid INT, enabled INT, comment TEXT); CREATE TABLE dispatcher (setid INT, destination TEXT);';

function file(sql: string, pageBytes = 4_096): Uint8Array {
  const database = new DatabaseSync(':memory:');
  database.exec(`PRAGMA page_size = ${pageBytes}; ${tables} ${sql}`);
  const bytes = database.serialize();
  database.close();
  return bytes;
}
const codeOf = (bytes: Uint8Array): string => {
  const read = readNotesDatabase(bytes, new Notes());
  return read.ok ? 'ok' : read.error.code;
};

/** Lets the cells of page 1, the only leaf of the first table, all point at its first one: `copies` rows over one content. */
function repeated(bytes: Uint8Array, pageBytes: number, copies: number): Uint8Array {
  const copy = Buffer.from(bytes);
  const start = pageBytes;
  expect(copy[start]).toBe(0x0d);
  const first = copy.readUInt16BE(start + 8);
  for (let i = 0; i < copies; i += 1) copy.writeUInt16BE(first, start + 8 + 2 * i);
  copy.writeUInt16BE(copies, start + 3);
  copy.writeUInt16BE(first, start + 5);
  return copy;
}

describe('a small file that claims to hold much', () => {
  it('by a huge value is refused at the row, before the value is read', () => {
    const read = readNotesDatabase(file("INSERT INTO sip_domains VALUES ('a.example', 1, 1, NULL), ('b.example', 1, 1, hex(zeroblob(5000000)));"), new Notes());
    expect(read).toMatchObject({ ok: false, error: { code: 'value-too-long', file: 'sip_domains', line: 2 } });
  });

  it('by rows that share their pages is refused as soon as they hold more than any file may', () => {
    const bytes = file("INSERT INTO sip_domains VALUES ('a.example', 1, 1, hex(zeroblob(8000)));", 65_536);
    const some = readNotesDatabase(repeated(bytes, 65_536, 100), new Notes());
    expect(some.ok ? some.value.domains.length : some.error).toBe(100);
    expect(codeOf(repeated(bytes, 65_536, 10_000))).toBe('too-large');
  });

  it('by rows that share the pages of one huge value is refused without reading them', () => {
    const huge = file("INSERT INTO sip_domains VALUES ('a.example', 1, 1, hex(zeroblob(10001130)));");
    expect(codeOf(repeated(huge, 4_096, 500))).toBe('value-too-long');
  });
});

describe('a file whose schema does more than hold tables', () => {
  it.each([
    ['a view in the place of a table', 'DROP TABLE sip_domains; CREATE VIEW sip_domains AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS domain, 1 AS dispatcher_setid FROM n;', 'not-a-table'],
    ['a generated column', 'DROP TABLE sip_domains; CREATE TABLE sip_domains (dispatcher_setid INT, domain TEXT AS (hex(zeroblob(100000000))));', 'generated-column'],
    ['a table without row ids', 'DROP TABLE dispatcher; CREATE TABLE dispatcher (setid INT, destination TEXT PRIMARY KEY) WITHOUT ROWID;', 'sqlite'],
  ])('is refused: %s', (_what, sql, code) => {
    expect(codeOf(file(sql))).toBe(code);
  });

  it('is read although a trigger stands on its tables: nothing writes', () => {
    expect(codeOf(file("CREATE TRIGGER t AFTER INSERT ON dispatcher BEGIN DELETE FROM sip_domains; END; INSERT INTO sip_domains VALUES ('a.example', 1, 1, '');"))).toBe('ok');
  });
});

describe('a damaged file', () => {
  const bytes = file(`INSERT INTO sip_domains WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) SELECT 'd' || i || '.example', i, 1, 'comment' FROM n;`);

  it('is refused or read, never a crash: cut off anywhere', () => {
    for (let length = 0; length < bytes.length; length += 509) {
      expect(codeOf(bytes.slice(0, length))).toMatch(/^[a-z-]+$/);
    }
  });

  it('is refused or read, never a crash: with bytes changed', () => {
    let seed = 12_345;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    for (let run = 0; run < 300; run += 1) {
      const copy = Uint8Array.from(bytes);
      for (let change = 0; change <= random(8); change += 1) copy[random(copy.length)] = random(256);
      expect(codeOf(copy)).toMatch(/^[a-z-]+$/);
    }
  });
});
