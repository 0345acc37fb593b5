import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { scanSdp, type Sdp } from '../../../dataplane/sip/sdp.ts';
import { editSdp, type OwnTransport } from '../../../dataplane/media/sdp-edit.ts';
import { assignStreams, isRelayed } from '../../../dataplane/media/transports.ts';

const scanned = (text: string): Sdp => {
  const sdp = scanSdp(text);
  if (sdp === null) throw new Error(`refused ${JSON.stringify(text)}`);
  return sdp;
};
const text = (...lines: readonly string[]): string => ['v=0', 'o=- 1 2 IN IP4 192.0.2.1', 's=-', ...lines, ''].join('\r\n');
const ours = { 4: '198.51.100.1', 6: '2001:db8::1' } as const;

/** Streams get the ports 30000, 30010, ... by their number. */
function ownOf(sdp: Sdp, family: 4 | 6): (OwnTransport | null)[] {
  const numbers = assignStreams(sdp, []);
  return sdp.media.map((media, i) => (isRelayed(sdp, media) ? { family, address: ours[family], rtp: 30_000 + 10 * (numbers[i] ?? 0) } : null));
}
const edited = (sdp: string, family: 4 | 6 = 4, hide = false): string => {
  const found = scanned(sdp);
  return editSdp(found, ownOf(found, family), hide ? { family, address: ours[family] } : null);
};

/** Lines of one text that are not in the other, in order. */
const changes = (before: string, after: string): { gone: string[]; come: string[] } => {
  const [old, now] = [before.split('\r\n'), after.split('\r\n')];
  return { gone: old.filter((line) => !now.includes(line)), come: now.filter((line) => !old.includes(line)) };
};

const audio = ['c=IN IP4 192.0.2.1', 't=0 0', 'm=audio 4000 RTP/AVP 0 8', 'a=rtpmap:0 PCMU/8000'];

describe('editSdp changes only what must change', () => {
  it.each<[string, string[], string[], string[]]>([
    ['an address of the session', audio, ['c=IN IP4 192.0.2.1', 'm=audio 4000 RTP/AVP 0 8'], ['c=IN IP4 198.51.100.1', 'm=audio 30000 RTP/AVP 0 8']],
    ['an address of the m-line', ['m=audio 4000 RTP/AVP 0', 'c=IN IP4 192.0.2.1'], ['m=audio 4000 RTP/AVP 0', 'c=IN IP4 192.0.2.1'], ['m=audio 30000 RTP/AVP 0', 'c=IN IP4 198.51.100.1']],
    ['addresses of both', [...audio, 'm=video 5000 RTP/AVP 31', 'c=IN IP4 192.0.2.2'], ['c=IN IP4 192.0.2.1', 'm=audio 4000 RTP/AVP 0 8', 'm=video 5000 RTP/AVP 31', 'c=IN IP4 192.0.2.2'], ['c=IN IP4 198.51.100.1', 'm=audio 30000 RTP/AVP 0 8', 'm=video 30010 RTP/AVP 31', 'c=IN IP4 198.51.100.1']],
    ['a name', ['c=IN IP4 phone.example', 'm=audio 4000 RTP/AVP 0'], ['c=IN IP4 phone.example', 'm=audio 4000 RTP/AVP 0'], ['c=IN IP4 198.51.100.1', 'm=audio 30000 RTP/AVP 0']],
    ['a TTL that one host does not have', ['c=IN IP4 192.0.2.1/127', 'm=audio 4000 RTP/AVP 0'], ['c=IN IP4 192.0.2.1/127', 'm=audio 4000 RTP/AVP 0'], ['c=IN IP4 198.51.100.1', 'm=audio 30000 RTP/AVP 0']],
    ['a port off', ['c=IN IP4 192.0.2.1', 'm=audio 4000 RTP/AVP 0', 'm=video 0 RTP/AVP 31', 'c=IN IP4 192.0.2.2'], ['c=IN IP4 192.0.2.1', 'm=audio 4000 RTP/AVP 0'], ['c=IN IP4 198.51.100.1', 'm=audio 30000 RTP/AVP 0']],
    ['all ports off', ['c=IN IP4 192.0.2.1', 'm=audio 0 RTP/AVP 0'], [], []],
    ['one port of one', ['c=IN IP4 192.0.2.1', 'm=audio 4000/1 RTP/AVP 0'], ['c=IN IP4 192.0.2.1', 'm=audio 4000/1 RTP/AVP 0'], ['c=IN IP4 198.51.100.1', 'm=audio 30000/1 RTP/AVP 0']],
    ['several ports: the first is relayed', ['c=IN IP4 192.0.2.1', 'm=video 4000/2 RTP/AVP 31'], ['c=IN IP4 192.0.2.1', 'm=video 4000/2 RTP/AVP 31'], ['c=IN IP4 198.51.100.1', 'm=video 30000 RTP/AVP 31']],
    ['hold of RFC 2543', ['c=IN IP4 0.0.0.0', 'm=audio 4000 RTP/AVP 0'], ['m=audio 4000 RTP/AVP 0'], ['m=audio 30000 RTP/AVP 0']],
    ['hold', [...audio, 'a=sendonly'], ['c=IN IP4 192.0.2.1', 'm=audio 4000 RTP/AVP 0 8'], ['c=IN IP4 198.51.100.1', 'm=audio 30000 RTP/AVP 0 8']],
    ['the port of a=rtcp', [...audio, 'a=rtcp:4009'], ['c=IN IP4 192.0.2.1', 'm=audio 4000 RTP/AVP 0 8', 'a=rtcp:4009'], ['c=IN IP4 198.51.100.1', 'm=audio 30000 RTP/AVP 0 8', 'a=rtcp:30001']],
    ['the address of a=rtcp', [...audio, 'a=rtcp:4009 IN IP4 192.0.2.3'], ['c=IN IP4 192.0.2.1', 'm=audio 4000 RTP/AVP 0 8', 'a=rtcp:4009 IN IP4 192.0.2.3'], ['c=IN IP4 198.51.100.1', 'm=audio 30000 RTP/AVP 0 8', 'a=rtcp:30001 IN IP4 198.51.100.1']],
    ['a=rtcp on the port of RTP', [...audio, 'a=rtcp:4000', 'a=rtcp-mux'], ['c=IN IP4 192.0.2.1', 'm=audio 4000 RTP/AVP 0 8', 'a=rtcp:4000'], ['c=IN IP4 198.51.100.1', 'm=audio 30000 RTP/AVP 0 8', 'a=rtcp:30000']],
    ['a=rtcp with rtcp-mux offered', [...audio, 'a=rtcp:4001', 'a=rtcp-mux'], ['c=IN IP4 192.0.2.1', 'm=audio 4000 RTP/AVP 0 8', 'a=rtcp:4001'], ['c=IN IP4 198.51.100.1', 'm=audio 30000 RTP/AVP 0 8', 'a=rtcp:30001']],
    ['a=rtcp off', [...audio, 'a=rtcp:0'], ['c=IN IP4 192.0.2.1', 'm=audio 4000 RTP/AVP 0 8'], ['c=IN IP4 198.51.100.1', 'm=audio 30000 RTP/AVP 0 8']],
    ['T.38', ['c=IN IP4 192.0.2.1', 'm=image 4000 udptl t38', 'a=T38FaxVersion:0'], ['c=IN IP4 192.0.2.1', 'm=image 4000 udptl t38'], ['c=IN IP4 198.51.100.1', 'm=image 30000 udptl t38']],
    ['a protocol over TCP alone', ['c=IN IP4 192.0.2.1', 'm=message 7394 TCP/MSRP *', 'a=path:msrp://192.0.2.1:7394/2;tcp'], [], []],
    ['an unknown protocol', ['c=IN IP4 192.0.2.1', 'm=x 4000 FOO/BAR 0'], [], []],
    ['multicast', ['c=IN IP4 224.2.1.1/127', 'm=audio 4000 RTP/AVP 0'], [], []],
    ['a TCP line with its own address beside audio', [...audio, 'm=message 7394 TCP/MSRP *', 'c=IN IP4 192.0.2.5'], ['c=IN IP4 192.0.2.1', 'm=audio 4000 RTP/AVP 0 8'], ['c=IN IP4 198.51.100.1', 'm=audio 30000 RTP/AVP 0 8']],
    ['other addresses of the media', [...audio, 'a=altc:1 IP6 2001:db8::9 4000', 'a=altc:2 IP4 192.0.2.1 4000', 'a=ccap:1 IN IP4 192.0.2.7', 'a=source-filter: incl IN IP4 * 192.0.2.1', 'a=alt:1 1 : x y 192.0.2.1 4000', 'a=x-candidate-ipv6:1 1 UDP 1 2001:db8::9 4000 typ host', 'a=sendrecv'],
      ['c=IN IP4 192.0.2.1', 'm=audio 4000 RTP/AVP 0 8', 'a=altc:1 IP6 2001:db8::9 4000', 'a=altc:2 IP4 192.0.2.1 4000', 'a=ccap:1 IN IP4 192.0.2.7', 'a=source-filter: incl IN IP4 * 192.0.2.1', 'a=alt:1 1 : x y 192.0.2.1 4000', 'a=x-candidate-ipv6:1 1 UDP 1 2001:db8::9 4000 typ host'], ['c=IN IP4 198.51.100.1', 'm=audio 30000 RTP/AVP 0 8']],
    ['a filter of the session', ['a=source-filter: incl IN IP4 * 192.0.2.1', ...audio], ['a=source-filter: incl IN IP4 * 192.0.2.1', 'c=IN IP4 192.0.2.1', 'm=audio 4000 RTP/AVP 0 8'], ['c=IN IP4 198.51.100.1', 'm=audio 30000 RTP/AVP 0 8']],
    ['a filter of what is not relayed', ['c=IN IP4 224.2.1.1/127', 'a=source-filter: incl IN IP4 * 192.0.2.1', 'm=audio 4000 RTP/AVP 0', 'a=source-filter: incl IN IP4 * 192.0.2.1'], [], []],
    ['crypto, fingerprints and the rest', [...audio, 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x', 'a=fingerprint:sha-1 00', 'a=setup:actpass', 'a=ptime:20', 'a=ssrc:1 cname:192.0.2.1', 'b=AS:64', 'k=clear:x'], ['c=IN IP4 192.0.2.1', 'm=audio 4000 RTP/AVP 0 8'], ['c=IN IP4 198.51.100.1', 'm=audio 30000 RTP/AVP 0 8']],
  ])('%s', (_name, lines, gone, come) => {
    const before = text(...lines);
    expect(changes(before, edited(before))).toEqual({ gone, come });
    const withLf = before.replaceAll('\r\n', '\n');
    expect(edited(withLf)).toBe(edited(before).replaceAll('\r\n', '\n'));
  });

  it.each<[string, 4 | 6, string[], string[]]>([
    ['IPv4 for IPv6', 6, audio, ['c=IN IP6 2001:db8::1', 't=0 0', 'm=audio 30000 RTP/AVP 0 8', 'a=rtpmap:0 PCMU/8000']],
    ['IPv6 for IPv4', 4, ['c=IN IP6 2001:db8::9', 'm=audio 4000 RTP/AVP 0', 'a=rtcp:4001 IN IP6 2001:db8::9'], ['c=IN IP4 198.51.100.1', 'm=audio 30000 RTP/AVP 0', 'a=rtcp:30001 IN IP4 198.51.100.1']],
    ['hold of RFC 2543 for IPv6', 6, ['c=IN IP4 0.0.0.0', 'm=audio 4000 RTP/AVP 0'], ['c=IN IP6 ::', 'm=audio 30000 RTP/AVP 0']],
    ['hold for IPv4', 4, ['c=IN IP6 ::', 'm=audio 4000 RTP/AVP 0'], ['c=IN IP4 0.0.0.0', 'm=audio 30000 RTP/AVP 0']],
  ])('%s', (_name, family, before, after) => expect(edited(text(...before), family)).toBe(text(...after)));

  it('gives relayed lines their own c= where one that is not relayed goes by that of the session', () => {
    expect(edited(text('c=IN IP4 192.0.2.1', 'm=audio 4000 RTP/AVP 0', 'i=voice', 'a=sendrecv', 'm=message 7394 TCP/MSRP *'))).toBe(
      text('c=IN IP4 192.0.2.1', 'm=audio 30000 RTP/AVP 0', 'i=voice', 'c=IN IP4 198.51.100.1', 'a=sendrecv', 'm=message 7394 TCP/MSRP *'));
    expect(edited(text('c=IN IP4 192.0.2.1', 'm=message 7394 TCP/MSRP *', 'm=audio 4000 RTP/AVP 0').slice(0, -2))).toBe(
      text('c=IN IP4 192.0.2.1', 'm=message 7394 TCP/MSRP *', 'm=audio 30000 RTP/AVP 0', 'c=IN IP4 198.51.100.1').slice(0, -2));
  });

  it('shows our address in o= only where the topology is hidden, and then nowhere theirs', () => {
    const lines = [...audio, 'm=video 0 RTP/AVP 31', 'c=IN IP4 192.0.2.1', 'a=rtcp:4003 IN IP4 192.0.2.1'];
    const others = ['a=candidate:1 1 UDP 1 192.0.2.1 4002 typ host', 'a=remote-candidates:1 192.0.2.1 4002', 'a=altc:1 IP4 192.0.2.1 4002'];
    expect(edited(text(...lines, ...others), 4, true)).toBe(text(...lines).replaceAll('192.0.2.1', ours[4]).replace('4000', '30000'));
    expect(edited(text(...audio), 6, true)).toContain('o=- 1 2 IN IP6 2001:db8::1\r\n');
    expect(edited(text(...audio))).toContain('o=- 1 2 IN IP4 192.0.2.1\r\n');
  });
});

describe('editSdp and ICE', () => {
  const ice = ['a=ice-ufrag:F7gI', 'a=ice-pwd:x9cml/YzichV2+XlhiMu8g'];
  const host = (component: number, port: number): string => `a=candidate:1 ${component} UDP ${2_130_706_432 - component} 198.51.100.1 ${port} typ host`;

  it('puts host candidates of ours in the place of theirs, and drops remote candidates', () => {
    const before = text('c=IN IP4 192.0.2.1', 'm=audio 4000 RTP/SAVPF 0', ...ice, 'a=candidate:1 1 UDP 1 192.0.2.1 4000 typ host', 'a=candidate:1 2 UDP 1 192.0.2.1 4001 typ host', 'a=rtcp-mux', 'a=candidate:2 1 UDP 1 203.0.113.9 6000 typ srflx raddr 192.0.2.1 rport 4000', 'a=remote-candidates:1 198.51.100.9 5 2 198.51.100.9 6', 'a=end-of-candidates');
    expect(edited(before)).toBe(text('c=IN IP4 198.51.100.1', 'm=audio 30000 RTP/SAVPF 0', ...ice, host(1, 30_000), host(2, 30_001), 'a=rtcp-mux', 'a=end-of-candidates'));
  });

  it('gives one candidate where theirs are for RTP alone', () => {
    expect(edited(text('c=IN IP4 192.0.2.1', 'm=audio 4000 RTP/SAVPF 0', ...ice, 'a=rtcp-mux', 'a=candidate:1 1 UDP 1 192.0.2.1 4000 typ host'))).toBe(
      text('c=IN IP4 198.51.100.1', 'm=audio 30000 RTP/SAVPF 0', ...ice, 'a=rtcp-mux', host(1, 30_000)));
  });

  it.each([
    ['rtcp-mux', ['m=audio 9 UDP/TLS/RTP/SAVPF 0', 'a=rtcp-mux'], ['m=audio 30000 UDP/TLS/RTP/SAVPF 0', 'a=rtcp-mux'], [host(1, 30_000)]],
    ['RTP and RTCP', ['m=audio 9 UDP/TLS/RTP/SAVPF 0'], ['m=audio 30000 UDP/TLS/RTP/SAVPF 0'], [host(1, 30_000), host(2, 30_001)]],
    ['data channels', ['m=application 9 UDP/DTLS/SCTP webrtc-datachannel'], ['m=application 30000 UDP/DTLS/SCTP webrtc-datachannel'], [host(1, 30_000)]],
  ])('names our candidates where theirs are still to come: %s', (_name, before, after, candidates) => {
    const place = ['c=IN IP4 0.0.0.0', 'a=rtcp:9 IN IP4 0.0.0.0'];
    expect(edited(text(...before, ...place, ...ice))).toBe(text(...after, 'c=IN IP4 198.51.100.1', 'a=rtcp:30000 IN IP4 198.51.100.1', ...ice, ...candidates));
  });

  it('names them behind a last line that is not ended', () => {
    expect(edited(text('c=IN IP4 192.0.2.1', 'm=audio 4000 RTP/SAVPF 0', 'a=rtcp-mux', 'a=ice-ufrag:x').slice(0, -2)).endsWith(`a=ice-ufrag:x\r\n${host(1, 30_000)}`)).toBe(true);
  });
});

describe('m-lines that share a transport', () => {
  const numbers = (former: readonly number[], ...lines: readonly string[]): number[] => assignStreams(scanned(text('c=IN IP4 192.0.2.1', ...lines)), former);
  const ice = 'a=ice-ufrag:x';
  it.each<[string, number[], string[], number[]]>([
    ['each have their stream', [], ['m=audio 1 RTP/AVP 0', 'm=video 2 RTP/AVP 0'], [0, 1]],
    ['with one address and port have one', [], ['m=audio 1 RTP/AVP 0', 'm=audio 1 RTP/SAVP 0', 'm=video 3 RTP/AVP 0'], [0, 0, 1]],
    ['with one port of two hosts have two', [], ['m=audio 1 RTP/AVP 0', 'm=video 1 RTP/AVP 0', 'c=IN IP4 192.0.2.2'], [0, 1]],
    ['keep the streams that they had', [0, 1], ['m=audio 7 RTP/AVP 0', 'm=video 8 RTP/AVP 0'], [0, 1]],
    ['share the first one of a bundle that was answered', [0, 1], ['m=audio 7 RTP/AVP 0', 'm=video 7 RTP/AVP 0'], [0, 0]],
    ['keep theirs where the first was rejected', [0, 0], ['m=audio 0 RTP/AVP 0', 'm=audio 7 RTP/SAVP 0'], [0, 0]],
    ['part when they move apart', [0, 0], ['m=audio 7 RTP/AVP 0', 'm=video 8 RTP/AVP 0'], [0, 1]],
    ['take no stream of a line behind', [-1, 0], ['m=audio 7 RTP/AVP 0', 'm=video 8 RTP/AVP 0'], [1, 0]],
    ['have none when off', [], ['m=audio 0 RTP/AVP 0', 'm=video 8 RTP/AVP 0', 'm=message 1 TCP/MSRP *'], [-1, 0, -1]],
    ['on hold share nothing', [], ['m=audio 7 RTP/AVP 0', 'c=IN IP4 0.0.0.0', 'm=video 7 RTP/AVP 0', 'c=IN IP4 0.0.0.0'], [0, 1]],
    ['whose candidates are to come share only within a bundle', [], ['m=audio 9 RTP/SAVPF 0', ice, 'a=mid:a', 'm=video 9 RTP/SAVPF 0', ice, 'a=mid:v'], [0, 1]],
  ])('%s', (_name, former, lines, expected) => expect(numbers(former, ...lines)).toEqual(expected));

  it('of a bundle whose candidates are to come share one', () => {
    expect(numbers([], 'a=group:BUNDLE a v', 'm=audio 9 RTP/SAVPF 0', ice, 'a=mid:a', 'm=video 9 RTP/SAVPF 0', ice, 'a=mid:v', 'm=application 9 UDP/DTLS/SCTP x', ice, 'a=mid:d')).toEqual([0, 0, 1]);
  });

  it('leaves bundle-only lines off', () => {
    const lines = ['a=group:BUNDLE a v', 'c=IN IP4 192.0.2.1', 'm=audio 4000 RTP/SAVPF 0', 'a=mid:a', 'm=video 0 RTP/SAVPF 96', 'a=bundle-only', 'a=mid:v'];
    expect(changes(text(...lines), edited(text(...lines))).come).toEqual(['c=IN IP4 198.51.100.1', 'm=audio 30000 RTP/SAVPF 0']);
  });
});

describe('editSdp, whatever the SDP', () => {
  const address = fc.constantFrom('IN IP4 192.0.2.1', 'IN IP6 2001:db8::5', 'IN IP4 0.0.0.0', 'IN IP6 ::', 'IN IP4 224.1.1.1/2', 'IN IP4 a.example');
  const line = fc.oneof(
    fc.constantFrom('a=rtcp:9', 'a=rtcp-mux', 'a=mid:a', 'a=ice-ufrag:x', 'a=candidate:1 2 UDP 1 192.0.2.1 4000 typ host', 'a=candidate:x', 'a=remote-candidates:1', 'a=inactive', 'i=x', 'b=AS:1', 'a=x:192.0.2.1', ''),
    address.map((value) => `c=${value}`), address.map((value) => `a=rtcp:77 ${value}`),
    fc.tuple(fc.constantFrom(0, 9, 4000, 4001), fc.constantFrom('RTP/AVP', 'UDP/TLS/RTP/SAVPF', 'TCP/MSRP', 'udptl'), fc.constantFrom('', '/2')).map(([port, proto, count]) => `m=audio ${port}${count} ${proto} 0`),
  );
  const touched = /^(?:m=|c=|a=rtcp:|a=candidate:|a=remote-candidates:)/;

  it('scans again with our ports, and leaves the other lines as they were', () => {
    let seen = 0;
    fc.assert(fc.property(fc.array(line, { maxLength: 14 }), fc.constantFrom<4 | 6>(4, 6), (lines, family) => {
      const before = text('c=IN IP4 192.0.2.1', ...lines);
      const sdp = scanSdp(before);
      if (sdp === null) return;
      seen++;
      const own = ownOf(sdp, family);
      const after = scanned(editSdp(sdp, own, null));
      after.media.forEach((media, i) => {
        const transport = own[i] ?? null;
        expect(media.port).toBe(transport?.rtp ?? sdp.media[i]?.port);
        if (transport === null) return;
        const connection = media.connections[0] ?? after.connections[0];
        expect(connection?.kind === 'unspecified' || connection?.address === transport.address).toBe(true);
        for (const candidate of media.candidates) expect(candidate.address).toBe(transport.address);
      });
      const rest = (whole: string): string[] => whole.split('\r\n').filter((one) => !touched.test(one));
      expect(rest(after.text)).toEqual(rest(before));
    }), { numRuns: 500 });
    expect(seen).toBeGreaterThan(100);
  });

  it('takes time in proportion to the lines, not to their square', () => {
    const lines = ['c=IN IP4 192.0.2.1', 'm=audio 4000 RTP/AVP 0', ...['a=candidate', 'a=remote-candidates'].flatMap((one) => Array.from({ length: 900 }, () => one))];
    const sdp = scanned(text(...lines));
    const own = ownOf(sdp, 4);
    const tookMs = Array.from({ length: 20 }, () => {
      const started = performance.now();
      editSdp(sdp, own, null);
      return performance.now() - started;
    });
    expect(Math.min(...tookMs)).toBeLessThan(4);
  });
});
