/** Methods of the IANA registry; `methodAt` returns these very strings, so that comparing them is cheap. */
export const methods: readonly string[] = [
  'ACK', 'BYE', 'CANCEL', 'INFO', 'INVITE', 'MESSAGE', 'NOTIFY', 'OPTIONS', 'PRACK', 'PUBLISH', 'REFER', 'REGISTER',
  'SUBSCRIBE', 'UPDATE',
];

/** First letter, last letter and length tell them apart: one candidate is enough. */
const slot = (first: number, last: number, length: number): number => (first + last * 3 + length) & 63;
const CANDIDATES: string[] = Array.from({ length: 64 }, () => '');
for (const method of methods) {
  const at = slot(method.charCodeAt(0), method.charCodeAt(method.length - 1), method.length);
  if (CANDIDATES[at] !== '') throw new Error(`methods ${method} and ${CANDIDATES[at] ?? ''} share a slot`);
  CANDIDATES[at] = method;
}

/** The method written in `raw[start, end)`; methods are case-sensitive (RFC 3261 7.1). */
export function methodAt(raw: string, start: number, end: number): string {
  const candidate = CANDIDATES[slot(raw.charCodeAt(start), raw.charCodeAt(end - 1), end - start)] ?? '';
  if (candidate.length === end - start && raw.startsWith(candidate, start)) return candidate;
  return raw.slice(start, end);
}
