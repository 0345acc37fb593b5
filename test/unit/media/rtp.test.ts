import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packetKind, payloadTypeOf, sequenceOf, sourceOf, timestampOf } from '../../../dataplane/media/rtp.ts';
import { writeDtls, writeRtp, writeSenderReport, writeStun } from '../../harness/rtp-packets.ts';

const rtp = writeRtp({ ssrc: 0xdeadbeef, seq: 65_535, timestamp: 0x8000_0001, payloadType: 8 }, true);
const kind = (data: Uint8Array): string => packetKind(data, data.length);
/** `rtp` with other bytes at its beginning. */
const with_ = (...bytes: readonly number[]): Buffer => Buffer.concat([Buffer.from(bytes), rtp.subarray(bytes.length)]);

describe('packetKind', () => {
  test('tells the protocols of a media port apart', () => {
    expect([rtp, writeSenderReport(1, 1, { ssrc: 2, lost: 0, highest: 0 }), writeStun(), writeDtls()].map(kind)).toEqual(['rtp', 'rtcp', 'stun', 'dtls']);
  });

  test.each([[191, 'rtp'], [192, 'rtcp'], [200, 'rtcp'], [207, 'rtcp'], [223, 'rtcp'], [224, 'rtp'], [72, 'rtp']])('second byte %d is %s (RFC 5761 §4)', (second, what) => {
    expect(kind(with_(0x80, second))).toBe(what);
  });

  test.each([0x00, 0x10, 0x40, 0x4f, 0x50, 0x7f, 0xc0, 0xff])('first byte %d is nothing that belongs here', (first) => {
    expect(kind(with_(first))).toBe('invalid');
  });

  test('RTP must hold its header, its sources and its extension', () => {
    expect(kind(rtp.subarray(0, 11))).toBe('invalid');
    expect(kind(rtp.subarray(0, 12))).toBe('rtp');
    const fifteenSources = with_(0x8f);
    expect(kind(fifteenSources.subarray(0, 12 + 59))).toBe('invalid');
    expect(kind(fifteenSources.subarray(0, 12 + 60))).toBe('rtp');
    const extended = with_(0x90);
    extended.writeUInt16BE(3, 14);
    expect(kind(extended.subarray(0, 12 + 3))).toBe('invalid');
    expect(kind(extended.subarray(0, 12 + 4 + 11))).toBe('invalid');
    expect(kind(extended.subarray(0, 12 + 4 + 12))).toBe('rtp');
    extended.writeUInt16BE(0xffff, 14);
    expect(kind(extended)).toBe('invalid');
  });

  test('only so many bytes count as were received', () => {
    expect(packetKind(rtp, 11)).toBe('invalid');
    expect(packetKind(Buffer.alloc(0), 0)).toBe('invalid');
  });

  test('STUN without its cookie, and short STUN, DTLS and RTCP are nothing', () => {
    const stun = writeStun();
    stun[4] = 0;
    expect(kind(stun)).toBe('invalid');
    expect(kind(writeStun().subarray(0, 19))).toBe('invalid');
    expect(kind(writeDtls().subarray(0, 12))).toBe('invalid');
    expect(kind(Buffer.from([0x80, 200, 0, 1, 0, 0, 0]))).toBe('invalid');
  });
});

test('what is behind the received bytes changes nothing, whatever they are', () => {
  const noise = fc.uint8Array({ maxLength: 64 });
  fc.assert(fc.property(noise, noise, noise, (data, one, other) => {
    const [a, b] = [Buffer.concat([data, one]), Buffer.concat([data, other])];
    // Bytes beyond the length only count where the length says that they are there.
    if (packetKind(a, data.length) !== 'invalid') expect(data.length).toBeGreaterThanOrEqual(8);
    if (data.length >= 16) expect(packetKind(a, data.length)).toBe(packetKind(b, data.length));
  }), { numRuns: 2_000 });
});

test('reads the fields of the header', () => {
  expect([payloadTypeOf(rtp), sequenceOf(rtp), timestampOf(rtp) >>> 0, sourceOf(rtp) >>> 0]).toEqual([8, 65_535, 0x8000_0001, 0xdeadbeef]);
});
