import { describe, expect, it } from 'vitest';
import { answered, nodeApplied, type WriteProgress } from '../../../web/src/api/writes.ts';

const waiting: WriteProgress = { phase: 'spreading', rev: 12, applied: [{ node: 'ams-1', ms: 9 }], missing: ['ams-2', 'fra-1'] };

describe('the revision mark', () => {
  it('is done when the answer names no missing node', () => {
    expect(answered({ rev: 12, applied: [{ node: 'ams-1', ms: 9 }], missing: [] })).toMatchObject({ phase: 'done', rev: 12 });
    expect(answered({ rev: 12, applied: [], missing: ['ams-1'] })).toMatchObject({ phase: 'spreading', missing: ['ams-1'] });
    expect(answered({})).toBeNull();
  });

  it('grows with each node until the last has it', () => {
    const one = nodeApplied(waiting, 'ams-2', 12, 300);
    expect(one).toMatchObject({ phase: 'spreading', missing: ['fra-1'] });
    expect(nodeApplied(one, 'fra-1', 13, 400)).toMatchObject({ phase: 'done', missing: [], applied: [{ node: 'ams-1' }, { node: 'ams-2', ms: 300 }, { node: 'fra-1', ms: 400 }] });
  });

  it('does not count an older revision, a stranger, or a node twice', () => {
    expect(nodeApplied(waiting, 'ams-2', 11, 300)).toBe(waiting);
    expect(nodeApplied(waiting, 'lon-1', 12, 300)).toBe(waiting);
    expect(nodeApplied(waiting, 'ams-1', 12, 300)).toBe(waiting);
  });
});
