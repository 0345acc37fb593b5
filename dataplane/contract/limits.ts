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
  /** `user@host`. */
  aliasLength: 318,
  windowsPerRule: 16,
  /** Longest number, prefix of a rate or called number: E.164 has 15 digits, carriers put routing digits in front. */
  numberLength: 32,
  /** 1,000,000 units: prices are in millionths. */
  price: 1_000_000_000_000,
  /** Together they fit in `rowBytes`. */
  namesPerCertificate: 60,
  certificateChainBytes: 32 * 1024,
  /** PEM; RSA with 8,192 bits takes 6,400. */
  privateKeyBytes: 8 * 1024,
  sealedKeyBytes: 12 * 1024,
  /** PEM roots in the settings. */
  caBytes: 48 * 1024,
  slowStartMs: 3_600_000,
  rtpengines: 16,
  rowBytes: 64 * 1024,
  weight: 65_535,
  rank: 65_535,
  /** Push channel (see wire.ts). */
  chunkRows: 1_000,
  frameBytes: 1024 * 1024,
  chunkWindow: 4,
} as const;
