/** Which rtpengine takes a new call, and when one counts as up or down. Pure. */

/** `unknown` = not heard of yet: calls may try it. */
export type InstanceState = 'unknown' | 'up' | 'down';

export interface InstanceHealth {
  readonly state: InstanceState;
  /** Observations in a row that speak against the state. */
  readonly against: number;
}

export const unknownHealth: InstanceHealth = { state: 'unknown', against: 0 };

/** Requests in a row without an answer, and pongs in a row, that turn the state. */
const downAfter = 2;
const upAfter = 2;

/** The health after a request that was answered or not. The first answer of all is believed at once. */
export function observed({ state, against }: InstanceHealth, alive: boolean): InstanceHealth {
  if (state === 'unknown' && alive) return { state: 'up', against: 0 };
  if (state === (alive ? 'up' : 'down')) return { state, against: 0 };
  const now = against + 1;
  if (now < (alive ? upAfter : downAfter)) return { state, against: now };
  return { state: alive ? 'up' : 'down', against: 0 };
}

export interface Candidate {
  readonly address: string;
  readonly weight: number;
  readonly enabled: boolean;
  readonly state: InstanceState;
}

/**
 * By weight among those that are enabled and not down; those of weight 0 only when no other is left.
 * @param tried addresses that did not take this call
 * @param random 0 to below 1
 * @returns null when none is left
 */
export function chooseInstance(candidates: readonly Candidate[], tried: ReadonlySet<string>, random: number): string | null {
  const usable = candidates.filter(({ address, enabled, state }) => enabled && state !== 'down' && !tried.has(address));
  const sum = usable.reduce((total, { weight }) => total + weight, 0);
  if (sum === 0) return usable[Math.floor(random * usable.length)]?.address ?? null;
  let left = random * sum;
  for (const { address, weight } of usable) {
    left -= weight;
    if (left < 0) return address;
  }
  return usable.findLast(({ weight }) => weight > 0)?.address ?? null;
}
