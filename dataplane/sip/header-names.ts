import { BYTES } from './scratch.ts';

/**
 * Header names the data plane knows by number. The numbers are bits of `SipMessage.seen` and `repeated`; those up to
 * `lastStored` have their place in the message noted by the scan. Compact forms: RFC 3261 7.3.3 and the IANA registry.
 */
export const H = {
  other: 0,
  via: 1,
  from: 2,
  to: 3,
  callId: 4,
  cseq: 5,
  maxForwards: 6,
  contentLength: 7,
  route: 8,
  contact: 9,
  userAgent: 10,
  proxyRequire: 11,
  lastStored: 11,
  recordRoute: 12,
  path: 13,
  supported: 14,
  require: 15,
  contentType: 16,
  expires: 17,
  timestamp: 18,
  maxBreadth: 19,
} as const;

/** Lower-case long names by number. */
const NAMES: readonly string[] = [
  '', 'via', 'from', 'to', 'call-id', 'cseq', 'max-forwards', 'content-length', 'route', 'contact', 'user-agent',
  'proxy-require', 'record-route', 'path', 'supported', 'require', 'content-type', 'expires',
  'timestamp', 'max-breadth',
];

/** Long lower-case name by compact form. */
export const compactForms: Readonly<Record<string, string>> = {
  a: 'accept-contact', b: 'referred-by', c: 'content-type', d: 'request-disposition', e: 'content-encoding',
  f: 'from', i: 'call-id', j: 'reject-contact', k: 'supported', l: 'content-length', m: 'contact',
  n: 'identity-info', o: 'event', r: 'refer-to', s: 'subject', t: 'to', u: 'allow-events', v: 'via',
  x: 'session-expires', y: 'identity',
};

/** Candidate number by first letter, last letter and length: one look instead of a comparison with each name. */
const CANDIDATES = new Uint8Array(32 * 32 * 32);
const slot = (first: number, last: number, length: number): number => ((first & 31) << 10) | ((last & 31) << 5) | (length & 31);
NAMES.forEach((name, id) => {
  if (id === 0) return;
  const at = slot(name.charCodeAt(0), name.charCodeAt(name.length - 1), name.length);
  if (CANDIDATES[at] !== 0) throw new Error(`header names ${name} and ${NAMES[CANDIDATES[at] ?? 0] ?? ''} share a slot`);
  CANDIDATES[at] = id;
});
const COMPACT = new Uint8Array(256);
for (const [short, long] of Object.entries(compactForms)) {
  const id = Math.max(NAMES.indexOf(long), 0);
  COMPACT[short.charCodeAt(0)] = id;
  COMPACT[short.toUpperCase().charCodeAt(0)] = id;
}

/** The names as bytes, 32 a name. */
const NAME_BYTES = new Uint8Array(NAMES.length * 32);
NAMES.forEach((name, id) => {
  for (let i = 0; i < name.length; i++) NAME_BYTES[id * 32 + i] = name.charCodeAt(i);
});

/**
 * Number of the header whose name stands in `[start, end)` of the loaded text (token characters only), any case, compact
 * forms included; `H.other` when we do not know it.
 */
export function headerIdAt(start: number, end: number): number {
  const length = end - start;
  const first = BYTES[start] ?? 0;
  if (length === 1) return COMPACT[first] ?? 0;
  if (length > 31) return H.other;
  const id = CANDIDATES[slot(first, BYTES[end - 1] ?? 0, length)] ?? 0;
  if (id === H.other) return H.other;
  const base = id * 32;
  // No other token character becomes a lower-case letter or "-" by setting bit 32.
  for (let i = 0; i < length; i++) if (((BYTES[start + i] ?? 0) | 32) !== NAME_BYTES[base + i]) return H.other;
  return id;
}
