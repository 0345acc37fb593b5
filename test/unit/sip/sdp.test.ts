import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { bounds } from '../../../dataplane/sip/bounds.ts';
import { scanSdp, type Sdp, type SdpMedia } from '../../../dataplane/sip/sdp.ts';

const head = ['v=0', 'o=- 1 2 IN IP4 192.0.2.1', 's=-'];
const text = (...lines: readonly string[]): string => [...head, ...lines, ''].join('\r\n');
const simple = text('c=IN IP4 192.0.2.1', 't=0 0', 'm=audio 4000 RTP/AVP 0 8', 'a=rtpmap:0 PCMU/8000');

const scanned = (sdp: string): Sdp => {
  const found = scanSdp(sdp);
  if (found === null) throw new Error(`refused ${JSON.stringify(sdp)}`);
  return found;
};
/** The first m-line behind a session with c=. */
const media = (...lines: readonly string[]): SdpMedia => scanned(text('c=IN IP4 192.0.2.1', ...lines)).media[0]!;
const slice = ({ text: whole }: Sdp, { start, end }: { readonly start: number; readonly end: number }): string => whole.slice(start, end);

describe('scanSdp', () => {
  it('finds what says where media goes', () => {
    const sdp = scanned(simple);
    expect(sdp).toMatchObject({ lineBreak: '\r\n', direction: 'sendrecv', ice: false, bundles: [], origin: { family: 4, address: '192.0.2.1', kind: 'host' } });
    expect(slice(sdp, sdp.origin!)).toBe('IP4 192.0.2.1');
    expect(sdp.connections.map((address) => slice(sdp, address))).toEqual(['IP4 192.0.2.1']);
    expect(sdp.media).toHaveLength(1);
    expect(sdp.media[0]).toMatchObject({ media: 'audio', port: 4000, portCount: 1, proto: 'RTP/AVP', connections: [], direction: null, mid: '' });
    expect(sdp.text.slice(sdp.media[0]!.portStart, sdp.media[0]!.portEnd)).toBe('4000');
    expect(sdp.text.slice(sdp.media[0]!.connectionAt)).toBe('a=rtpmap:0 PCMU/8000\r\n');
  });

  it.each([['CRLF', '\r\n'], ['LF', '\n']])('reads %s alike', (_name, lineBreak) => {
    const sdp = scanned(simple.replaceAll('\r\n', lineBreak));
    expect(sdp.lineBreak).toBe(lineBreak);
    expect(sdp.media[0]).toMatchObject({ port: 4000, end: sdp.text.length });
  });

  it('reads an SDP whose last line is not ended, and passes over blank lines', () => {
    expect(scanned(simple.slice(0, -2)).media[0]?.end).toBe(simple.length - 2);
    expect(scanned(simple.replace('t=0 0\r\n', 't=0 0\r\n\r\n')).media).toHaveLength(1);
  });

  it.each([
    ['IN IP4 192.0.2.9', { family: 4, address: '192.0.2.9', kind: 'host' }],
    ['in ip4 192.0.2.9', { family: 4, address: '192.0.2.9', kind: 'host' }],
    ['IN IP6 2001:db8::9', { family: 6, address: '2001:db8::9', kind: 'host' }],
    ['IN IP4 0.0.0.0', { kind: 'unspecified' }],
    ['IN IP6 ::', { family: 6, kind: 'unspecified' }],
    ['IN IP6 0:0::0', { family: 6, kind: 'unspecified' }],
    ['IN IP4 224.2.1.1/127/3', { kind: 'multicast', address: '224.2.1.1' }],
    ['IN IP4 255.255.255.255', { kind: 'multicast' }],
    ['IN IP6 ff15::101/3', { kind: 'multicast', address: 'ff15::101' }],
    ['IN IP4 phone.example', { kind: 'name', address: 'phone.example' }],
    ['IN IP4 192.0.2.9/127', { kind: 'host', address: '192.0.2.9' }],
    ['IN  IP4\t192.0.2.9 ', { kind: 'host', address: '192.0.2.9' }],
  ])('c=%s', (value, expected) => {
    const sdp = scanned(text(`c=${value}`, 'm=audio 4000 RTP/AVP 0'));
    expect(sdp.connections[0]).toMatchObject(expected);
  });

  it.each([
    ['rtcp:53020', { rtcp: [{ port: 53_020, address: null }] }],
    ['rtcp:53020 IN IP4 192.0.2.7', { rtcp: [{ port: 53_020, address: { address: '192.0.2.7' } }] }],
    ['rtcp-mux', { rtcpMux: true }],
    ['rtcp-mux-only', { rtcpMux: true }],
    ['mid:audio', { mid: 'audio' }],
    ['sendonly', { direction: 'sendonly' }],
    ['recvonly', { direction: 'recvonly' }],
    ['inactive', { direction: 'inactive' }],
    ['ice-ufrag:F7gI', { ice: true }],
    ['candidate:1 2 UDP 2130706431 192.0.2.8 4001 typ host', { candidates: [{ component: 2, address: '192.0.2.8' }] }],
    ['candidate:1 1 TCP 2130706431 192.0.2.8 9 typ host tcptype active', { candidates: [{ component: 1, address: '' }] }],
    ['candidate:1 1 UDP 2130706431 a1b2.local 4001 typ host', { candidates: [{ address: '' }] }],
    ['candidate:garbage', { candidates: [{ component: 0, address: '' }] }],
    ['x-rtcp:1', { rtcp: [], rtcpMux: false }],
  ])('a=%s', (attribute, expected) => expect(media('m=audio 4000 RTP/AVP 0', `a=${attribute}`)).toMatchObject(expected));

  it('tells attributes of the session from those of an m-line', () => {
    const sdp = scanned(text('c=IN IP4 192.0.2.1', 'a=group:BUNDLE a v', 'a=group:LS a v', 'a=recvonly', 'a=ice-ufrag:x', 'm=audio 1 RTP/AVP 0', 'a=mid:a', 'm=video 2 RTP/AVP 0', 'a=mid:v', 'c=IN IP4 192.0.2.2', 'a=remote-candidates:1 192.0.2.3 4'));
    expect(sdp).toMatchObject({ bundles: [['a', 'v']], direction: 'recvonly', ice: true });
    expect(sdp.media.map(({ mid, connections, ice }) => [mid, connections.length, ice])).toEqual([['a', 0, false], ['v', 1, false]]);
    expect(sdp.media[1]!.otherPlaces.map((line) => slice(sdp, line))).toEqual(['a=remote-candidates:1 192.0.2.3 4']);
    expect(sdp.text.slice(sdp.media[0]!.line.start, sdp.media[0]!.end)).toBe('m=audio 1 RTP/AVP 0\r\na=mid:a\r\n');
  });

  it('puts c= behind the title of an m-line', () => {
    const sdp = scanned(text('c=IN IP4 192.0.2.1', 'm=audio 4000 RTP/AVP 0', 'i=voice', 'a=sendrecv', 'i=late'));
    expect(sdp.text.slice(sdp.media[0]!.connectionAt)).toBe('a=sendrecv\r\ni=late\r\n');
  });

  it('lets an o= that it cannot read stand', () => expect(scanned('v=0\r\no=a b c 1 2 IN IP4 1.1.1.1\r\ns=-\r\n').origin).toBeNull());
  it('needs no c= for m-lines that are off', () => expect(scanned(text('m=audio 0 RTP/AVP 0')).media[0]?.port).toBe(0));

  it.each([
    ['nothing', ''],
    ['no v=', simple.slice(5)],
    ['another version', simple.replace('v=0', 'v=01')],
    ['a stray CR', simple.replace('s=-', 's=a\rb')],
    ['a CR at the end', `${simple}a=x\r`],
    ['a NUL', simple.replace('s=-', 's=\u0000')],
    ['a line that is none', simple.replace('t=0 0', 'hello')],
    ['a line of one letter', simple.replace('t=0 0', 't')],
    ['a live m-line without c=', text('m=audio 4000 RTP/AVP 0')],
    ['no port', text('c=IN IP4 1.1.1.1', 'm=audio RTP/AVP')],
    ['a port that is none', text('c=IN IP4 1.1.1.1', 'm=audio -1 RTP/AVP 0')],
    ['a port above 65535', text('c=IN IP4 1.1.1.1', 'm=audio 65536 RTP/AVP 0')],
    ['a port of many digits', text('c=IN IP4 1.1.1.1', 'm=audio 00000000004000 RTP/AVP 0')],
    ['no ports', text('c=IN IP4 1.1.1.1', 'm=audio 4000/0 RTP/AVP 0')],
    ['an unknown network', text('c=TN RFC2543 +1-201-406-4090', 'm=audio 4000 RTP/AVP 0')],
    ['an unknown family', text('c=IN IP5 1.1.1.1', 'm=audio 4000 RTP/AVP 0')],
    ['an address of the other family', text('c=IN IP4 2001:db8::1', 'm=audio 4000 RTP/AVP 0')],
    ['a number that is no address', text('c=IN IP6 [::1]', 'm=audio 4000 RTP/AVP 0')],
    ['no address', text('c=IN IP4', 'm=audio 4000 RTP/AVP 0')],
    ['a long name', text(`c=IN IP4 ${'a'.repeat(256)}`, 'm=audio 4000 RTP/AVP 0')],
    ['a=rtcp without port', text('c=IN IP4 1.1.1.1', 'm=audio 4000 RTP/AVP 0', 'a=rtcp:x')],
    ['a=rtcp of an unknown family', text('c=IN IP4 1.1.1.1', 'm=audio 4000 RTP/AVP 0', 'a=rtcp:1 IN IP5 1.1.1.1')],
    ['more m-lines than allowed', text('c=IN IP4 1.1.1.1', ...Array.from({ length: bounds.sdpStreams + 1 }, () => 'm=audio 4000 RTP/AVP 0'))],
    ['more lines than allowed', text(...Array.from({ length: bounds.sdpLines }, () => 'a=x'))],
    ['more lines with addresses than allowed', text(...Array.from({ length: bounds.sdpAddresses + 1 }, () => 'c=IN IP4 1.1.1.1'))],
    ['more than an SDP may hold', text(`a=${'x'.repeat(bounds.sdpBytes)}`)],
  ])('refuses %s', (_name, sdp) => expect(scanSdp(sdp)).toBeNull());

  it('takes as many m-lines and lines as allowed', () => {
    expect(scanned(text('c=IN IP4 1.1.1.1', ...Array.from({ length: bounds.sdpStreams }, () => 'm=audio 4000 RTP/AVP 0'))).media).toHaveLength(bounds.sdpStreams);
    expect(scanSdp(text(...Array.from({ length: bounds.sdpAddresses }, () => 'c=IN IP4 1.1.1.1')))).not.toBeNull();
    expect(scanSdp(text(...Array.from({ length: bounds.sdpLines - 3 }, () => 'a=x')))).not.toBeNull();
  });

  it('never throws, whatever the text, and finds slices that lie in order', () => {
    const line = fc.oneof(fc.constantFrom('v=0', 'm=audio 1 RTP/AVP 0', 'm=a 0 b', 'c=IN IP4 1.2.3.4', 'a=rtcp:5', 'a=candidate:1 1 UDP 1 1.2.3.4 5 typ host', 'a=group:BUNDLE', 'o=', ''), fc.string({ unit: 'binary', maxLength: 20 }));
    fc.assert(fc.property(fc.array(line, { maxLength: 12 }), fc.constantFrom('\n', '\r\n'), (lines, lineBreak) => {
      const sdp = scanSdp(Buffer.from(['v=0', ...lines].join(lineBreak), 'latin1').toString('latin1'));
      if (sdp === null) return;
      let at = 0;
      for (const { line: { start }, portStart, portEnd, connectionAt, end } of sdp.media) {
        expect([at <= start, start < portStart, portStart < portEnd, portEnd < connectionAt, connectionAt <= end, end <= sdp.text.length]).not.toContain(false);
        at = end;
      }
    }));
  });

  it('takes time in proportion to the text, not to its square', () => {
    const worst = `v=0\n${'a=\n'.repeat(bounds.sdpLines - 2)}a=${' x'.repeat(7_000)}`;
    const tookMs = Array.from({ length: 20 }, () => {
      const started = performance.now();
      expect(scanSdp(worst)).not.toBeNull();
      return performance.now() - started;
    });
    expect(Math.min(...tookMs)).toBeLessThan(10);
  });
});
