/** How a set spreads calls: Kamailio's numbers, the API's names, and what each looks at. */

interface AlgorithmWords {
  readonly name: string;
  readonly about: string;
  /** Which figures of a destination count. */
  readonly looksAt: 'rank' | 'weight' | 'both' | 'neither';
}

export const algorithms: Readonly<Record<number, AlgorithmWords>> = {
  0: { name: 'call-id-hash', about: 'hash of the Call-ID', looksAt: 'weight' },
  1: { name: 'from-hash', about: 'hash of the From URI', looksAt: 'weight' },
  2: { name: 'to-hash', about: 'hash of the To URI', looksAt: 'weight' },
  3: { name: 'request-uri-hash', about: 'hash of the Request-URI', looksAt: 'weight' },
  4: { name: 'round-robin', about: 'in turn', looksAt: 'neither' },
  5: { name: 'auth-user-hash', about: 'hash of the user who authenticates', looksAt: 'weight' },
  6: { name: 'random', about: 'any', looksAt: 'weight' },
  7: { name: 'value-hash', about: 'hash of what you choose', looksAt: 'weight' },
  8: { name: 'serial', about: 'by rank, the next only when the first fails', looksAt: 'rank' },
  9: { name: 'weight', about: 'in proportion', looksAt: 'weight' },
  10: { name: 'call-load', about: 'the least calls for its maxload', looksAt: 'neither' },
  11: { name: 'relative-weight', about: 'in proportion to rweight', looksAt: 'weight' },
  12: { name: 'parallel', about: 'all at once', looksAt: 'neither' },
  13: { name: 'latency', about: 'the quickest to answer probes', looksAt: 'rank' },
  14: { name: 'rank-round-robin', about: 'in turn within the first usable rank', looksAt: 'rank' },
  15: { name: 'tiers', about: 'by weight within the first usable rank', looksAt: 'both' },
  64: { name: 'overload', about: 'in turn, less to who asks for less', looksAt: 'neither' },
};

/** For a choice: "4 · round-robin: in turn". */
export const algorithmChoices = Object.entries(algorithms).map(([value, { name, about }]) => ({ value, label: `${value} · ${name}: ${about}` }));

export const looksAtRank = (algorithm: number): boolean => ['rank', 'both'].includes(algorithms[algorithm]?.looksAt ?? 'neither');
export const looksAtWeight = (algorithm: number): boolean => ['weight', 'both'].includes(algorithms[algorithm]?.looksAt ?? 'neither');
