import { describe, expect, it } from 'vitest';
import { bounds } from '../../../dataplane/sip/bounds.ts';
import { isKeepAlive, parseMessage } from '../../../dataplane/sip/parse.ts';
import { parsed, refused, requestText, responseText } from './messages.ts';

describe('parseMessage accepts', () => {
  it('a request and fills every hot field', () => {
    const message = parsed(requestText({ 'User-Agent': 'Phone/1', Contact: '<sip:alice@192.0.2.7:5062>', Route: '<sip:edge.example;lr>' }));
    expect(message).toMatchObject({ isRequest: true, method: 'INVITE', status: 0, cseqNumber: 1, cseqMethod: 'INVITE', maxForwards: 70, contentLength: 0 });
    expect(message.requestUri).toBe('sip:1001@sip.acme.example');
    expect(message.callId).toBe('call-1@192.0.2.7');
    expect([message.fromTag, message.toTag]).toEqual(['a1', '']);
    expect(message.userAgent).toBe('Phone/1');
    expect(message.contact?.uri).toBe('sip:alice@192.0.2.7:5062');
    expect(message.firstRoute()?.uri).toBe('sip:edge.example;lr');
    expect(message.bodyStart).toBe(message.raw.length);
  });

  it('a response: status, reason, method of its CSeq', () => {
    const message = parsed(responseText({}, 'SIP/2.0 486 Busy Here'));
    expect(message).toMatchObject({ isRequest: false, method: 'INVITE', status: 486, reason: 'Busy Here', toTag: 'b2', maxForwards: -1 });
    expect(parsed(responseText({}, 'SIP/2.0 200')).reason).toBe('');
    expect(parsed(responseText({}, 'SIP/2.0 200 ')).reason).toBe('');
    expect(parsed(requestText()).reason).toBe('');
  });

  it('compact forms, any case, blanks before the colon', () => {
    const message = parsed('BYE sip:a@b SIP/2.0\r\nv: SIP/2.0/TCP h;branch=z9hG4bK1\r\nF:<sip:a@b>;tag=1\r\nt : sip:c@d;tag=2\r\nI\t:x\r\ncSeQ:2 BYE\r\nL: 0\r\nm: sip:q@r\r\n\r\n');
    expect([message.topVia?.transport, message.fromTag, message.toTag, message.callId, message.contentLength, message.contact?.uri])
      .toEqual(['TCP', '1', '2', 'x', 0, 'sip:q@r']);
  });

  it('names that only look like ones we know', () => {
    const message = parsed(requestText({ 'X-Via': 'x', Vib: 'x', Route2: 'x', 'Call-IX': 'x', 'contact-': 'y', z: '1' }));
    expect(message.routeStart).toBe(-1);
    expect(message.header('z')).toBe('1');
    expect(message.header('vib')).toBe('x');
  });

  it('empty lines before the start line and blanks behind a request line', () => {
    expect(parsed(`\r\n\r\n${requestText()}`).raw).toBe(requestText());
    expect(parsed(requestText({}, 'INVITE sip:1001@sip.acme.example SIP/2.0 \t ')).raw).toBe(requestText());
  });

  it('a version in small letters, which is sent on in capitals (RFC 3261 7.1) and lifts no bound', () => {
    expect(parsed(requestText({}, 'INVITE sip:1001@sip.acme.example sIp/2.0')).raw).toBe(requestText());
    expect(parsed(requestText({}, 'INVITE sip:1001@sip.acme.example sip/2.0 ')).raw).toBe(requestText());
    const response = parsed(requestText({}, 'sip/2.0 200 OK'));
    expect([response.status, response.raw.slice(0, 12)]).toEqual([200, 'SIP/2.0 200 ']);
    expect(parseMessage(requestText({}, `INVITE sip:${'1'.repeat(2_000)}@sip.acme.example sip/2.0`))).toMatchObject({ ok: false, status: 414 });
    expect(parseMessage(requestText({}, 'sip/3.0 200 OK'))).toMatchObject({ ok: false, answerable: false });
  });

  it('a body of the length that Content-Length says, bytes behind it cut off', () => {
    expect(parsed(requestText({ 'Content-Length': '3' }, undefined, 'abcdef')).body).toBe('abc');
    expect(parsed(requestText({ 'Content-Length': '' }, undefined, 'abcdef')).body).toBe('abcdef');
    expect(parsed(requestText({ 'Content-Length': '\r\n 0003' }, undefined, 'abc')).contentLength).toBe(3);
  });

  it('Max-Forwards absent (RFC 2543) and CSeq up to 2^32 - 1', () => {
    expect(parsed(requestText({ 'Max-Forwards': '' })).maxForwards).toBe(-1);
    expect(parsed(requestText({ 'Max-Forwards': '255' })).maxForwards).toBe(255);
    expect(parsed(requestText({ CSeq: '4294967295 INVITE' })).cseqNumber).toBe(4_294_967_295);
  });

  it('tel and sips Request-URIs', () => {
    expect(parsed(requestText({}, 'INVITE tel:+4930123;phone-context=x SIP/2.0')).sipUri).toMatchObject({ scheme: 'tel', user: '+4930123', host: '' });
    expect(parsed(requestText({}, 'INVITE sips:a@b SIP/2.0')).sipUri?.scheme).toBe('sips');
  });

  it('two messages by turns: lazy values never mix', () => {
    const first = parsed(requestText({ 'Call-ID': 'one', Via: 'SIP/2.0/UDP h1;branch=z9hG4bK1, SIP/2.0/UDP h2;branch=z9hG4bK2' }));
    const second = parsed(requestText({ 'Call-ID': 'twotwo', Route: '<sip:r1;lr>, <sip:r2;lr>' }));
    expect(first.via(1)?.host).toBe('h2');
    expect(second.routes().map((route) => route.sipUri?.host)).toEqual(['r1', 'r2']);
    expect(first.vias().map((via) => via.param('branch'))).toEqual(['z9hG4bK1', 'z9hG4bK2']);
    expect([first.callId, second.callId]).toEqual(['one', 'twotwo']);
  });
});

describe('parseMessage refuses and says why', () => {
  const cases: readonly (readonly [string, string, number, string, boolean])[] = [
    ['a missing Via', requestText({ Via: '' }), 400, 'Missing Via', false],
    ['a missing From', requestText({ From: '' }), 400, 'Missing From', true],
    ['a missing To', requestText({ To: '' }), 400, 'Missing To', true],
    ['a missing Call-ID', requestText({ 'Call-ID': '' }), 400, 'Missing Call-ID', true],
    ['a missing CSeq', requestText({ CSeq: '' }), 400, 'Missing CSeq', true],
    ['two From', requestText({ f: 'sip:x@y;tag=2' }), 400, 'Repeated From', true],
    ['two To', requestText({ t: 'sip:x@y' }), 400, 'Repeated To', true],
    ['two Call-ID', requestText({ i: 'y' }), 400, 'Repeated Call-ID', true],
    ['two CSeq', requestText({ cseq: '2 INVITE' }), 400, 'Repeated CSeq', true],
    ['two Max-Forwards', requestText({ 'max-forwards': '7' }), 400, 'Repeated Max-Forwards', true],
    ['two Content-Length', requestText({ l: '0' }), 400, 'Repeated Content-Length', true],
    ['a list of From values', requestText({ From: 'sip:x@y;tag=2, sip:z@y;tag=3' }), 400, 'Malformed From', true],
    ['an empty tag', requestText({ From: 'sip:x@y;tag' }), 400, 'Malformed From', true],
    ['a broken To', requestText({ To: '<sip:x@y' }), 400, 'Malformed To', true],
    ['an empty To', requestText({ To: ' ' }), 400, 'Malformed To', true],
    ['white space in the Call-ID', requestText({ 'Call-ID': 'a b' }), 400, 'Malformed Call-ID', true],
    ['an empty Call-ID', requestText({ 'Call-ID': ' ' }), 400, 'Malformed Call-ID', true],
    ['another method in CSeq', requestText({ CSeq: '1 BYE' }), 400, 'CSeq Method Does Not Match', true],
    ['methods that differ in case', requestText({ CSeq: '1 invite' }), 400, 'CSeq Method Does Not Match', true],
    ['CSeq without number', requestText({ CSeq: 'INVITE' }), 400, 'Malformed CSeq', true],
    ['CSeq without method', requestText({ CSeq: '1 ' }), 400, 'Malformed CSeq', true],
    ['CSeq without white space', requestText({ CSeq: '1INVITE' }), 400, 'Malformed CSeq', true],
    ['CSeq with more behind', requestText({ CSeq: '1 INVITE x' }), 400, 'Malformed CSeq', true],
    ['CSeq of 2^32', requestText({ CSeq: '4294967296 INVITE' }), 400, 'Malformed CSeq', true],
    ['Max-Forwards above 255', requestText({ 'Max-Forwards': '256' }), 400, 'Malformed Max-Forwards', true],
    ['Max-Forwards that is none', requestText({ 'Max-Forwards': 'x' }), 400, 'Malformed Max-Forwards', true],
    ['Max-Forwards with many digits', requestText({ 'Max-Forwards': '1000' }), 400, 'Malformed Max-Forwards', true],
    ['an empty Content-Length', requestText({ 'Content-Length': ' ' }), 400, 'Malformed Content-Length', true],
    ['an endless Content-Length', requestText({ 'Content-Length': '99999999999999999999' }), 400, 'Malformed Content-Length', true],
    ['a body that is too short', requestText({ 'Content-Length': '4' }, undefined, 'abc'), 400, 'Body Shorter Than Content-Length', true],
    ['headers in the Request-URI', requestText({}, 'INVITE sip:a@b?Route=%3Csip:c%3E SIP/2.0'), 400, 'Headers In Request-URI', true],
    ['an unknown scheme', requestText({}, 'INVITE urn:service:sos SIP/2.0'), 416, 'Unsupported URI Scheme', true],
    ['no scheme', requestText({}, 'INVITE alice@b SIP/2.0'), 400, 'Malformed Request-URI', true],
    ['a scheme that begins with a digit', requestText({}, 'INVITE 4x:alice SIP/2.0'), 400, 'Malformed Request-URI', true],
    ['a sip URI without host', requestText({}, 'INVITE sip:alice@ SIP/2.0'), 400, 'Malformed Request-URI', true],
    ['a tel URI without number', requestText({}, 'INVITE tel: SIP/2.0'), 400, 'Malformed Request-URI', true],
    ['another version', requestText({}, 'INVITE sip:a@b SIP/3.0'), 505, 'Version Not Supported', true],
    ['no version number', requestText({}, 'INVITE sip:a@b SIP/two.0'), 400, 'Malformed Request Line', true],
    ['another protocol', requestText({}, 'INVITE sip:a@b HTTP/1.1'), 400, 'Malformed Request Line', true],
    ['two spaces before the Request-URI', requestText({}, 'INVITE  SIP/2.0'), 400, 'Spaces In Request Line', true],
    ['a Request-URI without end', requestText({}, `INVITE sip:${'a'.repeat(bounds.requestUriBytes)}@b SIP/2.0`), 414, 'Request-URI Too Long', true],
    ['a malformed Via', requestText({ Via: 'SIP/2.0/UDP' }), 400, 'Malformed Via', true],
    ['a name with a space', requestText({ 'Bad Name': 'x' }), 400, 'Malformed Header Name', true],
    ['a line without name', requestText().replace('Max-Forwards', ''), 400, 'Malformed Header Name', true],
    ['a bare LF that hides a header', requestText({ Subject: 'x\nRoute: <sip:evil;lr>' }), 400, 'Stray CR Or LF', true],
    ['a bare CR that hides a header', requestText({ Subject: 'x\rRoute: <sip:evil;lr>' }), 400, 'Stray CR Or LF', true],
    ['no empty line', requestText().slice(0, -2), 400, 'No End Of Headers', true],
    ['an endless header line', requestText({ Subject: 'x'.repeat(bounds.headerLineBytes) }), 400, 'Headers Too Large', true],
    ['too many header lines', requestText({ S: 'x\r\nS: '.repeat(bounds.headerLines) }), 400, 'Headers Too Large', true],
    ['an ACK', requestText({ CSeq: '1 ACK', To: '' }, 'ACK sip:a@b SIP/2.0'), 400, 'Missing To', false],
    ['a response without To', responseText({ To: '' }), 400, 'Missing To', false],
    ['a status of four digits', responseText({}, 'SIP/2.0 2000 OK'), 400, 'Malformed Status Line', false],
    ['a status below 100', responseText({}, 'SIP/2.0 099 Low'), 400, 'Malformed Status Line', false],
    ['a status above 699', responseText({}, 'SIP/2.0 700 High'), 400, 'Malformed Status Line', false],
    ['a response of another version', responseText({}, 'SIP/1.0 200 OK'), 505, 'Version Not Supported', false],
  ];
  it.each(cases)('%s', (_what, text, status, reason, answerable) => {
    const fault = refused(text);
    expect([fault.status, fault.reason, fault.answerable]).toEqual([status, reason, answerable]);
    expect(fault.partial).not.toBeNull();
  });

  it.each([
    ['nothing', ''], ['text', 'hello'], ['a line that is no start line', `hello world and more\r\n\r\n`], ['binary', '\u0000\u0001\u0002\u0003'.repeat(10)],
    ['a TLS hello', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003\r\n'], ['a lone LF behind the start line', 'INVITE sip:a@b SIP/2.0\nVia: x\n\n'],
    ['a method without end', `${'A'.repeat(80)} sip:a@b SIP/2.0\r\n\r\n`],
  ])('%s, in silence', (_what, text) => {
    expect(refused(text)).toMatchObject({ status: 400, answerable: false });
  });

  it('thousands of blank lines, at once', () => {
    for (const line of [' '.repeat(14) + '\r\n', `A${' '.repeat(13)}\r\n`, '\r\n']) expect(refused(line.repeat(Math.floor(65_000 / line.length))).answerable).toBe(false);
  });

  it('more than 64 KiB, before looking at it', () => {
    expect(refused(requestText({ 'Content-Length': '' }, undefined, 'x'.repeat(65_536)))).toMatchObject({ status: 513, answerable: false, partial: null });
    expect(parseMessage(requestText({ 'Content-Length': '' }, undefined, 'x'.repeat(65_000))).ok).toBe(true);
  });
});

describe('isKeepAlive', () => {
  it('knows the keep-alives of the field and nothing else', () => {
    for (const text of ['', '\r\n', '\r\n\r\n', '\u0000', '\u0000\u0000\u0000\u0000', '    ']) expect(isKeepAlive(text)).toBe(true);
    for (const text of ['jaK', '\r\nA', '\r\n\r\n\r\n\r\n\r\n']) expect(isKeepAlive(text)).toBe(false);
  });
});
