/** Whatever a session description says, what we make of it: scanned, edited, and taken through whole sessions. */
import { bounds } from '../../dataplane/sip/bounds.ts';
import { Edits } from '../../dataplane/sip/edits.ts';
import { parseMessage } from '../../dataplane/sip/parse.ts';
import { findSdp, replaceSdp } from '../../dataplane/sip/sdp-body.ts';
import { scanSdp, type Sdp } from '../../dataplane/sip/sdp.ts';
import { editSdp, type OwnTransport } from '../../dataplane/media/sdp-edit.ts';
import type { Relay, RelayedStream, Side } from '../../dataplane/media/relay.ts';
import { RelaySessions } from '../../dataplane/media/relay-sessions.ts';
import type { SdpPassage } from '../../dataplane/media/passage.ts';
import { isSessionRecord, type SessionRecord } from '../../dataplane/media/session-record.ts';
import { assignStreams, isRelayed } from '../../dataplane/media/transports.ts';
import type { Random } from './random.ts';

function must(holds: boolean, rule: string): void {
  if (!holds) throw new Error(`broken: ${rule}`);
}

const ours = { 4: '198.51.100.1', 6: '2001:db8::1' } as const;
/** Lines that an edit may change, add or take out. */
const touched = /^(?:m=|[co]=|a=(?:rtcp|candidate|remote-candidates)(?::|\r|$))/i;
const untouchedLines = (text: string): string => text.split('\n').filter((line) => !touched.test(line) && line.trim() !== '').map((line) => line.replace('\r', '')).join('\n');

function checkEdit(sdp: Sdp, random: Random): void {
  const family = random.below(2) === 0 ? 4 : 6;
  const hide = random.below(2) === 0 ? { family, address: ours[family] } as const : null;
  const numbers = assignStreams(sdp, []);
  const own = sdp.media.map((media, i): OwnTransport | null => (isRelayed(sdp, media) ? { family, address: ours[family], rtp: 30_000 + 2 * (numbers[i] ?? 0) } : null));
  const text = editSdp(sdp, own, hide);
  if (text.length > bounds.messageBytes) return;
  const after = scanSdp(text);
  // Our second candidate may be the line that is too many.
  if (after === null) {
    must(text.split('\n').length > bounds.sdpLines, 'an edited SDP can be read');
    return;
  }
  must(after.media.length === sdp.media.length, 'every m-line is still there');
  after.media.forEach((media, i) => {
    const transport = own[i] ?? null;
    const before = sdp.media[i];
    must(media.port === (transport?.rtp ?? before?.port), 'a relayed line has our port, others theirs');
    must(before !== undefined && text.slice(media.portEnd, media.line.end) === sdp.text.slice(before.portEnd, before.line.end) && media.mid === before.mid && media.direction === before.direction, 'the rest of the line is as it was');
    if (transport === null) return;
    const connection = media.connections[0] ?? after.connections[0];
    must(connection?.kind === 'unspecified' || connection?.address === transport.address, 'a relayed line has our address');
    must(media.candidates.every(({ address }) => address === transport.address) && media.otherPlaces.length === 0, 'no candidates but ours');
    must(media.rtcp.every(({ address }) => address === null || address.kind !== 'host' || address.address === transport.address), 'RTCP comes to us');
  });
  must(untouchedLines(text) === untouchedLines(sdp.text), 'unedited lines are unchanged');
  if (own.every((transport) => transport === null) && hide === null) must(text === sdp.text, 'nothing changes where nothing is relayed');
}

function checkBody(sdp: Sdp): void {
  const text = `INVITE sip:user@example.com SIP/2.0\r\nv: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKsdp\r\nMax-Forwards: 70\r\nf: <sip:a@example.com>;tag=1\r\nt: <sip:user@example.com>\r\ni: sdp\r\nCSeq: 1 INVITE\r\nc: application/sdp\r\nl: ${sdp.text.length}\r\n\r\n${sdp.text}`;
  const outcome = parseMessage(text);
  if (!outcome.ok) return;
  const part = findSdp(outcome.message);
  must(part !== null && text.slice(part.start, part.end) === sdp.text, 'the SDP of a message is its body');
  if (part === null) return;
  const edits = new Edits();
  replaceSdp(edits, outcome.message, part, 'v=0\r\n');
  const after = parseMessage(edits.apply(text));
  must(after.ok && after.message.body === 'v=0\r\n' && after.message.contentLength === 5, 'the body that takes its place has its length');
}

class CountingRelay implements Relay {
  open_ = 0;
  #port = 20_000;

  open(families: Parameters<Relay['open']>[0]): RelayedStream | null {
    return this.open_ > 100 ? null : this.#stream({ caller: { family: families.caller, rtp: this.#next() }, callee: { family: families.callee, rtp: this.#next() } });
  }

  reopen(ports: Parameters<Relay['reopen']>[0]): RelayedStream | null {
    return this.#stream({ ...ports });
  }

  #next(): number {
    this.#port = this.#port > 60_000 ? 20_000 : this.#port + 2;
    return this.#port;
  }

  #stream(ports: Record<Side, ReturnType<RelayedStream['port']>>): RelayedStream {
    let open = true;
    this.open_++;
    const nothing = { packets: 0, bytes: 0, lost: -1, jitterMs: -1, mos: 0, strangers: 0, invalid: 0, idleMs: -1 };
    return {
      prove: () => undefined,
      port: (side) => ports[side],
      rehome: (side, family) => {
        ports[side] = { family, rtp: this.#next() };
        return true;
      },
      expect: (side, { rtp, rtcp, hosts }) => {
        must(open, 'a closed stream is told nothing');
        must(hosts.length <= 16, 'hosts are bounded');
        for (const at of [rtp, rtcp]) must(at === null || (at.port > 0 && at.port <= 65_535 && at.address.includes(':') === (ports[side].family === 6) && hosts.includes(at.address)), 'a side is somewhere that its port can send to');
      },
      figures: () => ({ engine: 'worker', roundTripMs: -1, caller: nothing, callee: nothing }),
      close: () => {
        must(open, 'a stream is closed once');
        open = false;
        this.open_--;
      },
    };
  }
}

/** A call in which everybody says something of `text` or of `other`, in any order, ends with all ports given back. */
function checkSession(text: string, other: string, random: Random): void {
  const relay = new CountingRelay();
  let now = 0;
  let last: SessionRecord | null = null;
  const settings = { maxSessions: 2, ports: { first: 30_000, last: 30_199 }, local: { v4: '127.0.0.1', v6: '::1' }, addresses: { v4: ours[4], v6: random.below(2) === 0 ? ours[6] : '' }, forbidden: (address: string): boolean => address.startsWith('169.'), idleMs: 60_000, heldMs: 600_000 };
  const watch = { changed: (record: SessionRecord): void => { last = structuredClone(record); }, ended: (): void => { last = null; }, silent: (): void => must(false, 'nobody is silent where nobody sends'), circles: (): void => must(false, 'nothing goes round where nobody sends') };
  let sessions = new RelaySessions(relay, settings, watch, () => now);
  for (let step = 2 + random.below(8); step > 0; step--) {
    const fromCaller = random.below(2) === 0;
    const family = random.below(4) === 0 ? 6 : 4;
    const passage: SdpPassage = {
      session: 'Asession0001', tenant: 1, callId: 'c', callerTag: 'a', calleeTag: random.pick(['', 'b', 'b', 'c']), fromCaller, kind: random.pick(['offer', 'offer', 'answer', 'answer', 'prack'] as const),
      final: random.below(3) === 0, proven: random.below(2) === 0, sdp: random.below(2) === 0 ? text : other, source: random.pick(['192.0.2.1', '2001:db8::7', '']), family, ownAddress: random.below(5) === 0 ? '' : ours[family], latching: 'sdp', hideOrigin: false,
    };
    let told = 0;
    sessions.pass(passage, (outcome) => {
      told++;
      if (outcome.t === 'edited') must(outcome.sdp.length >= 3 && scanSdp(passage.sdp) !== null, 'only what can be read is edited');
    });
    must(told === 1, 'each passage has one outcome');
    now += random.below(40_000);
    switch (random.below(8)) {
      case 0: sessions.answered('Asession0001', 'b'); break;
      case 1: sessions.end('Asession0001', 'c'); break;
      case 2: sessions.sweep(); break;
      case 3: {
        const record: unknown = JSON.parse(JSON.stringify(last));
        if (!isSessionRecord(record)) break;
        sessions.end('Asession0001', '');
        sessions = new RelaySessions(relay, settings, watch, () => now);
        must(sessions.restore([record]) === 1, 'what was written down is taken up');
        break;
      }
      default:
    }
  }
  sessions.figures('Asession0001');
  sessions.end('Asession0001', '');
  must(sessions.size === 0 && relay.open_ === 0, 'all ports are given back');
}

export function checkMedia(text: string, random: Random): void {
  const sdp = scanSdp(text);
  if (sdp !== null) {
    checkEdit(sdp, random);
    checkBody(sdp);
  }
  checkSession(text, random.pick(mediaSeeds), random);
}

const sdpOf = (...lines: readonly string[]): string => ['v=0', 'o=- 1 2 IN IP4 192.0.2.1', 's=-', ...lines, ''].join('\r\n');
const ice = ['a=ice-ufrag:F7gI', 'a=ice-pwd:x9cml/YzichV2+XlhiMu8g'];

export const mediaSeeds: readonly string[] = [
  sdpOf('c=IN IP4 192.0.2.1', 't=0 0', 'm=audio 4000 RTP/AVP 0 8', 'a=rtcp:4009 IN IP4 192.0.2.3', 'a=sendrecv'),
  sdpOf('c=IN IP4 203.0.113.1', 't=0 0', 'm=audio 5000 RTP/AVP 0', 'm=video 0 RTP/AVP 31'),
  sdpOf('c=IN IP6 2001:db8::9', 't=0 0', 'm=audio 4000 RTP/AVP 0', 'm=audio 4000 RTP/SAVP 0', 'm=image 4004 udptl t38'),
  sdpOf('c=IN IP4 0.0.0.0', 't=0 0', 'a=inactive', 'm=audio 4000/2 RTP/AVP 0', 'i=x', 'm=message 7394 TCP/MSRP *'),
  sdpOf('t=0 0', 'a=group:BUNDLE a v d', ...ice, 'm=audio 4000 UDP/TLS/RTP/SAVPF 111', 'c=IN IP4 192.0.2.1', 'a=rtcp-mux', 'a=mid:a', 'a=candidate:1 1 UDP 1 192.0.2.1 4000 typ host', 'a=candidate:1 2 UDP 1 192.0.2.1 4001 typ host', 'a=remote-candidates:1 1.1.1.1 2', 'm=video 4000 UDP/TLS/RTP/SAVPF 96', 'c=IN IP4 192.0.2.1', 'a=bundle-only', 'a=mid:v', 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'c=IN IP4 0.0.0.0', 'a=mid:d', 'a=end-of-candidates'),
  sdpOf('c=IN IP4 224.2.1.1/127/3', 't=0 0', 'm=audio 4000 RTP/AVP 0', 'c=IN IP4 phone.example', 'm=audio 4000 RTP/AVP 0').replaceAll('\r\n', '\n'),
];
