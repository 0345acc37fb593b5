/** Values of single lines of an SDP; the text is loaded, null = cannot be read. */
import { bytesOfAddress, literalFamily } from '../contract/address.ts';
import { CLASS, HOST } from './characters.ts';
import { isName } from './parameters.ts';
import { BYTES } from './scratch.ts';
import { atField, digitsAt, fieldCount, scanFields } from './sdp-fields.ts';
import type { SdpAddress, SdpCandidate, SdpLine, SdpMedia, SdpRtcp } from './sdp.ts';

const SLASH = 47;
const maxPort = 65_535;
/** Longest host name (RFC 1035 §2.3.4), and what no proto or mid exceeds. */
const maxNameBytes = 255;

/** Network type, address type and address in the fields from `from` on; a TTL and a number of addresses may follow. */
export function readAddress(text: string, from: number): SdpAddress | null {
  const network = atField(from);
  const type = atField(from + 1);
  const { start, end: last } = atField(from + 2);
  if (!isName(network.start, network.end, 'in')) return null;
  const family = isName(type.start, type.end, 'ip4') ? 4 : isName(type.start, type.end, 'ip6') ? 6 : 0;
  let end = start;
  while (end < last && BYTES[end] !== SLASH) end++;
  if (family === 0 || end === start || end - start > maxNameBytes) return null;
  const address = text.slice(start, end);
  const kind = kindOf(address, family);
  // What follows the slash means nothing for one host.
  return kind === null ? null : { start: type.start, end: kind === 'multicast' ? end : last, family, address, kind };
}

function kindOf(address: string, family: 4 | 6): SdpAddress['kind'] | null {
  const literal = literalFamily(address);
  if (literal === family) {
    const bytes = bytesOfAddress(address);
    const first = bytes?.[0] ?? 0;
    if (bytes?.every((byte) => byte === 0) === true) return 'unspecified';
    if (bytes?.length === 4) return first >= 224 ? 'multicast' : 'host';
    return first === 255 ? 'multicast' : 'host';
  }
  if (literal !== 0) return null;
  for (let i = 0; i < address.length; i++) if (((CLASS[address.charCodeAt(i)] ?? 0) & HOST) === 0) return null;
  return 'name';
}

/** `m=audio 49170/2 RTP/AVP 0 8`. */
export function readMedia(text: string, line: SdpLine): SdpMedia | null {
  scanFields(line.start + 2, line.end);
  if (fieldCount() < 3) return null;
  const media = atField(0);
  const port = atField(1);
  const proto = atField(2);
  let slash = port.start;
  while (slash < port.end && BYTES[slash] !== SLASH) slash++;
  const number = digitsAt(port.start, slash, maxPort);
  const portCount = slash === port.end ? 1 : digitsAt(slash + 1, port.end, maxPort);
  if (number < 0 || portCount < 1 || proto.end - proto.start > maxNameBytes || media.end - media.start > maxNameBytes) return null;
  return {
    line, connectionAt: line.next, end: line.next, media: text.slice(media.start, media.end), portStart: port.start, portEnd: port.end, port: number, portCount,
    proto: text.slice(proto.start, proto.end).toUpperCase(), connections: [], rtcp: [], rtcpMux: false, mid: '', direction: null,
    candidates: [], otherPlaces: [], ice: false,
  };
}

/** `53020` or `53020 IN IP4 126.16.64.4`. */
export function readRtcp(text: string, at: number, end: number): SdpRtcp | null {
  scanFields(at, end);
  const count = fieldCount();
  const { start, end: portEnd } = atField(0);
  const port = digitsAt(start, portEnd, maxPort);
  if (port < 0 || (count !== 1 && count !== 4)) return null;
  const address = count === 4 ? readAddress(text, 1) : null;
  return count === 4 && address === null ? null : { start, end: portEnd, port, address };
}

/** `1 1 UDP 2130706431 192.0.2.1 4000 typ host`; one that we cannot read is a candidate nevertheless. */
export function readCandidate(text: string, line: SdpLine, at: number): SdpCandidate {
  scanFields(at, line.end);
  const component = atField(1);
  const transport = atField(2);
  const { start, end } = atField(4);
  const address = fieldCount() >= 8 && isName(transport.start, transport.end, 'udp') && end - start <= 45 ? text.slice(start, end) : '';
  return { ...line, component: Math.max(0, digitsAt(component.start, component.end, 256)), address: literalFamily(address) === 0 ? '' : address };
}

/** `BUNDLE a b`: adds the mids to `into`; other semantics are none of ours. */
export function readGroup(text: string, at: number, end: number, into: string[][]): void {
  scanFields(at, end);
  const semantics = atField(0);
  if (!isName(semantics.start, semantics.end, 'bundle')) return;
  into.push(text.slice(semantics.end, end).split(/[ \t]/).filter((mid) => mid !== ''));
}
