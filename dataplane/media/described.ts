/** What one SDP says of the side that sent it, in plain JSON: kept for as long as it holds, and over a restart. */
import { canonicalAddress, familyOf } from '../contract/address.ts';
import type { Sdp, SdpAddress, SdpMedia } from '../sip/sdp.ts';
import type { Latching } from './passage.ts';
import type { Endpoint, Expectation, Family } from './relay.ts';
import { usesIce } from './sdp-edit.ts';
import { assignStreams, carriesRtp, connectionOf, discardPort, isRelayed } from './transports.ts';

/** Addresses that a side may send from; a candidate more is nobody that we wait for. */
const maxHosts = 16;
const kinds = ['audio', 'video', 'application', 'image', 'message', 'text'] as const;
export type StreamKind = (typeof kinds)[number] | 'other';

export interface DescribedLine {
  /** Number of its stream, -1 = none. */
  readonly stream: number;
  /** Relayed and not off. */
  readonly live: boolean;
  readonly kind: StreamKind;
  /** Family of its address, which our port on this side has to be of; 0 = it names no address. */
  readonly family: Family | 0;
  /** Which packets the side agrees to. */
  readonly sends: boolean;
  readonly receives: boolean;
  /** null unless live. */
  readonly expectation: Expectation | null;
}

export interface Described {
  readonly lines: readonly DescribedLine[];
}

export interface Describing {
  /** Numeric address that the message came from, '' = not known. */
  readonly source: string;
  readonly latching: Latching;
  /** Numbers of streams so far, by m-line. */
  readonly former: readonly number[];
  /** Whether media must never go to an address. */
  readonly forbidden: (address: string) => boolean;
  /** The address by which we reach a port ourselves that media is relayed by; '' = it is none of ours. */
  readonly ours: (address: string, port: number) => string;
}

export function describe(sdp: Sdp, describing: Describing): Described {
  const numbers = assignStreams(sdp, describing.former);
  return { lines: sdp.media.map((media, i) => describeLine(sdp, media, numbers[i] ?? -1, describing)) };
}

function describeLine(sdp: Sdp, media: SdpMedia, stream: number, describing: Describing): DescribedLine {
  const live = isRelayed(sdp, media);
  const connection = connectionOf(sdp, media);
  const direction = media.direction ?? sdp.direction;
  const held = connection?.kind === 'unspecified' && !usesIce(sdp, media);
  return {
    stream, live, kind: kinds.find((kind) => kind === media.media) ?? 'other', family: connection?.kind === 'host' ? connection.family : 0,
    sends: direction === 'sendrecv' || direction === 'sendonly', receives: (direction === 'sendrecv' || direction === 'recvonly') && !held,
    expectation: live && connection !== null ? expectationOf(media, connection, describing) : null,
  };
}

function expectationOf(media: SdpMedia, connection: SdpAddress, { source, latching, forbidden, ours }: Describing): Expectation {
  const local = connection.kind === 'host' ? ours(canonicalAddress(connection.address), media.port) : '';
  // Media of another session, which goes on through both. Our address may be forbidden otherwise.
  if (local !== '') {
    return { protocol: carriesRtp(media.proto) ? 'rtp' : 'other', rtp: { address: local, port: media.port }, rtcp: null, mux: media.rtcpMux, ours: true, hosts: [local], latching: 'strict' };
  }
  const rtcp = media.rtcp[0];
  const named = rtcp?.address ?? connection;
  const hosts = new Set<string>();
  // Who signals from such an address, a PBX on this host say, may be sent media there, too.
  const trusted = forbidden(canonicalAddress(source));
  for (const address of [connection.kind === 'host' ? connection.address : '', named.kind === 'host' ? named.address : '', source, ...media.candidates.map((candidate) => candidate.address)]) {
    const host = canonicalAddress(address);
    if (hosts.size < maxHosts && familyOf(host) !== 0 && (trusted || !forbidden(host))) hosts.add(host);
  }
  return {
    protocol: carriesRtp(media.proto) ? 'rtp' : 'other', rtp: endpoint(connection, media.port, hosts), rtcp: rtcp === undefined ? null : endpoint(named, rtcp.port, hosts),
    mux: media.rtcpMux, hosts: [...hosts], latching,
  };
}

function endpoint({ kind, address }: SdpAddress, port: number, hosts: ReadonlySet<string>): Endpoint | null {
  const host = canonicalAddress(address);
  return kind === 'host' && port !== 0 && port !== discardPort && hosts.has(host) ? { address: host, port } : null;
}
