import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyHashes, zeroHash } from '../../../dataplane/contract/hash.ts';
import { mediaReportBounds, type MediaReport } from '../../../dataplane/contract/media.ts';
import { parseNodeMessage, parseServerMessage } from '../../../dataplane/contract/messages.ts';
import type { NodeMessage, ServerMessage } from '../../../dataplane/contract/wire.ts';

const have = { epoch: 'e', rev: 3, hashes: emptyHashes };

const fromNode: readonly NodeMessage[] = [
  { t: 'hello', boot: 'b', have, schema: 1, version: '1', capabilities: ['x'], quarantined: [{ table: 'domain', key: 'a', reason: 'r' }] },
  { t: 'applied', batch: 1, epoch: 'e', rev: 3, tookMs: 0.5, quarantined: [], quarantinedTotal: 0 },
  { t: 'reject', batch: 1, rev: 4, code: 'gap', detail: '', have, shrink: [{ table: 'domain', had: 2, removed: 2 }] },
  { t: 'resync', reason: 'lag', have },
  { t: 'credit', batch: 1, upTo: 2 },
  { t: 'hb', n: 1, epoch: '', rev: 0, hash: zeroHash },
  { t: 'report', report: { counters: { a: 1 }, gauges: {}, destinations: [{ id: 1, state: 'up', reason: { kind: 'new' }, sinceMs: 1, lastProbeMs: 0, latencyMs: { last: -1, avg: -1, max: -1 }, calls: 0 }] } },
  { t: 'events', first: 1, events: [{ atMs: 1, kind: 'k', subject: 's', text: 't', detail: {} }] },
  { t: 'result', id: 'i', ok: true, data: null, error: '' },
];

const fromServer: readonly ServerMessage[] = [
  { t: 'identity', node: { id: 'i', name: 'n' }, token: null },
  { t: 'identity', node: { id: 'i', name: 'n' }, token: 't' },
  { t: 'keys', keys: [{ id: 1, key: 'A'.repeat(43) }] },
  { t: 'welcome', mode: 'wait', epoch: 'e', head: 1, heartbeatMs: 1, deadMs: 2 },
  { t: 'delta', batch: 1, epoch: 'e', from: 1, to: 2, rows: [['domain', 'a', null], ['domain', 'b', '{}']], hashes: emptyHashes, allowShrink: { domain: 1 } },
  { t: 'begin', kind: 'snapshot', batch: 1, epoch: 'e', from: -1, to: 2, hashes: emptyHashes, allowShrink: {} },
  { t: 'end', batch: 1, chunks: 0, rows: 0 },
  { t: 'hb.ack', n: 1, epoch: 'e', head: 1, hash: zeroHash },
  { t: 'events.ack', upTo: 1 },
  { t: 'cmd', id: 'i', name: 'n', args: { x: 1 }, ttlMs: 1 },
  { t: 'bye', code: 'busy', retryAfterMs: 1 },
];

describe.each([
  ['node', fromNode, parseNodeMessage],
  ['server', fromServer, parseServerMessage],
] as const)('a frame of a %s', (_who, messages, parse) => {
  it.each(messages.map((message) => [message.t, message] as const))('%s passes as it is', (_t, message) => {
    expect(parse(JSON.stringify(message))).toEqual({ ok: true, value: message });
  });

  it.each(messages.map((message) => [message.t, message] as const))('%s without a field, or with nonsense in it, does not', (_t, message) => {
    for (const name of Object.keys(message).filter((field) => field !== 't' && field !== 'args' && field !== 'data')) {
      expect(parse(JSON.stringify({ ...message, [name]: undefined }))).toMatchObject({ ok: false, error: { code: 'malformed', message: `${message.t}: bad ${name}` } });
      expect(parse(JSON.stringify({ ...message, [name]: [{ no: 'sense' }] })).ok).toBe(false);
    }
  });

  it('of an unknown kind is told apart from a malformed one, and unknown fields are ignored', () => {
    expect(parse('{"t":"unheard.of"}')).toMatchObject({ ok: false, error: { code: 'unknown' } });
    expect(parse('{"t":"toString"}')).toMatchObject({ ok: false, error: { code: 'unknown' } });
    const [first] = messages;
    expect(parse(JSON.stringify({ ...first, newer: true })).ok).toBe(true);
  });

  it.each(['', '{', '[]', 'null', '{"t":1}', ' '.repeat(1_100_000)])('%.20s is malformed', (frame) => {
    expect(parse(frame)).toMatchObject({ ok: false, error: { code: 'malformed' } });
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.constantFrom(...messages), fc.jsonValue({ maxDepth: 3 }), (message, value) => {
      for (const name of Object.keys(message)) parse(JSON.stringify({ ...message, [name]: value }));
    }));
  });
});

describe('the media in a report of a node', () => {
  const media: MediaReport = {
    engine: 'rtpengine', sentence: '', sessions: 2, portsUsed: 8, portsFree: 92, portsResting: 4, portsUnproven: 2, kernelStreams: 0,
    rtpengines: [{ address: '192.0.2.7:2223', state: 'down', sessions: 1, reason: 'no answer' }],
  };
  const report = (value: unknown) => parseNodeMessage(JSON.stringify({ t: 'report', report: { counters: {}, gauges: {}, destinations: [], media: value } }));

  it.each([['that it relays', media], ['as a former version tells it', { ...media, portsResting: undefined, portsUnproven: undefined }], ['that it does not relay', null], ['that a former version does not know', undefined]])('%s passes', (_, value) => {
    expect(report(value).ok).toBe(true);
  });

  it.each<[string, unknown]>([
    ['an engine that nobody knows', { ...media, engine: 'magic' }],
    ['no engine', { ...media, engine: undefined }],
    ['a sentence without end', { ...media, sentence: 'x'.repeat(mediaReportBounds.sentence + 1) }],
    ['fewer ports than none', { ...media, portsFree: -1 }],
    ['half an unproven port', { ...media, portsUnproven: 0.5 }],
    ['half a session', { ...media, sessions: 0.5 }],
    ['a number as text', { ...media, kernelStreams: '3' }],
    ['no list of instances', { ...media, rtpengines: {} }],
    ['too many instances', { ...media, rtpengines: Array.from({ length: mediaReportBounds.rtpengines + 1 }, () => media.rtpengines[0]) }],
    ['an instance in a state of its own', { ...media, rtpengines: [{ ...media.rtpengines[0], state: 'tired' }] }],
    ['an instance with a novel for a reason', { ...media, rtpengines: [{ ...media.rtpengines[0], reason: 'x'.repeat(mediaReportBounds.reason + 1) }] }],
    ['nothing but a word', 'kernel'],
  ])('with %s is malformed', (_, value) => {
    expect(report(value)).toMatchObject({ ok: false, error: { code: 'malformed', message: 'report: bad report' } });
  });
});
