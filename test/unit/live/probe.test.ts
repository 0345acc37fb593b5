import { describe, expect, it } from 'vitest';
import type { CommandFailure } from '../../../controlplane/push/api.ts';
import { NodeFacts } from '../../../controlplane/live/node-facts.ts';
import { probeNow } from '../../../controlplane/live/probe.ts';
import type { Result } from '../../../dataplane/contract/result.ts';
import { err, ok } from '../../../dataplane/contract/result.ts';
import { dispatcherSetDefaults } from '../../../dataplane/contract/rows.ts';
import type { DispatcherSetRow } from '../../../dataplane/contract/rows.ts';

const row: DispatcherSetRow = {
  id: 10, name: '', tenant: null, algorithm: 4, affinity: 'aor', affinityAll: false, ...dispatcherSetDefaults,
  probing: { mode: 'always', intervalMs: 30_000, timeoutMs: 2_000, downAfter: 2, upAfter: 2, codes: [200], from: '', useUnknown: false },
};

async function probe(answer: Result<unknown, CommandFailure>) {
  const asked: unknown[] = [];
  const gateway = {
    command: async (...args: unknown[]) => {
      asked.push(args);
      return answer;
    },
  };
  const result = await probeNow(gateway, new NodeFacts({ id: 'n', name: 'ams-1' }), 7, { id: 10, row, destinations: [] });
  return { asked, result };
}

describe('probing now', () => {
  it('sends one command with the time that a probe may take', async () => {
    const { asked, result } = await probe(ok({ outcome: 'reply', code: 200, latencyMs: 3.25, detail: '' }));
    expect(asked).toEqual([['n', 'probe.now', { destination: 7 }, 5_000]]);
    expect(result).toMatchObject({ node: 'n', nodeName: 'ams-1', ok: true, code: 200, ms: 3.25, text: 'answered 200' });
  });

  it.each<[unknown, object]>([
    [{ outcome: 'reply', code: 503, latencyMs: 1, detail: '' }, { ok: false, code: 503, text: 'answered 503' }],
    [{ outcome: 'timeout', code: 0, latencyMs: -1, detail: '' }, { ok: false, code: null, ms: null, text: 'no answer in time' }],
    [{ outcome: 'icmp', code: 0, latencyMs: -1, detail: 'ECONNREFUSED' }, { ok: false, text: 'unreachable (ECONNREFUSED)' }],
    [{ outcome: 'dns', code: 0, latencyMs: -1, detail: '' }, { ok: false, text: 'name not resolved' }],
    ['rubbish', { ok: false, code: null }],
    [null, { ok: false, code: null }],
    [{ outcome: 'reply', code: '200', latencyMs: Number.NaN, detail: 3 }, { ok: false, code: null, ms: null }],
  ])('understands %o', async (data, expected) => {
    expect((await probe(ok(data))).result).toMatchObject(expected);
  });

  it('says why the node could not be asked', async () => {
    expect((await probe(err({ code: 'failed', message: 'unknown destination' }))).result).toMatchObject({ ok: false, text: 'unknown destination' });
    expect((await probe(err({ code: 'expired', message: '' }))).result).toMatchObject({ ok: false, text: 'the node did not answer in time' });
  });
});
