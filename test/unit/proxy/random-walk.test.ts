/** Response contexts under whatever may happen, in seeded random order: one final answer, nothing left behind. */
import { describe, expect, it } from 'vitest';
import type { FailoverTrigger } from '../../../dataplane/contract/rows.ts';
import { answerTo, destination, Edge, request, world, type Sent } from './edge.ts';

const phone = ['198.51.100.7', 5060] as const;

/** mulberry32: the same numbers for the same seed. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const statuses = [100, 180, 180, 183, 200, 202, 300, 302, 305, 401, 404, 407, 408, 480, 486, 487, 500, 503, 503, 600, 603];
const contacts = ['<sip:2002@acme.example>', '<sip:3@acme.example>;q=0.5, <sip:4@acme.example>;q=0.5', '<sip:x@10.0.0.2>', '<sip:x@elsewhere.example>, <sip:5@acme.example>'];

interface Outcome { readonly finals: readonly number[]; readonly answered: boolean; readonly edge: Edge; readonly log: readonly string[] }

function walk(seed: number): Outcome {
  const pick = chance(seed);
  const one = <T>(list: readonly T[]): T => list[pick(list.length)] as T;
  const on: readonly FailoverTrigger[] = one([['timeout', 'transport', 500, 503], [], [404, 486, 'timeout']] as const);
  const edge = new Edge(world({
    algorithm: one([4, 8, 12, 12]), on, maxAttempts: 1 + pick(4), policies: { redirects: one(['pass', 'block', 'recurse']) },
    destinations: [destination(1, 'sip:pbx.example'), destination(2, 'sip:10.0.0.2'), destination(3, 'sip:10.0.0.3'), destination(4, 'sip:10.0.0.4')].slice(0, 1 + pick(4)),
  }));
  edge.locateDestination(1, '10.1.0.1', '10.1.0.2');
  const method = pick(5) === 0 ? 'MESSAGE' : 'INVITE';
  const log: string[] = [];
  const asked: Sent[] = [];
  const finals: number[] = [];
  const seen = new Set<string>();
  let answered = false;
  const collect = (): void => {
    for (const sent of edge.take()) {
      const { message, text } = sent;
      if (message.isRequest) {
        if (message.method === method && !seen.has(text)) asked.push(sent);
      } else if (message.status >= 200 && message.cseqMethod === method && !seen.has(text)) {
        if (message.status >= 300) finals.push(message.status);
        else answered = true;
      }
      seen.add(text);
    }
  };
  const steps: (() => string)[] = [
    () => {
      const sent = one(asked);
      const status = one(statuses);
      // Behind the end of its transaction a response is a stray, which goes on by itself (see dialog.test.ts).
      if (edge.env.layer.find(sent.message.topVia?.branch ?? '') === null) return '';
      edge.receive(answerTo(sent, status, `t${pick(3)}`, status >= 300 && status < 400 ? `Contact: ${one(contacts)}\r\n` : ''), sent.target.address, sent.target.port);
      return `${sent.target.address} says ${status}`;
    },
    () => {
      const sent = one(asked);
      sent.owner?.sendFailed('ECONNREFUSED');
      return `${sent.target.address} cannot be reached`;
    },
    () => {
      const ms = one([20, 600, 5_100, 31_000, 33_000]);
      edge.advance(ms);
      return `${ms} ms`;
    },
    () => {
      if (finals.length === 0 && !answered) edge.receive(request(method, { branch: 'walk' }), ...phone);
      return 'again';
    },
    () => {
      if (method === 'INVITE') edge.receive(request('CANCEL', { branch: 'walk' }), ...phone);
      return 'CANCEL';
    },
  ];
  edge.receive(request(method, { branch: 'walk' }), ...phone);
  collect();
  for (let n = 5 + pick(30); n > 0 && asked.length > 0; n--) {
    // Answers are what happens most.
    const kind = pick(12);
    log.push((kind < 8 ? steps[0] : kind === 11 && pick(4) > 0 ? steps[2] : steps[kind - 7])?.() ?? '');
    collect();
  }
  edge.advance(400_000);
  collect();
  return { finals, answered, edge, log };
}

describe('a response context', () => {
  it('gives one final answer at the most beside 2xx, leaves nothing behind and never throws, in 400 random lives', () => {
    for (let seed = 1; seed <= 400; seed++) {
      const { finals, answered, edge, log } = walk(seed);
      const at = `seed ${seed}: ${log.join(', ')}`;
      expect(edge.faults, at).toEqual([]);
      expect(finals.length, `${at} → ${finals.join(' ')}`).toBeLessThanOrEqual(1);
      // A request without INVITE may end in silence (RFC 4320); an INVITE never does.
      if (!answered && finals.length === 0) expect(edge.count('invites_total'), at).toBe(0);
      const { layer, pending, pendingBytes } = edge.env;
      expect([pending, pendingBytes, layer.clientCount, layer.serverCount], at).toEqual([0, 0, 0, 0]);
    }
  }, 60_000);
});
