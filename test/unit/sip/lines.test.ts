import { describe, expect, it } from 'vitest';
import { findLines, lineEndFrom, unfold } from '../../../dataplane/sip/lines.ts';
import { methodAt, methods } from '../../../dataplane/sip/method.ts';
import { BYTES, load } from '../../../dataplane/sip/scratch.ts';

describe('lines', () => {
  it('end behind their folds', () => {
    const text = 'A: 1\r\n 2\r\n\t3\r\nB: 4\r\n\r\n';
    expect(text.slice(0, lineEndFrom(text, 0))).toBe('A: 1\r\n 2\r\n\t3\r\n');
    expect(lineEndFrom('no end', 2)).toBe(6);
  });

  it('are found by name and compact form, without the white space round the value', () => {
    const text = 'S:  a \r\nsubject\t: \r\n b\r\n c \r\nSubjects: no\r\nX-S: no\r\nSUBJECT:\r\n';
    expect(findLines(text, 0, text.length, 'subject').map(({ start, end, lineStart, lineEnd }) => [text.slice(start, end), text.slice(lineStart, lineEnd)])).toEqual([
      ['a', 'S:  a \r\n'], ['b\r\n c', 'subject\t: \r\n b\r\n c \r\n'], ['', 'SUBJECT:\r\n'],
    ]);
    expect(findLines(text, 0, text.length, 'x-none')).toEqual([]);
  });

  it('unfold to single spaces', () => {
    expect(unfold('plain  text')).toBe('plain  text');
    expect(unfold('a \t\r\n  b\r\n\tc')).toBe('a b c');
  });
});

describe('methodAt', () => {
  it('returns the known names themselves and cuts the others', () => {
    for (const method of methods) expect(methodAt(`xx${method} y`, 2, 2 + method.length)).toBe(method);
    for (const method of ['invite', 'INVITES', 'X', 'ACK!', 'BYF', 'RE%47IST%45R']) expect(methodAt(method, 0, method.length)).toBe(method);
  });
});

describe('scratch', () => {
  it('holds the text loaded last, with a zero behind it', () => {
    load('abcdef');
    load('xy');
    expect([...BYTES.subarray(0, 4)]).toEqual([120, 121, 0, 100]);
    load('\u00ff\u0080');
    expect([...BYTES.subarray(0, 3)]).toEqual([255, 128, 0]);
  });

  it('refuses what no message can be', () => expect(() => load('x'.repeat(65_536))).toThrow(RangeError));
});
