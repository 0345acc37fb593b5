import { describe, expect, it } from 'vitest';
import type { BencodeDictionary, Bencoded } from '../../../../dataplane/media/rtpengine/bencode.ts';
import { readActivity, readFigures, totalsOf } from '../../../../dataplane/media/rtpengine/call-figures.ts';

type Plain = string | number | readonly Plain[] | { readonly [key: string]: Plain };
const dictionary = (fields: Readonly<Record<string, Plain>>): BencodeDictionary => new Map(Object.entries(fields).map(([key, value]) => [key, bencoded(value)]));
const bencoded = (value: Plain): Bencoded => (typeof value !== 'object' ? value : Array.isArray(value) ? value.map(bencoded) : dictionary(value as Record<string, Plain>));

const stream = (packets: number, lastPacket: number, more: Record<string, Plain> = {}): Plain => ({ 'last packet': lastPacket, stats: { packets, bytes: packets * 172, errors: 3 }, ...more });

describe('figures of a call', () => {
  const answer = dictionary({
    created: 900, 'last signal': 905,
    SSRC: { 77: { 'cumulative loss': 4, 'average MOS': { MOS: 43, jitter: 2, 'round-trip time': 12_500, 'packet loss': 1 } } },
    tags: {
      caller: { medias: [{ index: 1, type: 'audio', flags: ['initialized', 'send', 'recv'], streams: [stream(500, 998, { SSRC: 77 }), stream(9, 999)] }, { index: 2, type: 'video', streams: [stream(0, 900)] }] },
      callee: { medias: [{ index: 1, type: 'audio', flags: ['initialized', 'send'], streams: [stream(480, 990, { SSRC: 5 }), stream(0, 900)] }] },
    },
  });

  it('are those of each stream and side, quality as far as somebody reported it', () => {
    expect(readFigures('s', answer, 1_000)).toEqual({
      session: 's',
      streams: [
        {
          kind: 'audio', engine: 'rtpengine', roundTripMs: 12.5,
          caller: { packets: 500, bytes: 86_000, lost: 4, jitterMs: 2, mos: 4.3, strangers: 3, invalid: 0, idleMs: 1_000 },
          callee: { packets: 480, bytes: 82_560, lost: -1, jitterMs: -1, mos: 0, strangers: 3, invalid: 0, idleMs: 9_000 },
        },
        {
          kind: 'video', engine: 'rtpengine', roundTripMs: -1,
          caller: { packets: 0, bytes: 0, lost: -1, jitterMs: -1, mos: 0, strangers: 3, invalid: 0, idleMs: -1 },
          callee: { packets: 0, bytes: 0, lost: -1, jitterMs: -1, mos: 0, strangers: 0, invalid: 0, idleMs: -1 },
        },
      ],
    });
  });

  it('any packet, of RTCP too, says that a side is not idle; so does an SDP', () => {
    expect(readActivity(answer, 1_000)).toEqual({ caller: { idleMs: 0, awaited: true }, callee: { idleMs: 9_000, awaited: false } });
    expect(readActivity(dictionary({ 'last signal': 960, tags: {} }), 1_000)).toEqual({ caller: { idleMs: 39_000, awaited: false }, callee: { idleMs: 39_000, awaited: false } });
  });

  it('show nobody as idle for longer than that: a packet of a whole second may have come at its end', () => {
    const idleMs = (nowSeconds: number): number => readActivity(answer, nowSeconds).callee.idleMs;
    expect(idleMs(991)).toBe(0);
    expect(idleMs(991.5)).toBe(500);
  });

  it('add up', () => {
    expect(totalsOf(readFigures('s', answer, 1_000))).toEqual({ packets: 980, bytes: 980 * 172, strangers: 9 });
    expect(totalsOf(null)).toEqual({ packets: 0, bytes: 0, strangers: 0 });
  });

  it('of an answer that says nothing are none', () => {
    expect(readFigures('s', dictionary({}), 1_000)).toEqual({ session: 's', streams: [] });
    expect(readFigures('s', dictionary({ tags: 'x', SSRC: 1 }), 1_000)).toEqual({ session: 's', streams: [] });
  });
});
