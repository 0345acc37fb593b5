/**
 * An SDP as the other side gets it: our address and ports in the place of its sender's. Only lines that must change do; the
 * rest stays byte for byte.
 */
import { Edits } from '../sip/edits.ts';
import type { Sdp, SdpAddress, SdpMedia } from '../sip/sdp.ts';
import type { Family } from './relay.ts';

/** Where the receiver reaches us for an m-line. */
export interface OwnTransport {
  readonly family: Family;
  /** Numeric. */
  readonly address: string;
  /** RTCP, unless it shares the port, is one above. */
  readonly rtp: number;
}

/** Our address, for what names one without naming a stream. */
export type OwnAddress = Pick<OwnTransport, 'family' | 'address'>;

const edits = new Edits();

interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Of the SDP at hand, as they are found. */
let splices: Splice[] = [];

const replace = (start: number, end: number, text: string): void => {
  splices.push({ start, end, text });
};

/** Highest priority of a host candidate by component (RFC 8445 §5.1.2): ours is the only one. */
const priority = (component: number): number => 126 * 2 ** 24 + 65_535 * 2 ** 8 + 256 - component;

/**
 * @param own by m-line; null = it is not relayed and stays as it is
 * @param hide our address for o= and for m-lines that are off; null = they show what they show
 */
export function editSdp(sdp: Sdp, own: readonly (OwnTransport | null)[], hide: OwnAddress | null): string {
  splices = [];
  const general = generalAddress(sdp, own) ?? hide;
  const shared = leavesSessionAddress(sdp, own) ? null : general;
  if (sdp.origin !== null && hide !== null) replaceAddress(sdp.origin, hide, true);
  if (shared !== null) for (const address of sdp.connections) replaceAddress(address, shared, sdp.media.some((media, i) => own[i] !== null && media.connections.length === 0 && usesIce(sdp, media)));
  sdp.media.forEach((media, i) => {
    const transport = own[i] ?? null;
    if (transport !== null) editMedia(sdp, media, transport, shared);
    else if (media.port === 0 && hide !== null) hideMedia(media, hide);
  });
  if (general !== null) for (const line of sdp.otherPlaces) replace(line.start, line.next, '');
  edits.clear();
  // In order, as `Edits` would sort them one by one: a hostile SDP has thousands.
  for (const { start, end, text } of splices.sort((one, other) => one.start - other.start)) edits.replace(start, end, text);
  return edits.apply(sdp.text);
}

export const usesIce = (sdp: Sdp, media: SdpMedia): boolean => sdp.ice || media.ice || media.candidates.length > 0;

/** Our address for c= of the session: that of the first m-line which goes by it, else of the first that is relayed. */
function generalAddress({ media }: Sdp, own: readonly (OwnTransport | null)[]): OwnAddress | null {
  return own.find((transport, i) => transport !== null && media[i]?.connections.length === 0) ?? own.find((transport) => transport !== null) ?? null;
}

/** An m-line that is not relayed goes by c= of the session: that must stay, relayed ones get their own. */
function leavesSessionAddress({ media, connections }: Sdp, own: readonly (OwnTransport | null)[]): boolean {
  return connections.length === 0 || media.some((line, i) => own[i] === null && line.port !== 0 && line.connections.length === 0);
}

function editMedia(sdp: Sdp, media: SdpMedia, own: OwnTransport, shared: OwnAddress | null): void {
  const ice = usesIce(sdp, media);
  replace(media.portStart, media.portEnd, media.portCount === 1 ? withPort(sdp.text.slice(media.portStart, media.portEnd), own.rtp) : String(own.rtp));
  for (const address of media.connections) replaceAddress(address, own, ice);
  if (media.connections.length === 0 && (shared === null || shared.address !== own.address)) insertConnection(sdp, media, own, ice);
  for (const rtcp of media.rtcp) {
    if (rtcp.port !== 0) replace(rtcp.start, rtcp.end, String(rtcp.port === media.port ? own.rtp : own.rtp + 1));
    if (rtcp.address !== null) replaceAddress(rtcp.address, own, ice);
  }
  for (const line of media.otherPlaces) replace(line.start, line.next, '');
  if (ice) editCandidates(sdp, media, own);
}

/** An m-line that is off shows nothing of its sender. */
function hideMedia(media: SdpMedia, hide: OwnAddress): void {
  for (const address of media.connections) replaceAddress(address, hide, false);
  for (const { address } of media.rtcp) if (address !== null) replaceAddress(address, hide, false);
  for (const line of [...media.candidates, ...media.otherPlaces]) replace(line.start, line.next, '');
}

/** `49170` or `49170/1` with another port. */
const withPort = (text: string, port: number): string => String(port) + (text.includes('/') ? text.slice(text.indexOf('/')) : '');

/** @param always an unspecified address gets ours, too: with ICE it is no hold, but says that candidates follow */
function replaceAddress(theirs: SdpAddress, ours: OwnAddress, always: boolean): void {
  const held = theirs.kind === 'unspecified' && !always;
  if (theirs.kind === 'multicast' || (held && theirs.family === ours.family)) return;
  const address = held ? unspecified(ours.family) : ours.address;
  if (theirs.family !== ours.family || theirs.address !== address) replace(theirs.start, theirs.end, `IP${ours.family} ${address}`);
}

const unspecified = (family: Family): string => (family === 4 ? '0.0.0.0' : '::');

function insertConnection({ text, lineBreak, connections }: Sdp, { connectionAt }: SdpMedia, own: OwnAddress, ice: boolean): void {
  const held = !ice && connections[0]?.kind === 'unspecified';
  const line = `c=IN IP${own.family} ${held ? unspecified(own.family) : own.address}`;
  replace(connectionAt, connectionAt, text.charCodeAt(connectionAt - 1) === 10 ? line + lineBreak : lineBreak + line);
}

/**
 * Our candidates in the place of all of theirs (RFC 8839): user name and password stay, so that the ends check through us
 * whether they reach each other.
 */
function editCandidates({ text, lineBreak }: Sdp, media: SdpMedia, own: OwnTransport): void {
  const { candidates, rtcpMux } = media;
  const rtcp = candidates.length === 0 ? !rtcpMux && media.proto.includes('RTP/') : candidates.some(({ component }) => component === 2);
  const lines = candidateLine(1, own) + (rtcp ? lineBreak + candidateLine(2, own) : '');
  const [first, ...others] = candidates;
  if (first !== undefined) replace(first.start, first.end, lines);
  else replace(media.end, media.end, text.charCodeAt(media.end - 1) === 10 ? lines + lineBreak : lineBreak + lines);
  for (const line of others) replace(line.start, line.next, '');
}

const candidateLine = (component: 1 | 2, { address, rtp }: OwnTransport): string => `a=candidate:1 ${component} UDP ${priority(component)} ${address} ${rtp + component - 1} typ host`;
