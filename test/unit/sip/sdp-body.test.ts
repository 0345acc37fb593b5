import { describe, expect, it } from 'vitest';
import { Edits } from '../../../dataplane/sip/edits.ts';
import { findSdp, replaceSdp } from '../../../dataplane/sip/sdp-body.ts';
import { bounds } from '../../../dataplane/sip/bounds.ts';
import { parsed, requestText } from './messages.ts';

const sdp = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n';
const invite = (headers: Readonly<Record<string, string>>, body = sdp): string => requestText(headers, undefined, body);

const sdpOf = (text: string): string | null => {
  const message = parsed(text);
  const part = findSdp(message);
  return part === null ? null : message.raw.slice(part.start, part.end);
};

const part = (head: string, body: string, boundary = 'b'): string => `--${boundary}\r\n${head}\r\n\r\n${body}\r\n`;
const multipart = (...parts: readonly string[]): string => `${parts.join('')}--b--\r\n`;

describe('findSdp', () => {
  it.each([
    ['the body', { 'Content-Type': 'application/sdp' }],
    ['any case', { 'Content-Type': 'Application/SDP' }],
    ['blanks and parameters', { 'Content-Type': 'application / sdp ;charset=utf-8' }],
    ['the compact form', { c: 'application/sdp' }],
    ['identity', { 'Content-Type': 'application/sdp', 'Content-Encoding': 'Identity' }],
    ['a body of the session', { 'Content-Type': 'application/sdp', 'Content-Disposition': 'session;handling=required' }],
    ['no Content-Length', { 'Content-Type': 'application/sdp', 'Content-Length': '' }],
  ])('finds %s', (_name, headers) => expect(sdpOf(invite(headers))).toBe(sdp));

  it.each([
    ['another type', { 'Content-Type': 'application/sdpx' }, sdp],
    ['a type that is none', { 'Content-Type': 'sdp' }, sdp],
    ['no type', {}, sdp],
    ['two types', { 'Content-Type': 'application/sdp', c: 'text/plain' }, sdp],
    ['no body', { 'Content-Type': 'application/sdp' }, ''],
    ['a compressed body', { 'Content-Type': 'application/sdp', 'Content-Encoding': 'gzip' }, sdp],
    ['a compressed body, compact', { 'Content-Type': 'application/sdp', e: 'gzip' }, sdp],
    ['a body for something else', { 'Content-Type': 'application/sdp', 'Content-Disposition': 'early-session' }, sdp],
    ['multipart without boundary', { 'Content-Type': 'multipart/mixed' }, multipart(part('Content-Type: application/sdp', sdp))],
    ['multipart with a long boundary', { 'Content-Type': `multipart/mixed;boundary=${'b'.repeat(71)}` }, multipart(part('Content-Type: application/sdp', sdp, 'b'.repeat(71)))],
  ])('has none of %s', (_name, headers: Readonly<Record<string, string>>, body) => expect(sdpOf(invite(headers, body))).toBeNull());

  const mixed = { 'Content-Type': 'multipart/mixed;boundary=b' };
  it.each([
    ['the first part', multipart(part('Content-Type: application/sdp', sdp), part('Content-Type: text/plain', 'x'))],
    ['a later part', multipart(part('Content-Type: text/plain', '--b is no delimiter here'), part('Content-Type: text/plain', 'x'), part('content-type: APPLICATION/SDP', sdp))],
    ['a part behind a preamble', `hello\r\n${multipart(part('Content-Type: application/sdp', sdp))}`],
    ['a part with more headers', multipart(part('Content-ID: <1>\r\nContent-Disposition: session\r\nContent-Type: application/sdp', sdp))],
    ['the part of the session', multipart(part('Content-Type: application/sdp\r\nContent-Disposition: early-session', 'v=0\r\n'), part('Content-Type: application/sdp', sdp))],
    ['a part that is not encoded', multipart(part('Content-Type: application/sdp\r\nContent-Transfer-Encoding: base64', 'dj0w'), part('Content-Type: application/sdp\r\nContent-Transfer-Encoding: 8bit', sdp))],
    ['a nested part', multipart(`--b\r\nContent-Type: multipart/alternative; boundary="in ner"\r\n\r\n${part('Content-Type: application/sdp', sdp, 'in ner')}--in ner--\r\n`)],
  ])('finds %s', (_name, body) => expect(sdpOf(invite(mixed, body))).toBe(sdp));

  it.each([
    ['a part that is never ended', '--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n'],
    ['a part behind the end', `--b--\r\n${multipart(part('Content-Type: application/sdp', sdp))}`],
    ['a part without an empty line', '--b\r\nContent-Type: application/sdp\r\n--b--\r\n'],
    ['an empty part', '--b\r\nContent-Type: application/sdp\r\n\r\n--b--\r\n'],
    ['more parts than allowed', multipart(...Array.from({ length: bounds.bodyParts }, () => part('Content-Type: text/plain', '')), part('Content-Type: application/sdp', sdp))],
    ['parts nested too deeply', nested(bounds.bodyDepth)],
  ])('has none of %s', (_name, body) => expect(sdpOf(invite(mixed, body))).toBeNull());

  it('reads a quoted boundary', () => expect(sdpOf(invite({ 'Content-Type': 'multipart/mixed; boundary="\\b"' }, multipart(part('Content-Type: application/sdp', sdp))))).toBe(sdp));
});

function nested(depth: number): string {
  let body = part('Content-Type: application/sdp', sdp, `b${depth}`) + `--b${depth}--\r\n`;
  for (let i = depth - 1; i >= 0; i--) body = part(`Content-Type: multipart/mixed;boundary=b${i + 1}`, body, i === 0 ? 'b' : `b${i}`) + `--${i === 0 ? 'b' : `b${i}`}--\r\n`;
  return body;
}

describe('replaceSdp', () => {
  const edited = (text: string, other: string): ReturnType<typeof parsed> => {
    const message = parsed(text);
    const edits = new Edits();
    replaceSdp(edits, message, findSdp(message)!, other);
    return parsed(edits.apply(message.raw));
  };

  it.each(['', 'v=0\r\n', `${sdp}a=sendonly\r\n`, sdp.repeat(9)])('gives the body %j its length', (other) => {
    const message = edited(invite({ 'Content-Type': 'application/sdp' }), other);
    expect([message.body, message.contentLength]).toEqual([other, other.length]);
  });

  it('sets the compact length', () => {
    const message = edited(invite({ 'Content-Length': '', l: String(sdp.length), c: 'application/sdp' }), `${sdp}x`);
    expect(message.raw).toContain(`\r\nl: ${sdp.length + 1}\r\n`);
  });

  it('adds no length to a datagram that has none', () => {
    const message = edited(invite({ 'Content-Length': '', c: 'application/sdp' }), 'v=0\r\n');
    expect([message.contentLength, message.body]).toEqual([-1, 'v=0\r\n']);
  });

  it('leaves the other parts as they are', () => {
    const body = multipart(part('Content-Type: text/plain', 'before'), part('Content-Type: application/sdp', sdp), part('Content-Type: text/plain', 'behind'));
    const message = edited(invite({ 'Content-Type': 'multipart/mixed;boundary=b' }, body), 'v=0\r\ns=longer\r\n');
    expect(message.body).toBe(body.replace(sdp, 'v=0\r\ns=longer\r\n'));
    expect(message.contentLength).toBe(message.body.length);
  });
});
