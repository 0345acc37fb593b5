import { describe, expect, it } from 'vitest';
import type { NodeMedia } from '../../../controlplane/contract/index.ts';
import { mediaState, portsText } from '../../../web/src/pages/nodes/node-media.ts';

const media = (over: Partial<NodeMedia>): NodeMedia => ({ engine: 'kernel', sentence: '', sessions: 0, portsUsed: 0, portsFree: 1_000, portsResting: 0, portsUnproven: 0, kernelStreams: 0, rtpengines: [], ...over });
const instance = (state: 'up' | 'down' | 'unknown') => ({ address: '192.0.2.7:2223', state, sessions: 0, reason: '' });

describe("a node's media in a word", () => {
  it.each<[string, Partial<NodeMedia>]>([
    ['up kernel', {}],
    ['up worker', { engine: 'worker', portsUsed: 900, portsFree: 100 }],
    ['probing 92.0 % of ports', { portsUsed: 920, portsFree: 80 }],
    ['down no ports left', { portsUsed: 1_000, portsFree: 0 }],
    ['down no ports left', { portsUsed: 998, portsFree: 2 }],
    ['down no rtpengine', { engine: 'rtpengine', portsFree: 0 }],
    ['up rtpengine', { engine: 'rtpengine', portsFree: 0, rtpengines: [instance('up'), instance('unknown')] }],
    ['probing 1 of 2 rtpengines', { engine: 'rtpengine', portsFree: 0, rtpengines: [instance('up'), instance('down')] }],
    ['down 0 of 1 rtpengines', { engine: 'rtpengine', portsFree: 0, rtpengines: [instance('down')] }],
  ])('is %s', (expected, over) => {
    const { tone, word } = mediaState(media(over));
    expect(`${tone} ${word}`).toBe(expected);
  });

  it('counts ports', () => {
    expect(portsText(media({ portsUsed: 120, portsFree: 9_880 }))).toBe('120 in use, 9,880 free');
    expect(portsText(media({ portsUsed: 120, portsFree: 9_880, portsResting: 64, portsUnproven: 40 }))).toBe('120 in use (40 by unproven callers), 9,880 free (64 resting)');
  });
});
