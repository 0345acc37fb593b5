/**
 * Character classes of RFC 3261 section 25.1 as one table of bits, so that a scan costs a load and a
 * mask instead of a regular expression.
 */
export const TOKEN = 1;
/** What may stand before "@" in a SIP URI: user-unreserved, escapes, passwords; "#" and UTF-8 as phones send them. */
export const USER = 2;
/** Host names and IPv4 addresses: letters, digits, "-", "." and (in practice) "_". */
export const HOST = 4;
/** Inside an IPv6 reference: hex digits, ":" and ".". */
export const IPV6 = 8;
export const DIGIT = 16;
/** SP, HTAB, and the CR and LF of a fold whose shape the line scan has already checked. */
export const LWS = 32;
/** URI parameters and headers with their separators, "," and "@" as phones send them, UTF-8. */
export const URI_TAIL = 64;

/** Bits by character code; codes are 0 to 255 (messages are latin1). */
export const CLASS = new Uint8Array(256);

const mark = (characters: string, bits: number): void => {
  for (let i = 0; i < characters.length; i++) {
    const code = characters.charCodeAt(i);
    CLASS[code] = (CLASS[code] ?? 0) | bits;
  }
};

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const digits = '0123456789';
const unreserved = letters + digits + "-_.!~*'()";
mark(letters + digits + "-.!%*_+`'~", TOKEN);
mark(unreserved + '%&=+$,;?/:#', USER);
mark(letters + digits + '-._', HOST);
mark('0123456789abcdefABCDEF:.', IPV6);
mark(digits, DIGIT);
mark(' \t\r\n', LWS);
mark(unreserved + '%[]/:&+$;=?,@', URI_TAIL);
for (let code = 128; code < 256; code++) CLASS[code] = USER | URI_TAIL;
