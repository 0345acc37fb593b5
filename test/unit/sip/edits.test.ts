import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Edits } from '../../../dataplane/sip/edits.ts';
import { keepValues } from '../../../dataplane/sip/list-values.ts';
import { parseMessage } from '../../../dataplane/sip/parse.ts';
import { parsed, requestText } from './messages.ts';

describe('Edits', () => {
  it('splices in any order', () => {
    const edits = new Edits();
    edits.replace(6, 11, 'there');
    edits.insert(0, '> ');
    edits.remove(5, 6);
    edits.insert(11, '!');
    expect(edits.size).toBe(4);
    expect(edits.apply('hello world')).toBe('> hellothere!');
    edits.clear();
    expect(edits.apply('hello world')).toBe('hello world');
  });

  it('keeps the order of what stands at one position, insertions first', () => {
    const edits = new Edits();
    edits.replace(1, 2, 'X');
    edits.insert(1, 'a');
    edits.insert(1, 'b');
    edits.insert(0, '^');
    edits.insert(2, 'c');
    expect(edits.apply('012')).toBe('^0abXc2');
  });

  it('throws on overlap and beyond the end', () => {
    const overlap = new Edits();
    overlap.replace(0, 3, '');
    overlap.insert(2, 'x');
    expect(() => overlap.apply('0123')).toThrow(RangeError);
    const beyond = new Edits();
    beyond.replace(3, 5, 'x');
    expect(() => beyond.apply('0123')).toThrow(RangeError);
    const backwards = new Edits();
    backwards.replace(3, 2, 'x');
    expect(() => backwards.apply('0123')).toThrow(RangeError);
  });

  it('does what splicing from behind does', () => {
    const edits = new Edits();
    fc.assert(fc.property(fc.string({ minLength: 1 }), fc.array(fc.tuple(fc.nat(), fc.nat(5), fc.string({ maxLength: 4 })), { maxLength: 8 }), (raw, wanted) => {
      // Cut the wanted splices so that none touches another.
      const chosen: { start: number; end: number; text: string }[] = [];
      for (const [at, length, text] of wanted) {
        const start = at % raw.length;
        const end = Math.min(start + length, raw.length);
        if (chosen.every((other) => end < other.start || start > other.end)) chosen.push({ start, end, text });
      }
      edits.clear();
      for (const { start, end, text } of chosen) edits.replace(start, end, text);
      let expected = raw;
      for (const { start, end, text } of chosen.toSorted((a, b) => b.start - a.start)) expected = expected.slice(0, start) + text + expected.slice(end);
      return edits.apply(raw) === expected;
    }));
  });
});

describe('list values', () => {
  const route = (value: string): string => requestText({ Route: value });

  it.each([
    ['<sip:a;lr>, <sip:b;lr>', 'Route: <sip:b;lr>\r\n'],
    ['<sip:a;lr>\r\n ,\r\n <sip:b;lr>', 'Route: <sip:b;lr>\r\n'],
    ['<sip:a;lr>', ''],
    ['<sip:a;lr>;x="1,2" ', ''],
  ])('the first of %s goes', (value, expected) => {
    const message = parsed(route(value));
    const edits = new Edits();
    keepValues(edits, message.routes(), 1, message.routes().length);
    expect(edits.apply(message.raw)).toBe(requestText().replace('\r\n\r\n', `\r\n${expected}\r\n`));
  });

  it.each([
    ['<sip:a;lr>, <sip:b;lr>', 'Route: <sip:a;lr>\r\n'],
    ['<sip:a;lr> ,\r\n <sip:b;lr>', 'Route: <sip:a;lr>\r\n'],
    ['<sip:a;lr>', ''],
    ['\r\n <sip:a;lr>', ''],
  ])('the last of %s goes', (value, expected) => {
    const message = parsed(route(value));
    const edits = new Edits();
    keepValues(edits, message.routes(), 0, message.routes().length - 1);
    expect(edits.apply(message.raw)).toBe(requestText().replace('\r\n\r\n', `\r\n${expected}\r\n`));
  });

  it('any range of them stays, however they are dealt out over lines, and the message stays whole', () => {
    const lines = fc.array(fc.array(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 });
    fc.assert(fc.property(lines, fc.nat(9), fc.nat(9), fc.constantFrom(',', ', ', ' ,\r\n '), (dealt, from, length, comma) => {
      const text = requestText().replace('\r\n\r\n', `\r\n${dealt.map((hosts) => `Record-Route: ${hosts.map((host) => `<sip:${host};lr>`).join(comma)}\r\nX: y\r\n`).join('')}\r\n`);
      const message = parsed(text);
      const edits = new Edits();
      keepValues(edits, message.routeValues('record-route'), from, from + length);
      const kept = parsed(edits.apply(text));
      expect(kept.routeValues('record-route').map(({ sipUri }) => sipUri?.host)).toEqual(dealt.flat().slice(from, from + length));
      expect(kept.headers('x')).toHaveLength(dealt.length);
    }));
  });

  it('a message edited as a proxy does parses to what was meant', () => {
    const name = fc.stringMatching(/^[a-z]{1,12}$/);
    fc.assert(fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), fc.array(name, { maxLength: 4 }), fc.integer({ min: 1, max: 255 }), (vias, routes, hops) => {
      const text = requestText({
        Via: vias.map((host) => `SIP/2.0/UDP ${host};branch=z9hG4bK${host}`).join(', '),
        Route: routes.map((host) => `<sip:${host};lr>`).join(','),
        'Max-Forwards': String(hops),
      }, undefined, 'v=0\r\n');
      const message = parsed(text);
      const edits = new Edits();
      keepValues(edits, message.routes(), 1, message.routes().length);
      edits.insert(message.viaLine, 'Via: SIP/2.0/TCP edge;branch=z9hG4bKnew\r\n');
      edits.replace(message.maxForwardsStart, message.maxForwardsEnd, String(hops - 1));
      const forwarded = parseMessage(edits.apply(text));
      if (!forwarded.ok) return false;
      const back = parsed(text);
      edits.clear();
      keepValues(edits, forwarded.message.vias(), 1, forwarded.message.vias().length);
      const returned = parsed(edits.apply(forwarded.message.raw));
      return forwarded.message.maxForwards === hops - 1
        && forwarded.message.vias().map((via) => via.host).join() === ['edge', ...vias].join()
        && forwarded.message.routes().map((route) => route.sipUri?.host).join() === routes.slice(1).join()
        && forwarded.message.body === 'v=0\r\n' && returned.vias().length === back.vias().length;
    }));
  });
});
