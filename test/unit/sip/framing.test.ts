import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bounds } from '../../../dataplane/sip/bounds.ts';
import { FRAME, StreamFramer } from '../../../dataplane/sip/framing.ts';
import { refused, requestText } from './messages.ts';

const names = ['more', 'message', 'ping', 'fault'];

/** What comes out of the framer for these chunks; messages as their text. */
function frames(framer: StreamFramer, ...chunks: string[]): string[] {
  const found: string[] = [];
  for (const chunk of chunks) {
    framer.push(chunk);
    for (let frame = framer.next(); frame !== FRAME.more; frame = framer.next()) {
      found.push(frame === FRAME.message ? framer.text : names[frame] ?? '');
      if (frame === FRAME.fault) return found;
    }
  }
  return found;
}

const first = requestText({}, undefined, 'body\r\n\r\nmore');
const second = requestText({ 'Call-ID': 'two' });

describe('StreamFramer', () => {
  it('cuts messages by Content-Length, however the bytes come', () => {
    const all = `${first}${second}\r\n\r\n${first}\r\n${second}`;
    fc.assert(fc.property(fc.array(fc.nat(all.length), { maxLength: 20 }), (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), all.length];
      const chunks = at.slice(1).map((end, i) => all.slice(at[i], end));
      expect(frames(new StreamFramer(), ...chunks)).toEqual([first, second, 'ping', first, second]);
    }));
    expect(frames(new StreamFramer(), ...all.split(''))).toEqual([first, second, 'ping', first, second]);
  });

  it('reads every spelling of Content-Length', () => {
    for (const line of ['l: 4', 'L:4', 'CONTENT-LENGTH \t:  0004 ', 'Content-Length:\r\n 4']) {
      const text = requestText({ 'Content-Length': '' }, undefined, 'body').replace('\r\n\r\n', `\r\n${line}\r\n\r\n`);
      expect(frames(new StreamFramer(), `${text}${second}`)).toEqual([text, second]);
    }
  });

  it('answers pings, also split ones, and swallows pongs', () => {
    expect(frames(new StreamFramer(), '\r\n\r\n')).toEqual(['ping']);
    expect(frames(new StreamFramer(), '\r', '\n\r', '\n')).toEqual(['ping']);
    expect(frames(new StreamFramer(), '\r\n\r\n\r\n\r\n')).toEqual(['ping', 'ping']);
    expect(frames(new StreamFramer(), '\r\n', second, '\r\n', second)).toEqual([second, second]);
    expect(frames(new StreamFramer(), '\n\n\r\r', second)).toEqual([second]);
  });

  it.each(['\x16\x03\x01', '\0\0\0\0', ' INVITE', '\xff', '<html>'])('refuses what cannot begin a message at its first byte: %j', (bytes) => {
    const framer = new StreamFramer();
    expect(frames(framer, `\r\n${bytes}`)).toEqual(['fault']);
    expect([framer.status, framer.text]).toEqual([400, '']);
  });

  it('tells a begun message from idleness', () => {
    const framer = new StreamFramer();
    expect(framer.partial).toBe(false);
    frames(framer, '\r\n');
    expect([framer.partial, framer.pendingBytes]).toEqual([false, 0]);
    frames(framer, 'INVITE');
    expect([framer.partial, framer.pendingBytes]).toEqual([true, 6]);
    frames(framer, first.slice(6));
    expect(framer.partial).toBe(false);
    frames(framer, first.slice(0, -1));
    expect([framer.partial, framer.pendingBytes]).toEqual([true, first.length - 1]);
  });

  it.each([
    ['no Content-Length', requestText({ 'Content-Length': '' }), 400, 'Missing Content-Length'],
    ['a negative one', requestText({ 'Content-Length': '-1' }), 400, 'Malformed Content-Length'],
    ['one in words', requestText({ 'Content-Length': 'five' }), 400, 'Malformed Content-Length'],
    ['an empty one', requestText({ 'Content-Length': ' ' }), 400, 'Malformed Content-Length'],
    ['two of them', requestText({ l: '0' }), 400, 'Malformed Content-Length'],
    ['twenty digits', requestText({ 'Content-Length': '99999999999999999999' }), 400, 'Malformed Content-Length'],
    ['500 MB', requestText({ 'Content-Length': '500000000' }), 513, 'Message Too Large'],
    ['a byte more than fits', requestText({ 'Content-Length': '65535' }), 513, 'Message Too Large'],
  ])('gives up on %s and keeps the head for the answer', (_what, text, status, reason) => {
    const framer = new StreamFramer();
    expect(frames(framer, first, text, second)).toEqual([first, 'fault']);
    expect([framer.status, framer.fault]).toEqual([status, reason]);
    expect(framer.text).toBe(text);
    expect(framer.pendingBytes).toBe(0);
    framer.push(second);
    expect(framer.next()).toBe(FRAME.fault);
    if (status === 400 && reason.startsWith('Malformed')) expect(refused(framer.text).answerable).toBe(true);
  });

  it('holds a bounded head and no more', () => {
    const framer = new StreamFramer();
    const chunk = `X: ${'x'.repeat(995)}\r\n`;
    let fed = 0;
    framer.push('INVITE sip:a@b SIP/2.0\r\n');
    while (framer.next() === FRAME.more && fed < 100) {
      framer.push(chunk);
      fed++;
      expect(framer.pendingBytes).toBeLessThanOrEqual(bounds.headBytes + chunk.length);
    }
    expect([framer.status, framer.fault, framer.text]).toEqual([513, 'Headers Too Large', '']);
    expect(fed).toBeLessThan(40);
  });

  it('refuses a large head that came at once', () => {
    const framer = new StreamFramer();
    expect(frames(framer, requestText({ S: 'x'.repeat(bounds.headBytes) }))).toEqual(['fault']);
    expect([framer.status, framer.fault]).toEqual([513, 'Headers Too Large']);
  });

  it('looks at each byte of a slow head once: the search goes on where it ended', () => {
    const framer = new StreamFramer();
    const text = requestText({ S: 'x'.repeat(30_000) });
    expect(frames(framer, ...text.split(''))).toEqual([text]);
  });
});
