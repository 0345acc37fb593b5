/** The pure and the socket-free parts of probing: the request, its reply, the line, the schedule, latency. */
import { describe, expect, it } from 'vitest';
import { addLatency, noLatency } from '../../../dataplane/health/latency.ts';
import { branchOf, buildOptions, readReply } from '../../../dataplane/health/options-request.ts';
import type { OptionsParts } from '../../../dataplane/health/options-request.ts';
import { faultText, outcomeOf } from '../../../dataplane/health/probe.ts';
import { ProbeLine } from '../../../dataplane/health/probe-line.ts';
import { Watch } from '../../../dataplane/health/watch.ts';
import { parseMessage } from '../../../dataplane/sip/parse.ts';
import { buildResponse } from '../../../dataplane/sip/responses.ts';
import type { DestinationRow, DispatcherSetRow } from '../../../dataplane/contract/rows.ts';
import { destination, set, view } from '../routing/rows.ts';

const parts: OptionsParts = {
  uri: 'sip:[2001:db8::1]:5070;transport=tcp', transport: 'tcp', viaHost: '2001:db8::9', viaPort: 40_000, contactHost: '2001:db8::9', contactPort: 5060,
  from: '', userAgent: 'Signalbox', token: 'abc123',
};

describe('the OPTIONS request', () => {
  it('is one that our own parser accepts, with the advertised addresses', () => {
    const parsed = parseMessage(buildOptions(parts));
    expect(parsed.ok).toBe(true);
    if (!parsed.ok) return;
    const { message } = parsed;
    expect([message.method, message.requestUri, message.callId, message.fromTag]).toEqual(['OPTIONS', parts.uri, 'probe-abc123', 'abc123']);
    expect(message.header('via')).toBe('SIP/2.0/TCP [2001:db8::9]:40000;rport;branch=z9hG4bKprobeabc123');
    expect(message.header('contact')).toBe('<sip:[2001:db8::9]:5060;transport=tcp>');
    expect(message.header('from')).toBe('<sip:[2001:db8::9]:5060;transport=tcp>;tag=abc123');
  });

  it('comes from whom the set says', () => {
    expect(buildOptions({ ...parts, transport: 'udp', from: 'sip:ping@edge.example' })).toContain('\r\nFrom: <sip:ping@edge.example>;tag=abc123\r\n');
  });
});

describe('a reply', () => {
  const answer = (token: string, status: number): string => {
    const parsed = parseMessage(buildOptions({ ...parts, token }));
    if (!parsed.ok) throw new Error(parsed.reason);
    return buildResponse(parsed.message, status, 'Whatever', { toTag: 'x' });
  };

  it('is the final one to this very probe', () => {
    expect(readReply(answer('abc123', 200), 'abc123')).toBe(200);
    expect(readReply(answer('abc123', 503), 'abc123')).toBe(503);
  });

  it.each([
    ['another probe\'s', () => answer('other', 200)], ['provisional', () => answer('abc123', 100)], ['a request', () => buildOptions(parts)], ['garbage', () => 'SIP/2.0 200 OK'],
    ['with another branch', () => answer('abc123', 200).replace(branchOf('abc123'), 'z9hG4bKx')], ['to another method', () => answer('abc123', 200).replace('1 OPTIONS', '1 INVITE')],
  ])('%s counts for nothing', (_name, text) => {
    expect(readReply(text(), 'abc123')).toBe(0);
  });
});

describe('socket errors', () => {
  const error = (code: string): Error => Object.assign(new Error('message'), code === '' ? {} : { code });

  it('tell the other side\'s absence from our own troubles', () => {
    expect(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ECONNRESET', 'EMFILE', 'EADDRNOTAVAIL', ''].map((code) => outcomeOf(error(code))))
      .toEqual(['icmp', 'icmp', 'icmp', 'icmp', 'timeout', 'timeout', 'timeout']);
    expect(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ECONNRESET', 'EMFILE', ''].map((code) => faultText(error(code))))
      .toEqual(['port unreachable or refused', 'host unreachable', 'network unreachable', 'connection reset', 'EMFILE', 'message']);
  });
});

describe('the line of probes', () => {
  it('runs a few at once, urgent ones first, each once', async () => {
    const started: string[] = [];
    const ends = new Map<string, () => void>();
    const line = new ProbeLine<string>(2, (item) => {
      started.push(item);
      return new Promise((resolve) => ends.set(item, resolve));
    });
    const settle = async (): Promise<void> => { for (let i = 0; i < 10; i++) await Promise.resolve(); };
    for (const item of ['a', 'b', 'c', 'd', 'e']) line.add(item, false);
    line.add('c', false);
    line.add('a', true);
    line.add('e', true);
    line.add('e', false);
    line.remove('d');
    await settle();
    expect([started, line.has('a'), line.isWaiting('a'), line.isWaiting('e'), line.has('d')]).toEqual([['a', 'b'], true, false, true, false]);
    ends.get('b')?.();
    await settle();
    expect(started).toEqual(['a', 'b', 'e']);
    const closed = line.close();
    ends.get('a')?.();
    ends.get('e')?.();
    await closed;
    expect([started, line.has('c')]).toEqual([['a', 'b', 'e'], false]);
  });
});

describe('when a destination is looked at', () => {
  const watch = (over: Partial<DestinationRow> = {}, probing: Partial<DispatcherSetRow['probing']> = {}): Watch => {
    const config = view(set(1, {}, probing), destination(1, over));
    const found = config.destination(1);
    const owner = config.set(1);
    if (found === null || owner === null) throw new Error('no destination');
    return new Watch(found, owner, undefined, 1_000);
  };
  const wait = (w: Watch, random = 0.5): number => Math.round(w.delayMs(10_000, random));

  it('is at once, then by the interval, sooner while it is not up', () => {
    const w = watch();
    expect(wait(w)).toBe(0);
    w.lastProbeMs = 10_000;
    expect(wait(w)).toBe(2_000);
    w.health = { ...w.health, state: 'up' };
    expect([wait(w, 0), wait(w), wait(w, 1)]).toEqual([27_000, 30_000, 33_000]);
    w.hurried = true;
    expect(wait(w)).toBe(1_000);
    const quick = watch({}, { intervalMs: 500 });
    quick.lastProbeMs = 10_000;
    expect(wait(quick)).toBe(500);
  });

  it('is never for what is disabled, out of reach, or of a set that does not probe; by need in mode failing', () => {
    expect([watch({ admin: 'disabled' }), watch({ uri: 'sip:192.0.2.1;transport=sctp' }), watch({}, { mode: 'never' })].map((w) => wait(w))).toEqual([Infinity, Infinity, Infinity]);
    expect(wait(watch({ admin: 'draining' }))).toBe(0);
    const failing = watch({}, { mode: 'failing' });
    expect(wait(failing)).toBe(0);
    failing.lastProbeMs = 9_000;
    failing.health = { ...failing.health, state: 'up' };
    expect(wait(failing)).toBe(Infinity);
    failing.health = { ...failing.health, state: 'probing' };
    expect(wait(failing)).toBe(1_000);
  });

  it('waits until DNS has been asked where its host name leads, and that is kept up to date where nothing is probed', () => {
    const named = watch({ uri: 'sip:pbx.example' });
    expect([wait(named), named.located]).toEqual([Infinity, true]);
    named.location?.take({ servers: [], ttlMs: 1_000, told: true }, 10_000);
    expect(wait(named)).toBe(0);
    expect([watch({ uri: 'sip:pbx.example' }, { mode: 'never' }), watch({ uri: 'sip:pbx.example', admin: 'disabled' }), watch()].map((w) => w.located)).toEqual([true, false, false]);
  });
});

it('averages latencies', () => {
  const first = addLatency(noLatency, 8);
  expect(first).toEqual({ last: 8, avg: 8, max: 8 });
  expect(addLatency(first, 16)).toEqual({ last: 16, avg: 9, max: 16 });
  expect(addLatency(first, -1)).toEqual({ last: 0, avg: 7, max: 8 });
});
