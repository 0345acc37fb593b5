/** Which m-lines of an SDP are relayed, and which of them share one transport. */
import type { Sdp, SdpAddress, SdpMedia } from '../sip/sdp.ts';
import { usesIce } from './sdp-edit.ts';

/** Port of media whose candidates are still to come (RFC 8840 §4.1.1). */
export const discardPort = 9;

/** Where an m-line's media goes. */
export const connectionOf = (sdp: Sdp, media: SdpMedia): SdpAddress | null => media.connections[0] ?? sdp.connections[0] ?? null;

/** Whether the packets of an m-line can go through us: UDP to one host, and not off. */
export function isRelayed(sdp: Sdp, media: SdpMedia): boolean {
  const connection = connectionOf(sdp, media);
  return media.port !== 0 && connection !== null && connection.kind !== 'multicast' && goesOverUdp(media.proto);
}

/** By the registry of SDP protocols; MSRP, BFCP and RTP over TCP have connections of their own. */
const goesOverUdp = (proto: string): boolean => proto.startsWith('RTP/') || proto.startsWith('UDP') || proto === 'DTLS/SCTP';

/** Protocols that carry RTP, and are checked for it. */
export const carriesRtp = (proto: string): boolean => proto.includes('RTP/');

/**
 * Gives each m-line the number of its stream. Lines with one address and port share a stream, as BUNDLE (RFC 9143) and
 * alternatives of one stream do.
 * @param former numbers that the other side was told, or that lines had before, by m-line; -1 = none
 * @returns by m-line; those that are off keep their number, -1 = never had one
 */
export function assignStreams(sdp: Sdp, former: readonly number[]): number[] {
  const numbers = sdp.media.map((_media, i) => former[i] ?? -1);
  const taken = new Map<string, number>();
  const used = new Set<number>();
  sdp.media.forEach((media, i) => {
    if (!isRelayed(sdp, media)) return;
    const transport = transportKey(sdp, media, i);
    let number = taken.get(transport) ?? numbers[i] ?? -1;
    if (number < 0 || (used.has(number) && !taken.has(transport))) number = freeNumber(used, former);
    taken.set(transport, number);
    used.add(number);
    numbers[i] = number;
  });
  return numbers;
}

function freeNumber(used: ReadonlySet<number>, former: readonly number[]): number {
  let number = 0;
  while (used.has(number) || former.includes(number)) number++;
  return number;
}

/** Equal for m-lines that share a transport. */
function transportKey(sdp: Sdp, media: SdpMedia, index: number): string {
  const connection = connectionOf(sdp, media);
  if (connection?.kind !== 'unspecified' && media.port !== discardPort) return `${connection?.address ?? ''} ${media.port}`;
  // No address yet: lines of a bundle will have one, others each their own.
  const bundle = usesIce(sdp, media) ? sdp.bundles.findIndex((mids) => mids.includes(media.mid)) : -1;
  return bundle < 0 ? `line ${index}` : `bundle ${bundle}`;
}
