import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bounds } from '../../../dataplane/sip/bounds.ts';
import { decodeEscapes, parseSipUri, parseSipUriAt } from '../../../dataplane/sip/uri.ts';

describe('parseSipUri', () => {
  it.each([
    ['sip:example.com', { scheme: 'sip', user: '', host: 'example.com', port: 0, params: '', headersPart: '' }],
    ['SIP:Alice@Example.COM:5061', { scheme: 'sip', user: 'Alice', host: 'example.com', port: 5061 }],
    ['sips:a@b', { scheme: 'sips', user: 'a', host: 'b' }],
    ['sip:alice:secret@b', { user: 'alice', host: 'b' }],
    ['sip:a;day=1@b;lr', { user: 'a;day=1', host: 'b', params: ';lr' }],
    ['sip:+49-30/123?x@b', { user: '+49-30/123?x', host: 'b' }],
    ['sip:a@[2001:DB8::1]:5060;transport=tcp', { host: '2001:db8::1', port: 5060, params: ';transport=tcp' }],
    ['sip:[::1]', { host: '::1', port: 0 }],
    ['sip:a@b.example.', { host: 'b.example' }],
    ['sip:a@b?subject=x&to=y', { params: '', headersPart: 'subject=x&to=y' }],
    ['sip:a@b;x=1?y=2', { params: ';x=1', headersPart: 'y=2' }],
    ['sip:b:65535', { host: 'b', port: 65_535 }],
    ['tel:+49-30;phone-context=example.com', { scheme: 'tel', user: '+49-30', host: '', params: ';phone-context=example.com' }],
    ['TEL:112', { scheme: 'tel', user: '112', params: '' }],
  ])('%s', (text, expected) => {
    expect(parseSipUri(text)).toMatchObject(expected);
    expect(parseSipUriAt(`xx${text} yy`, 2, 2 + text.length)).toEqual(parseSipUri(text));
  });

  it.each([
    '', 'sip', 'sip:', 'sipx:a', 'sip:@b', 'sip::p@b', 'sip:a@', 'sip:a@b:', 'sip:a@b:0', 'sip:a@b:65536', 'sip:a@b:123456', 'sip:a@b:5x', 'sip:a@.',
    'sip:a b@c', 'sip:a@b c', 'sip:a@b@c', 'sip:a%4@b', 'sip:a%zz@b', 'sip:a%4g@b', 'sip:a@[::1', 'sip:a@[::1]x', 'sip:a@[]', 'sip:a@[1.2.3.4]', 'sip:a@b;x="1"', 'sip:a@b;<x>',
    'sip:a@example\u012ecom', 'sip:a\u0140b', 'sip:2001:db8::1', 'http://a@b', 'tel:', 'tel:;x', 'tel:1@b', 'tel:1?x', 'tel:(-.)', 'tel:-;x', 'tel:1%2', 'tel:+49-30-123;p%ext=example.com', 'mailto:a@b', `sip:${'a'.repeat(bounds.requestUriBytes)}`,
  ])('refuses %s', (text) => expect(parseSipUri(text)).toBeNull());

  it('gives parameters by name, whatever their case', () => {
    const uri = parseSipUri('sip:a@b;LR;Transport=TCP;maddr=;x=y=z');
    expect(uri?.param('lr')).toBe('');
    expect(uri?.transport).toBe('tcp');
    expect(uri?.param('maddr')).toBe('');
    expect(uri?.param('x')).toBe('y=z');
    expect(uri?.param('l')).toBeNull();
    expect(parseSipUri('sip:a@b')?.transport).toBe('');
  });

  it('says where host and port stand', () => {
    const uri = parseSipUri('sip:a@[::1]:5060;lr');
    expect(uri?.text.slice(uri.hostStart, uri.hostEnd)).toBe('[::1]:5060');
  });

  it('a URI put together comes apart again', () => {
    const characters = "abcXYZ019-_.!~*'()&=+$,;?/".split('');
    const user = fc.string({ unit: fc.constantFrom(...characters, '%41', '%00'), minLength: 1, maxLength: 20 });
    const host = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6().map((address) => `[${address}]`));
    const port = fc.integer({ min: 0, max: 65_535 });
    const params = fc.array(fc.tuple(fc.stringMatching(/^[a-z-]{1,8}$/), fc.stringMatching(/^[a-zA-Z0-9+%[\]:&$/-]{0,8}$/)), { maxLength: 4 });
    fc.assert(fc.property(fc.constantFrom('sip', 'sips'), user, host, port, params, (scheme, user, host, port, params) => {
      const hostPort = `${host}${port === 0 ? '' : `:${port}`}`;
      const tail = params.map(([name, value]) => (value === '' ? `;${name}` : `;${name}=${value}`)).join('');
      const uri = parseSipUri(`${scheme}:${user}@${hostPort}${tail}`);
      if (uri === null) return false;
      const [first] = params;
      return uri.scheme === scheme && uri.user === user && uri.host === host.toLowerCase().replace(/^\[|\]$/g, '') && uri.port === port
        && uri.params === tail && uri.text.slice(uri.hostStart, uri.hostEnd) === hostPort && (first === undefined || uri.param(first[0]) === first[1]);
    }), { numRuns: 1_000 });
  });
});

describe('decodeEscapes', () => {
  it.each([['abc', 'abc'], ['%41%62c', 'Abc'], ['a%2541', 'a%41'], ['%', '%'], ['%4', '%4'], ['%zz%41', '%zzA'], ['%%41', '%A'], ['x%00y', 'x\u0000y']])(
    '%s is %s', (text, expected) => expect(decodeEscapes(text)).toBe(expected),
  );
  it('is the user that routing compares', () => expect(parseSipUri('sip:%31001@b')?.decodedUser).toBe('1001'));
});
