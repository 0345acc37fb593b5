/** Whether the text is an IPv4 address in dotted-decimal form. */
export function isIpv4(text: string): boolean {
  const length = text.length;
  if (length < 7 || length > 15) return false;
  let parts = 0;
  let digits = 0;
  let value = 0;
  for (let i = 0; i <= length; i++) {
    const c = i === length ? 46 : text.charCodeAt(i);
    if (c === 46) {
      if (digits === 0 || value > 255) return false;
      parts++;
      digits = 0;
      value = 0;
    } else if (c >= 48 && c <= 57) {
      if (++digits > 3) return false;
      value = value * 10 + c - 48;
    } else {
      return false;
    }
  }
  return parts === 4;
}

/**
 * Whether the text is an IPv6 address without brackets or zone (RFC 4291 2.2; RFC 5118 4.10 about the ABNF that
 * would let three colons pass).
 */
export function isIpv6(text: string): boolean {
  const length = text.length;
  if (length < 2 || length > 45) return false;
  let groups = 0;
  let elided = false;
  let at = 0;
  if (text.charCodeAt(0) === 58) {
    if (text.charCodeAt(1) !== 58) return false;
    elided = true;
    at = 2;
    if (at === length) return true;
  }
  while (at < length) {
    const from = at;
    while (at < length && isHex(text.charCodeAt(at))) at++;
    if (at < length && text.charCodeAt(at) === 46) {
      if (!isIpv4(text.slice(from))) return false;
      groups += 2;
      break;
    }
    if (at === from || at - from > 4) return false;
    groups++;
    if (at === length) break;
    if (text.charCodeAt(at) !== 58) return false;
    at++;
    if (at === length) return false;
    if (text.charCodeAt(at) === 58) {
      if (elided) return false;
      elided = true;
      at++;
    }
  }
  return elided ? groups < 8 : groups === 8;
}

function isHex(code: number): boolean {
  if (code >= 48 && code <= 57) return true;
  const lower = code | 32;
  return lower >= 97 && lower <= 102;
}
