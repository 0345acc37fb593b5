import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDbText } from '../../../controlplane/import/db-text.ts';
import { Notes } from '../../../controlplane/import/report.ts';

const header = 'id(int,auto) name(string) text(string,null) count(int)';

function parse(text: string, head = header) {
  const warnings = new Notes();
  return { result: parseDbText('table', `${head}\n${text}`, warnings), codes: warnings.list().map((note) => note.code), notes: warnings.list() };
}

function values(text: string, head = header): (string | number | null)[][] {
  const { result } = parse(text, head);
  if (!result.ok) throw new Error(result.error.message);
  return result.value.rows.map((row) => row.cells.map((cell) => cell.value));
}

function fault(text: string, head = header) {
  const { result } = parse(text, head);
  if (result.ok) throw new Error('the table was accepted');
  return result.error;
}

describe('db_text rows', () => {
  it('splits fields at colons and knows the types by the first letter', () => {
    expect(values('1:a:b:3\n', 'id(int) name(str) text(s) n(i)')).toEqual([[1, 'a', 'b', 3]]);
    expect(values('1.50:x\n', 'd(double) b(blob)')).toEqual([[1.5, 'x']]);
  });

  it('undoes every escape that Kamailio writes', () => {
    expect(values('1:sip\\:[2001\\:DB8\\:8\\:100\\:\\:17]\\:5060:a\\nb\\rc\\td\\\\e\\0f:2\n')).toEqual([[1, 'sip:[2001:DB8:8:100::17]:5060', 'a\nb\rc\td\\e\0f', 2]]);
  });

  it.each([['\\q', 7], ['\\"', 7], ['\\;', 7]])('fails the whole table on the backslash pair %s', (pair, _column) => {
    expect(fault(`1:ok:x:1\n2:b${pair}:x:1\n`)).toMatchObject({ code: 'bad-escape', file: 'table', line: 3, column: 4 });
  });

  it('fails on a backslash at the end of a line', () => {
    expect(fault('1:a:b\\\n')).toMatchObject({ code: 'bad-escape', line: 2, column: 6 });
  });

  it('treats quotes as data: a quoted text keeps its quotes', () => {
    expect(values('1:backend=be011:"be011 default":0\n')).toEqual([[1, 'backend=be011', '"be011 default"', 0]]);
  });

  it('does not let quotes protect a colon', () => {
    const error = fault('1:a:"be\\:ok":2\n2:a:"be:bad":2\n');
    expect(error).toMatchObject({ code: 'column-count', line: 3 });
    expect(error.message).toContain('quotes protect nothing');
  });

  it('wants the exact number of fields', () => {
    expect(fault('1:a:b\n')).toMatchObject({ code: 'column-count', line: 2, column: 6 });
    expect(fault('1:a:b:2:c\n')).toMatchObject({ code: 'column-count', line: 2 });
  });

  it('reads an empty field as NULL, and an empty auto column as the next number', () => {
    expect(values('7:a::1\n:b::2\n')).toEqual([[7, 'a', null, 1], [8, 'b', null, 2]]);
  });

  it('accepts NULL where Kamailio would refuse the table, with a warning that says so', () => {
    const { result, codes, notes } = parse('1::x:1\n');
    expect(result.ok).toBe(true);
    expect(codes).toEqual(['null-not-allowed']);
    expect(notes[0]?.where).toBe('table:2:3');
  });

  it('does not warn of NULL in a column marked null', () => {
    expect(parse('1:a::1\n').codes).toEqual([]);
  });

  it('imports a last row without a line end, which Kamailio drops silently, with a warning', () => {
    const { result, codes, notes } = parse('1:a:b:1\n2:c:d:2');
    expect(result.ok && result.value.rows.length).toBe(2);
    expect(codes).toEqual(['last-line-without-end']);
    expect(notes[0]?.where).toBe('table:3');
  });

  it('accepts CRLF with a warning and keeps no CR, in numbers or in texts', () => {
    const warnings = new Notes();
    const result = parseDbText('table', 'id(int) text(string)\r\n1:a\r\n2:b\r\n', warnings);
    expect(result.ok && result.value.rows.map((row) => row.cells.map((cell) => cell.value))).toEqual([[1, 'a'], [2, 'b']]);
    expect(warnings.list().map((note) => note.code)).toEqual(['crlf']);
  });

  it('keeps an escaped CR at the end of a text', () => {
    expect(values('1:a\\r\n', 'id(int) text(string)')).toEqual([[1, 'a\r']]);
  });

  it('skips blank lines between rows', () => {
    expect(values('1:a:b:1\n\n2:c:d:2\n\n')).toHaveLength(2);
  });

  it.each(['1x', '0x10', ' 1', '1 ', '+1', '1.0', '--1'])('refuses "%s" as a number', (text) => {
    expect(fault(`1:a:b:${text}\n`)).toMatchObject({ code: 'bad-int', line: 2, column: 7 });
  });

  it('takes negative numbers and refuses what does not fit 32 bits', () => {
    expect(values('1:a:b:-5\n')[0]?.[3]).toBe(-5);
    expect(fault('1:a:b:2147483648\n')).toMatchObject({ code: 'int-out-of-range' });
  });

  it('bounds fields and rows', () => {
    expect(fault(`1:${'a'.repeat(16_385)}:b:1\n`)).toMatchObject({ code: 'field-too-long', line: 2, column: 3 });
    expect(fault('1\n'.repeat(100_001), 'id(int)')).toMatchObject({ code: 'too-many-rows' });
  });

  it('shows control characters of a bad value instead of printing them', () => {
    expect(fault('1:a:b:\u001b[31m\n').message).toContain('\\x1b');
  });
});

/** As Kamailio's writer does it. */
function escaped(text: string): string {
  return text.replace(/[\\\n\r\t\0:]/g, (char) => ({ '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\0': '\\0', ':': '\\:' })[char] ?? char);
}

describe('what Kamailio writes', () => {
  it('is read back, whatever the values', () => {
    const cell = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }).filter((text) => text.isWellFormed());
    fc.assert(fc.property(fc.array(fc.tuple(cell, cell, fc.integer({ min: -2_147_483_648, max: 2_147_483_647 })), { maxLength: 20 }), (rows) => {
      const text = rows.map(([a, b, n]) => `${escaped(a)}:${escaped(b)}:${n}\n`).join('');
      expect(values(text, 'a(string) b(string) n(int)')).toEqual(rows);
    }));
  });

  it('never throws, whatever comes', () => {
    fc.assert(fc.property(fc.string({ maxLength: 200 }), fc.string({ maxLength: 60 }), (body, head) => {
      const { result } = parse(body, head);
      expect(result.ok || result.error.message.length > 10).toBe(true);
    }));
  });
});

describe('db_text headers', () => {
  it('takes columns in any order, separated by several blanks, with blanks at the end', () => {
    const { result } = parse('1:x\n', 'b(int)   a(string,null)  ');
    expect(result.ok && result.value.columns.map(({ name, type, nullable }) => [name, type, nullable])).toEqual([['b', 'int', false], ['a', 'string', true]]);
  });

  it.each([
    ['', 'header-missing'],
    ['id(int) x(quux)', 'unknown-type'],
    ['id(int,primary)', 'unknown-attribute'],
    ['id(string,auto)', 'bad-auto'],
    ['id(int,auto) n(int,auto)', 'bad-auto'],
    ['id(int) id(int)', 'duplicate-column'],
    ['id (int)', 'bad-column'],
    ['id(int)name(string)', 'bad-column'],
    ['1:a:b:3', 'bad-column'],
  ])('refuses the header "%s" as %s', (head, code) => {
    expect(fault('1:a\n', head)).toMatchObject({ code, line: 1 });
  });

  it('replaces half a surrogate pair, which no database keeps', () => {
    expect(values('a\ud800b\n', 't(string)')).toEqual([['a\ufffdb']]);
  });

  it('ignores a byte order mark', () => {
    expect(parseDbText('t', '\uFEFFid(int)\n1\n', new Notes()).ok).toBe(true);
  });
});
