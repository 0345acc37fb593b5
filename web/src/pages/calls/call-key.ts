import type { LiveCall } from '../../../../controlplane/contract/index.ts';

/** Names each call of a list in the URL: node and Call-ID; calls that share both (a fork answered twice) by their turn. */
export function keyCalls(calls: readonly LiveCall[]): ReadonlyMap<LiveCall, string> {
  const seen = new Map<string, number>();
  return new Map(calls.map((call) => {
    const name = `${call.node} ${call.callId}`;
    const turn = (seen.get(name) ?? 0) + 1;
    seen.set(name, turn);
    return [call, turn === 1 ? name : `${name} ${turn}`];
  }));
}

/** The Call-ID in a key of `keyCalls`. */
export const callIdOfKey = (key: string): string => key.split(' ')[1] ?? '';
