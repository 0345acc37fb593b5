/**
 * Finite bounds that both planes share. A row that breaks one is refused when it is saved and,
 * should it ever reach a node, quarantined there.
 */
export const limits = {
  slugLength: 64,
  nameLength: 128,
  commentLength: 1024,
  domainLength: 253,
  userPartLength: 64,
  uriLength: 255,
  rulesPerRouteSet: 10_000,
  setsPerRule: 16,
  destinationsPerSet: 1_000,
  attrsPerDestination: 32,
  attrLength: 256,
  prefixesPerTrunk: 256,
  methodsPerRule: 16,
  codesPerSet: 32,
  scannerPatterns: 64,
  rowBytes: 64 * 1024,
  weight: 65_535,
  rank: 65_535,
  /** Push channel (see wire.ts). */
  chunkRows: 1_000,
  frameBytes: 1024 * 1024,
  chunkWindow: 4,
} as const;
