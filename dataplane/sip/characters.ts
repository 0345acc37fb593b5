/**
 * Character classes of RFC 3261 section 25.1 as one table of bits, so that a scan costs a load and a
 * mask instead of a regular expression.
 */
export const TOKEN = 1;
/** user, user-unreserved, escaped and password characters of a SIP URI (what may stand before "@"). */
export const USER = 2;
/** Host names, IPv4 addresses: letters, digits, "-", "." and (in practice) "_". */
export const HOST = 4;
/** Inside an IPv6 reference: hex digits, ":" and "." */
export const IPV6 = 8;
export const DIGIT = 16;
/** SP, HTAB, and the CR and LF of a fold whose shape the line scan has already checked. */
export const LWS = 32;
/** uri-parameter and header characters: paramchar and hnv-unreserved with the separators between them. */
export const URI_TAIL = 64;
/** "word" characters of Call-ID. */
export const WORD = 128;

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
mark(unreserved + '%&=+$,;?/:', USER);
// RFC 4475 intmeth and phones in the field put these into the user part; they cannot end it.
mark('#', USER);
mark(letters + digits + '-._', HOST);
mark('0123456789abcdefABCDEF:.', IPV6);
mark(digits, DIGIT);
mark(' \t\r\n', LWS);
mark(unreserved + '%[]/:&+$;=?,@"', URI_TAIL);
mark(letters + digits + "-.!%*_+`'~()<>:\\\"/[]?{}@", WORD);
