import { describe, expect, it } from 'vitest';
import type { CallDirection, CallMedia, LiveCall } from '../../../controlplane/contract/index.ts';
import { callIdOfKey, keyCalls } from '../../../web/src/pages/calls/call-key.ts';
import { callVerdict, directionText, directionVerdict, engines, quality, streamText } from '../../../web/src/pages/calls/call-media.ts';

const direction = (over: Partial<CallDirection> = {}): CallDirection => ({ packets: 12_034, bytes: 2_069_848, lost: 12, jitterMs: 3.2, mos: 4.31, strangers: 0, invalid: 0, idleMs: 20, ...over });
const nothing = direction({ packets: 0, bytes: 0, lost: null, jitterMs: null, mos: null, idleMs: null });
const stream = (caller: CallDirection, callee: CallDirection, engine: 'kernel' | 'worker' | 'rtpengine' = 'kernel') => ({ kind: 'audio', engine, roundTripMs: 41, caller, callee });
const media = (...streams: CallMedia['streams']): CallMedia => ({ session: 'Aabcdefghij-', streams });

describe('one direction of a call in words', () => {
  it.each<[string, Partial<CallDirection>]>([
    ['12,034 packets, 0.1 % lost, jitter 3.2 ms', {}],
    ['12,034 packets, 0.0 % lost, jitter 41 ms', { lost: 0, jitterMs: 41 }],
    ['1 packet', { packets: 1, lost: null, jitterMs: null }],
    ['12,034 packets, 0.1 % lost, jitter 3.2 ms, the last one 12.0 s ago', { idleMs: 12_000 }],
    ['12,034 packets, 50.0 % lost, jitter 3.2 ms', { lost: 12_034 }],
    ['12,034 packets, 0.1 % lost, jitter 3.2 ms, 14 from other sources dropped, 2 that are no media dropped', { strangers: 14, invalid: 2 }],
    ['no packet has come', nothing],
    ['no packet has come, 3 from other sources dropped', { ...nothing, strangers: 3 }],
  ])('%s', (text, over) => {
    expect(directionText(direction(over))).toBe(text);
  });

  it.each<[string, Partial<CallDirection>]>([
    ['up MOS 4.3, good', {}], ['up flows', { mos: null }], ['probing silent', { idleMs: 5_000 }], ['disabled nothing yet', nothing], ['down MOS 2.1, poor', { mos: 2.1 }],
  ])('is %s', (expected, over) => {
    const { tone, word } = directionVerdict(direction(over));
    expect(`${tone} ${word}`).toBe(expected);
  });
});

describe('quality', () => {
  it.each([[4.4, 'up MOS 4.4, good'], [4.0, 'up MOS 4.0, good'], [3.9, 'probing MOS 3.9, fair'], [3.6, 'probing MOS 3.6, fair'], [3.5, 'down MOS 3.5, poor'], [1, 'down MOS 1.0, poor']])('of MOS %d is %s', (mos, expected) => {
    const { tone, word } = quality(mos);
    expect(`${tone} ${word}`).toBe(expected);
  });
});

describe('a call at a glance', () => {
  it.each<[string, CallMedia]>([
    ['up MOS 4.3, good', media(stream(direction(), direction({ mos: 4.4 })))],
    ['down MOS 3.1, poor', media(stream(direction(), direction()), stream(direction({ mos: 3.1 }), direction({ mos: null })))],
    ['up flows', media(stream(direction({ mos: null }), direction({ mos: null })))],
    ['probing only the caller sends', media(stream(direction(), nothing))],
    ['probing only the callee sends', media(stream(direction({ idleMs: 60_000 }), direction()))],
    ['probing silent', media(stream(direction({ idleMs: 60_000 }), direction({ idleMs: 60_000 })))],
    ['disabled no packet yet', media(stream(nothing, nothing))],
    ['disabled no packet yet', media()],
  ])('is %s', (expected, value) => {
    const { tone, word } = callVerdict(value);
    expect(`${tone} ${word}`).toBe(expected);
  });

  it('names each engine once', () => {
    expect(engines(media(stream(nothing, nothing), stream(nothing, nothing, 'worker'), stream(nothing, nothing)))).toBe('kernel, worker');
    expect(streamText(stream(nothing, nothing))).toBe('kernel, round trip 41 ms');
    expect(streamText({ ...stream(nothing, nothing), roundTripMs: null })).toBe('kernel');
  });
});

describe('the key of a call', () => {
  const call = (node: string, callId: string): LiveCall => ({ callId, caller: '', callee: '', dialled: '', node, nodeName: node, tenant: null, destination: null, destinationUri: null, startedMs: 0, decision: '', media: null });

  it('is its own for each call of a list, and holds the Call-ID', () => {
    const keys = [...keyCalls([call('n1', 'a@x'), call('n1', 'b@x'), call('n2', 'a@x'), call('n1', 'a@x')]).values()];
    expect(keys).toEqual(['n1 a@x', 'n1 b@x', 'n2 a@x', 'n1 a@x 2']);
    expect(keys.map(callIdOfKey)).toEqual(['a@x', 'b@x', 'a@x', 'a@x']);
  });
});
