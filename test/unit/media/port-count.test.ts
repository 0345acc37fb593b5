import { describe, expect, it } from 'vitest';
import { portsOf } from '../../../dataplane/media/relay-engine.ts';

describe('the ports that a media thread tells of', () => {
  it('are used in all families, and free in the one that has fewest left: calls fail by it', () => {
    expect(portsOf([{ family: 4, pairs: 100, inUse: 98, resting: 1, unproven: 7 }, { family: 6, pairs: 100, inUse: 0, resting: 3, unproven: 0 }])).toEqual({ used: 196, free: 4, resting: 8, unproven: 14 });
    expect(portsOf([])).toEqual({ used: 0, free: 0, resting: 0, unproven: 0 });
  });
});
