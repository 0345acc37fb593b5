/** What a datagram on a media port is (RFC 7983, RFC 5761 §4), and the header of RTP (RFC 3550 §5.1). Pure. */

export type PacketKind = 'rtp' | 'rtcp' | 'stun' | 'dtls' | 'invalid';

const rtpHeaderBytes = 12;
/** A report's header and the SSRC of its sender. */
const rtcpHeaderBytes = 8;
const stunHeaderBytes = 20;
const dtlsHeaderBytes = 13;

/**
 * Tells by the first byte, and RTCP by the second: 192 to 223 are its packet types, which RTP with payload types 64 to 95 and a
 * marker would be taken for; nobody may use those (RFC 5761 §4).
 * @param length bytes of `data` that count
 */
export function packetKind(data: Uint8Array, length: number): PacketKind {
  const first = data[0] ?? 0;
  if (first >= 128 && first < 192) {
    const second = data[1] ?? 0;
    if (second >= 192 && second <= 223) return length >= rtcpHeaderBytes ? 'rtcp' : 'invalid';
    return isWholeRtp(data, length, first) ? 'rtp' : 'invalid';
  }
  if (first < 4) return length >= stunHeaderBytes && isStunCookie(data) ? 'stun' : 'invalid';
  return first >= 20 && first < 64 && length >= dtlsHeaderBytes ? 'dtls' : 'invalid';
}

/** Contributing sources and header extension are inside of the packet. Padding may be encrypted, so it is not looked at. */
function isWholeRtp(data: Uint8Array, length: number, first: number): boolean {
  const fixed = rtpHeaderBytes + 4 * (first & 15);
  if ((first & 16) === 0) return length >= fixed;
  return length >= fixed + 4 && length >= fixed + 4 + 4 * (((data[fixed + 2] ?? 0) << 8) | (data[fixed + 3] ?? 0));
}

/** RFC 8489 §5. */
const isStunCookie = (data: Uint8Array): boolean => data[4] === 0x21 && data[5] === 0x12 && data[6] === 0xa4 && data[7] === 0x42;

export const payloadTypeOf = (data: Uint8Array): number => (data[1] ?? 0) & 127;
export const sequenceOf = (data: Uint8Array): number => ((data[2] ?? 0) << 8) | (data[3] ?? 0);
export const timestampOf = (data: Uint8Array): number => word(data, 4);
export const sourceOf = (data: Uint8Array): number => word(data, 8);

/** Big-endian, signed: differences of such numbers wrap as sequence arithmetic wants it. */
const word = (data: Uint8Array, at: number): number => ((data[at] ?? 0) << 24) | ((data[at + 1] ?? 0) << 16) | ((data[at + 2] ?? 0) << 8) | (data[at + 3] ?? 0);
