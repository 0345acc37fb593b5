/** SDP (RFC 8866) as the tests write and read it: a reader of their own, so that the product's bugs do not hide behind themselves. */
import type { Endpoint } from './sip-wires.ts';

export interface SdpMedia {
  readonly kind: string;
  readonly port: number;
  readonly protocol: string;
  /** Of the m-line's own c=, else of the session's. */
  readonly address: string;
  /** By `a=rtcp` or the next port; ends that agree on rtcp-mux do without. */
  readonly rtcp: Endpoint;
  readonly direction: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
  /** Values of its a= lines. */
  readonly attributes: readonly string[];
}

export interface SdpText {
  readonly text: string;
  readonly origin: string;
  readonly media: readonly SdpMedia[];
}

const addressOf = (line: string | undefined): string => line?.split(' ')[2]?.split('/')[0] ?? '';

/** Reads a description; throws when it is none. */
export function readSdp(text: string): SdpText {
  if (!text.startsWith('v=0')) throw new Error(`not SDP: ${JSON.stringify(text.slice(0, 80))}`);
  const [session = '', ...sections] = text.split(/\r?\n(?=m=)/);
  const lineOf = (section: string, letter: string): string | undefined => section.split(/\r?\n/).find((line) => line.startsWith(`${letter}=`))?.slice(2);
  const attributesOf = (section: string): string[] => section.split(/\r?\n/).filter((line) => line.startsWith('a=')).map((line) => line.slice(2));
  const directionOf = (attributes: readonly string[]): SdpMedia['direction'] | undefined => attributes.find((a): a is SdpMedia['direction'] => /^(sendrecv|sendonly|recvonly|inactive)$/.test(a));
  return {
    text,
    origin: addressOf(lineOf(session, 'o')?.split(' ').slice(3).join(' ')),
    media: sections.map((section) => {
      const [kind = '', port = '', protocol = ''] = lineOf(section, 'm')?.split(' ') ?? [];
      const address = addressOf(lineOf(section, 'c') ?? lineOf(session, 'c'));
      const attributes = attributesOf(section);
      // `rtcp:5001` or `rtcp:5001 IN IP4 192.0.2.1` (RFC 3605).
      const [rtcpPort, , , rtcpAddress] = attributes.find((a) => a.startsWith('rtcp:'))?.slice('rtcp:'.length).split(' ') ?? [];
      return {
        kind, protocol, address, attributes,
        port: Number(port),
        rtcp: { host: rtcpAddress ?? address, port: Number(rtcpPort ?? Number(port) + 1) },
        direction: directionOf(attributes) ?? directionOf(attributesOf(session)) ?? 'sendrecv',
      };
    }),
  };
}

export interface SdpPlan {
  readonly address: string;
  readonly port: number;
  readonly version?: number;
  readonly direction?: SdpMedia['direction'];
  readonly protocol?: string;
  readonly formats?: string;
  /** Lines behind `t=`, `a=` and all (BUNDLE). */
  readonly session?: readonly string[];
  /** Further lines of the stream, `a=` and all. */
  readonly lines?: readonly string[];
}

/** A description with one audio stream. */
export function writeSdp(plan: SdpPlan): string {
  const family = plan.address.includes(':') ? 'IP6' : 'IP4';
  return [
    'v=0', `o=- 4711 ${plan.version ?? 1} IN ${family} ${plan.address}`, 's=-', `c=IN ${family} ${plan.address}`, 't=0 0', ...(plan.session ?? []),
    `m=audio ${plan.port} ${plan.protocol ?? 'RTP/AVP'} ${plan.formats ?? '8 0'}`, 'a=rtpmap:8 PCMA/8000', 'a=rtpmap:0 PCMU/8000', 'a=rtpmap:101 telephone-event/8000', 'a=ptime:20',
    ...(plan.lines ?? []), `a=${plan.direction ?? 'sendrecv'}`, '',
  ].join('\r\n');
}
