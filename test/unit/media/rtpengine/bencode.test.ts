import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeDictionary, dictionariesAt, dictionaryAt, encodeFields, numberAt, textAt } from '../../../../dataplane/media/rtpengine/bencode.ts';

const decode = (text: string) => decodeDictionary(Buffer.from(text, 'latin1'));

describe('bencode', () => {
  it('writes what rtpengine reads', () => {
    expect(encodeFields({ command: 'ping' })).toBe('d7:command4:pinge');
    expect(encodeFields({ a: 1, b: -2, flags: ['x', 'yz'], none: undefined, empty: [] })).toBe('d1:ai1e1:bi-2e5:flagsl1:x2:yze5:emptylee');
  });

  it('reads dictionaries, lists, numbers and texts inside each other', () => {
    const answer = decode('d6:result2:ok4:tagsd6:callerd6:mediasld5:indexi1eed5:indexi-2eeeeee');
    if (!answer.ok) throw new Error(answer.error);
    expect(textAt(answer.value, 'result')).toBe('ok');
    expect(dictionariesAt(dictionaryAt(dictionaryAt(answer.value, 'tags'), 'caller'), 'medias').map((media) => numberAt(media, 'index'))).toEqual([1, -2]);
    expect([textAt(answer.value, 'tags'), numberAt(answer.value, 'result'), dictionaryAt(answer.value, 'result').size, dictionariesAt(answer.value, 'tags')]).toEqual(['', 0, 0, []]);
  });

  it('brings any text and number there and back, byte by byte', () => {
    const latin1 = fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('latin1'));
    fc.assert(fc.property(fc.dictionary(latin1, fc.oneof(latin1, fc.integer(), fc.array(latin1))), (fields) => {
      const decoded = decode(encodeFields(fields));
      expect(decoded.ok && Object.fromEntries(decoded.value)).toEqual({ ...fields });
    }));
  });

  it.each([
    ['', 'no number at byte 0'], ['x', 'no number at byte 0'], ['i1e', 'not a dictionary'], ['le', 'not a dictionary'], ['d', 'no number at byte 1'], ['d1:a', 'no number at byte 4'],
    ['d1:ai1ee ', 'something follows at byte 8'], ['d9:abce', 'a string longer than the text at byte 3'], ['d1:ai--1ee', 'no number at byte 6'], ['d1:ai1.5ee', 'no number at byte 6'],
    ['d1:aiee', 'no number at byte 5'], [`d1:a${'l'.repeat(40)}`, 'too deep at byte 20'], ['d99999999999999999999999:ae', 'no number at byte 24'], [`d1:al${'0:'.repeat(60_000)}ee`, 'too many values at byte 100001'],
  ])('refuses %.30j: %s', (text, fault) => {
    expect(decode(text)).toEqual({ ok: false, error: fault });
  });

  it('never throws, whatever comes', () => {
    fc.assert(fc.property(fc.stringMatching(/^[dlie0-9:a-]*$/), (text) => {
      decode(`d${text}`);
    }), { numRuns: 2_000 });
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      decodeDictionary(Buffer.from(bytes));
    }));
  });
});
