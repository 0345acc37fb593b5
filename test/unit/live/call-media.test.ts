import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { Check } from 'typebox/value';
import { CallMedia } from '../../../controlplane/contract/live-lists.ts';
import { callMediaOf } from '../../../controlplane/live/call-media.ts';
import { listedStreams } from '../../../dataplane/contract/media.ts';

const direction = { packets: 12_034, bytes: 2_069_848, lost: 12, jitterMs: 3.2, mos: 4.31, strangers: 0, invalid: 0, idleMs: 12 };
const unknown = { packets: 0, bytes: 0, lost: -1, jitterMs: -1, mos: 0, strangers: 2, invalid: 1, idleMs: -1 };
const stream = { kind: 'audio', engine: 'kernel', roundTripMs: 41, caller: direction, callee: unknown };

describe('the media of a call, as a node tells it', () => {
  it('is shown with null for what is not known', () => {
    expect(callMediaOf({ session: 'Aabcdefghij-', streams: [stream, { ...stream, kind: 'video', roundTripMs: -1 }] })).toEqual({
      session: 'Aabcdefghij-',
      streams: [
        { kind: 'audio', engine: 'kernel', roundTripMs: 41, caller: direction, callee: { packets: 0, bytes: 0, lost: null, jitterMs: null, mos: null, strangers: 2, invalid: 1, idleMs: null } },
        expect.objectContaining({ kind: 'video', roundTripMs: null }),
      ],
    });
  });

  it('is told with jitter to 0.1 ms, not with the fifteen digits of a running mean', () => {
    const told = callMediaOf({ session: 'A', streams: [{ ...stream, caller: { ...direction, jitterMs: 1.234567890123456 } }] });
    expect(told?.streams[0]?.caller.jitterMs).toBe(1.2);
  });

  it.each([[undefined], [null], ['kernel'], [[]], [{}], [{ session: 3, streams: [] }], [{ session: 'A', streams: {} }]])('is none when it is %j', (value) => {
    expect(callMediaOf(value)).toBeNull();
  });

  it.each([[null], [{ ...stream, engine: 'magic' }], [{ ...stream, kind: 3 }], [{ ...stream, caller: null }], [{ ...stream, callee: 'x' }]])('leaves out a stream that it cannot read: %j', (bad) => {
    expect(callMediaOf({ session: 'A', streams: [bad, stream] })?.streams).toHaveLength(1);
  });

  it('is bounded whatever a node says', () => {
    const shown = callMediaOf({ session: 'A'.repeat(9_999), streams: Array.from({ length: 99 }, () => ({ ...stream, kind: 'x'.repeat(9_999) })) });
    expect([shown?.session.length, shown?.streams.length, shown?.streams[0]?.kind.length]).toEqual([64, listedStreams.streams, listedStreams.kindLength]);
  });

  it('always has the shape of the API', () => {
    const value = fc.oneof(fc.jsonValue(), fc.double(), fc.constant(undefined));
    const direction_ = fc.oneof(fc.record({ packets: value, lost: value, jitterMs: value, mos: value, idleMs: value }), value);
    const streams = fc.array(fc.oneof(fc.record({ kind: fc.oneof(fc.string(), value), engine: fc.constantFrom('kernel', 'worker', 'rtpengine'), roundTripMs: value, caller: direction_, callee: direction_ }), value));
    fc.assert(fc.property(fc.oneof(fc.record({ session: fc.string(), streams }), value), (told) => {
      const shown = callMediaOf(told);
      expect(shown === null || Check(CallMedia, shown)).toBe(true);
    }));
  });
});
