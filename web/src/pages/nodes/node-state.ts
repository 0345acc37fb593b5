import type { NodeItem, NodeStateName } from '../../../../controlplane/contract/index.ts';
import type { Tone } from '../../components/tone.ts';

const states: Readonly<Record<NodeStateName, { readonly tone: Tone; readonly word: string }>> = {
  'in-step': { tone: 'up', word: 'in step' },
  connected: { tone: 'probing', word: 'connected' },
  syncing: { tone: 'probing', word: 'syncing' },
  behind: { tone: 'probing', word: 'behind' },
  rejecting: { tone: 'down', word: 'rejecting' },
  held: { tone: 'down', word: 'holding a mass delete' },
  gone: { tone: 'down', word: 'gone' },
};

/** A node's state as tone and word; a drained node that is in step is draining. */
export function nodeState(node: NodeItem): { readonly tone: Tone; readonly word: string } {
  if (node.draining && node.state === 'in-step') return { tone: 'draining', word: 'draining' };
  return states[node.state];
}
