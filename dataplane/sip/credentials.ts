/** The user name of Authorization and Proxy-Authorization (RFC 3261 §20.7, §22; RFC 7616 §3.4). */

/**
 * The `username` of a credentials value (`Digest username="alice", realm=...`), quotes and escapes undone; '' when it has
 * none. The parameter is looked for outside of quoted strings only.
 */
export function credentialsUser(value: string): string {
  let at = value.indexOf(' ');
  if (at < 0) return '';
  while (at < value.length) {
    const start = skipBlanks(value, at);
    const equals = value.indexOf('=', start);
    if (equals < 0) return '';
    const name = value.slice(start, equals).trim().toLowerCase();
    const from = skipBlanks(value, equals + 1);
    const quoted = value.charCodeAt(from) === 34;
    const end = quoted ? closingQuote(value, from) : commaFrom(value, from);
    if (end < 0) return '';
    if (name === 'username') return quoted ? value.slice(from + 1, end).replaceAll(/\\(.)/g, '$1') : value.slice(from, end).trim();
    at = commaFrom(value, end) + 1;
  }
  return '';
}

function skipBlanks(text: string, at: number): number {
  while (at < text.length && text.charCodeAt(at) <= 32) at++;
  return at;
}

/** Offset of the quote that closes the string which opens at `at`, -1 when it is never closed. */
function closingQuote(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 34) return i;
    if (c === 92) i++;
  }
  return -1;
}

/** Offset of the next comma, or the end. */
function commaFrom(text: string, at: number): number {
  const comma = text.indexOf(',', at);
  return comma < 0 ? text.length : comma;
}
