import { describe, expect, it } from 'vitest';
import { parseNameAddr } from '../../../dataplane/sip/name-addr.ts';

const parse = (text: string) => parseNameAddr(text, 0, text.length);

describe('parseNameAddr', () => {
  it.each([
    ['<sip:a@b>', 'sip:a@b', '', ''],
    ['sip:a@b', 'sip:a@b', '', ''],
    ['sip:a@b;tag=1', 'sip:a@b', '', '1'],
    ['  sip:a@b ; tag = 1  ', 'sip:a@b', '', '1'],
    ['<sip:a@b;x=1>;tag=2;y="q;,\\""', 'sip:a@b;x=1', '', '2'],
    ['"A, \\"B\\" <x>" <sip:a@b>;TAG=3', 'sip:a@b', '"A, \\"B\\" <x>"', '3'],
    ['Alice B. <sip:a@b>', 'sip:a@b', 'Alice B.', ''],
    ['Alice<sip:a@b>;tag="q"', 'sip:a@b', 'Alice', '"q"'],
    ['"Alice"\r\n <sip:a@b>\r\n\t;tag=4', 'sip:a@b', '"Alice"', '4'],
    ['<http://www.example.com>;tag=5;tag=6', 'http://www.example.com', '', '5'],
  ])('%s', (text, uri, display, tag) => {
    const value = parse(text);
    expect([value?.uri, value?.display, value?.tag]).toEqual([uri, display, tag]);
    expect(value?.end).toBe(text.trimEnd().length);
  });

  it('ends at a comma outside quotes and brackets', () => {
    const text = '"x,y" <sip:a,b@c>;q=1 , <sip:d>';
    const value = parse(text);
    expect(text.slice(value!.start, value!.end)).toBe('"x,y" <sip:a,b@c>;q=1');
    expect(parseNameAddr(text, text.indexOf(',', value!.end) + 1, text.length)?.uri).toBe('sip:d');
  });

  it.each([
    '', '  ', '<>', '<sip:a', '"Alice <sip:a@b>', '"Alice" sip:a@b', 'Al"ice <sip:a@b>', '< sip:a@b>', '<sip:a@b >', '<sip:a <b>', '<sip:"a">', 'sip:a b', '<sip:a>x', '<sip:a>;', '<sip:a>;;x', '<sip:a>;=1',
    '<sip:a>;x=', '<sip:a>;x="', '<sip:a>;x=a"b', '<sip:a>;x=<b>', '<sip:a>;tag', ';tag=1', 'sip:a;tag=1 x', ',<sip:a>',
  ])('refuses %s', (text) => expect(parse(text)).toBeNull());

  it('gives header parameters and the URI taken apart', () => {
    const value = parse('<sip:a@b;expires=1>;Expires=60;flag;+sip.instance="<urn:x>"');
    expect([value?.param('expires'), value?.param('flag'), value?.param('+sip.instance'), value?.param('absent')]).toEqual(['60', '', '"<urn:x>"', null]);
    expect(value?.sipUri?.param('expires')).toBe('1');
    expect(value?.sipUri).toBe(value?.sipUri);
    expect(parse('<isbn:1>')?.sipUri).toBeNull();
  });
});
