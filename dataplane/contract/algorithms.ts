/** How a dispatcher set chooses among its destinations: Kamailio's numbers, and the names under which people know them. */

/** Dispatcher algorithms by Kamailio's number. */
export const algorithms = {
  callIdHash: 0, fromHash: 1, toHash: 2, requestUriHash: 3, roundRobin: 4, authUserHash: 5, random: 6, valueHash: 7, serial: 8, weight: 9,
  callLoad: 10, relativeWeight: 11, parallel: 12, latency: 13, rankRoundRobin: 14, tiers: 15, overload: 64,
} as const;
export type Algorithm = (typeof algorithms)[keyof typeof algorithms];

/** Names as the REST API and the console use them. */
export const algorithmNames = {
  0: 'call-id-hash', 1: 'from-hash', 2: 'to-hash', 3: 'request-uri-hash', 4: 'round-robin', 5: 'auth-user-hash', 6: 'random', 7: 'value-hash',
  8: 'serial', 9: 'weight', 10: 'call-load', 11: 'relative-weight', 12: 'parallel', 13: 'latency', 14: 'rank-round-robin', 15: 'tiers', 64: 'overload',
} as const satisfies Readonly<Record<Algorithm, string>>;
export type AlgorithmName = (typeof algorithmNames)[Algorithm];

/** The number of a name; null when there is no such algorithm. */
export function algorithmOf(name: string): Algorithm | null {
  return Object.values(algorithms).find((number) => algorithmNames[number] === name) ?? null;
}
