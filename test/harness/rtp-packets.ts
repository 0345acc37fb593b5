/** Packets of media ports as the tests write and read them: RTP that shows whether it came whole, RTCP, STUN and DTLS. */
import { randomBytes } from 'node:crypto';

export const packetMs = 20;
/** Samples of G.711 in a packet, a byte each. */
export const packetSamples = 160;
const rtpHeaderBytes = 12;

export interface RtpPacket {
  readonly ssrc: number;
  readonly seq: number;
  readonly timestamp: number;
  readonly payloadType: number;
  /** The payload is the one that belongs to this ssrc and seq. */
  readonly whole: boolean;
}

/** Which protocol a datagram belongs to (RFC 7983, RFC 5761 §4). */
export type PacketKind = 'rtp' | 'rtcp' | 'stun' | 'dtls' | 'other';

export function kindOf(data: Buffer): PacketKind {
  const first = data[0] ?? 255;
  const second = data[1] ?? 0;
  if (first < 4) return 'stun';
  if (first >= 20 && first < 64) return 'dtls';
  if (first < 128 || first >= 192) return 'other';
  return second >= 192 && second <= 223 ? 'rtcp' : 'rtp';
}

const payloadByte = (ssrc: number, seq: number, index: number): number => ((ssrc >>> ((index & 3) * 8)) ^ (seq * 31) ^ (index * 7)) & 0xff;

/** An RTP packet of 20 ms of G.711 (RFC 3550 §5.1) with a payload that only this ssrc and seq have. */
export function writeRtp({ ssrc, seq, timestamp, payloadType }: Omit<RtpPacket, 'whole'>, marker = false): Buffer {
  const data = Buffer.alloc(rtpHeaderBytes + packetSamples);
  data.writeUInt8(0x80, 0);
  data.writeUInt8((marker ? 0x80 : 0) | payloadType, 1);
  data.writeUInt16BE(seq & 0xffff, 2);
  data.writeUInt32BE(timestamp >>> 0, 4);
  data.writeUInt32BE(ssrc, 8);
  for (let i = 0; i < packetSamples; i++) data[rtpHeaderBytes + i] = payloadByte(ssrc, seq & 0xffff, i);
  return data;
}

export function readRtp(data: Buffer): RtpPacket {
  const packet = { ssrc: data.readUInt32BE(8), seq: data.readUInt16BE(2), timestamp: data.readUInt32BE(4), payloadType: data.readUInt8(1) & 0x7f };
  return { ...packet, whole: data.equals(writeRtp(packet, (data.readUInt8(1) & 0x80) !== 0)) };
}

/** A sender report (RFC 3550 §6.4.1) of `packets` sent, with one report block about `of`. */
export function writeSenderReport(ssrc: number, packets: number, of: { readonly ssrc: number; readonly lost: number; readonly highest: number }): Buffer {
  const data = Buffer.alloc(52);
  data.writeUInt8(0x81, 0);
  data.writeUInt8(200, 1);
  data.writeUInt16BE(data.length / 4 - 1, 2);
  data.writeUInt32BE(ssrc, 4);
  const now = Date.now();
  data.writeUInt32BE((Math.floor(now / 1000) + 2_208_988_800) >>> 0, 8);
  data.writeUInt32BE(Math.floor(((now % 1000) / 1000) * 2 ** 32) >>> 0, 12);
  data.writeUInt32BE((packets * packetSamples) >>> 0, 16);
  data.writeUInt32BE(packets, 20);
  data.writeUInt32BE(packets * packetSamples, 24);
  data.writeUInt32BE(of.ssrc, 28);
  data.writeUInt32BE(of.lost & 0xff_ffff, 32);
  data.writeUInt32BE(of.highest, 36);
  return data;
}

/** A STUN binding request (RFC 8489 §5) with an attribute that nobody knows. */
export function writeStun(): Buffer {
  const head = Buffer.from([0x00, 0x01, 0x00, 0x0c, 0x21, 0x12, 0xa4, 0x42]);
  return Buffer.concat([head, randomBytes(12), Buffer.from([0x80, 0x70, 0x00, 0x08]), randomBytes(8)]);
}

/** A DTLS handshake record (RFC 6347 §4.1) with a body that means nothing. */
export function writeDtls(): Buffer {
  const body = randomBytes(48);
  return Buffer.concat([Buffer.from([22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0, body.length]), body]);
}
