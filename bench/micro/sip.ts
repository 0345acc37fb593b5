/**
 * Micro-benchmark of the message path, run by hand: `npm run bench` measures whole calls, this tells where they go.
 * Prints microseconds per parse, per relay (parse, look, edit, write) and per keyed value.
 */
import { Edits } from '../../dataplane/sip/edits.ts';
import { keepValues } from '../../dataplane/sip/list-values.ts';
import { parseMessage } from '../../dataplane/sip/parse.ts';
import { buildResponse } from '../../dataplane/sip/responses.ts';
import { viaWithSource } from '../../dataplane/sip/via-source.ts';
import { KeyRing } from '../../dataplane/security/key-ring.ts';
import { makeBranch, makeDialogToken, openDialogToken } from '../../dataplane/security/tokens.ts';
import type { SipMessage } from '../../dataplane/sip/message.ts';

const sdp = 'v=0\r\no=user1 53655765 2353687637 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n';
const invite = (n: number): string =>
  `INVITE sip:1001@sip.acme.example:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5061;branch=z9hG4bK-4711-${n}-0;rport\r\n`
  + `From: "Alice" <sip:alice@sip.acme.example:5061>;tag=4711SIPpTag00${n}\r\nTo: sut <sip:1001@sip.acme.example:5060>\r\n`
  + `Call-ID: ${n}-4711@127.0.0.1\r\nCSeq: 1 INVITE\r\nContact: <sip:alice@127.0.0.1:5061>\r\nMax-Forwards: 70\r\n`
  + `Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE\r\nSupported: replaces, timer\r\nUser-Agent: Phone/1.2.3 (x86_64)\r\n`
  + `Subject: Performance Test\r\nContent-Type: application/sdp\r\nContent-Length: ${sdp.length}\r\n\r\n${sdp}`;
const answer = (n: number): string =>
  `SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKsbAAabcdefghijk\r\n`
  + `Via: SIP/2.0/UDP 127.0.0.1:5061;received=127.0.0.1;rport=5061;branch=z9hG4bK-4711-${n}-0\r\nRecord-Route: <sip:d1.abcdefghijk@10.0.0.1;lr>\r\n`
  + `From: "Alice" <sip:alice@sip.acme.example:5061>;tag=4711SIPpTag00${n}\r\nTo: sut <sip:1001@sip.acme.example:5060>;tag=99SIPpTag01${n}\r\n`
  + `Call-ID: ${n}-4711@127.0.0.1\r\nCSeq: 1 INVITE\r\nContact: <sip:127.0.0.1:5062;transport=UDP>\r\nContent-Type: application/sdp\r\nContent-Length: ${sdp.length}\r\n\r\n${sdp}`;
const bye = (n: number): string =>
  `BYE sip:127.0.0.1:5062;transport=UDP SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5061;branch=z9hG4bK-4711-${n}-5;rport\r\nRoute: <sip:d1.abcdefghijk@10.0.0.1;lr>\r\n`
  + `From: "Alice" <sip:alice@sip.acme.example:5061>;tag=4711SIPpTag00${n}\r\nTo: sut <sip:1001@sip.acme.example:5060>;tag=99SIPpTag01${n}\r\n`
  + `Call-ID: ${n}-4711@127.0.0.1\r\nCSeq: 2 BYE\r\nContact: <sip:alice@127.0.0.1:5061>\r\nMax-Forwards: 70\r\nSubject: Performance Test\r\nContent-Length: 0\r\n\r\n`;

const DISTINCT = 1_000;
const buffers = (make: (n: number) => string): Buffer[] => Array.from({ length: DISTINCT }, (_, n) => Buffer.from(make(n + 1_000), 'latin1'));
const ring = new KeyRing([{ id: 1, key: Buffer.alloc(32, 7) }]);
const out = Buffer.alloc(65_536);
const edits = new Edits();
let sink = 0;

function parsed(text: string): SipMessage {
  const outcome = parseMessage(text);
  if (!outcome.ok) throw new Error(outcome.reason);
  return outcome.message;
}

/** What a proxy does with a request: Max-Forwards, Via with source, our Via and Record-Route. */
function relayRequest(text: string): string {
  const message = parsed(text);
  const via = message.topVia;
  if (via === null) return '';
  edits.clear();
  const branch = makeBranch(ring, 0, 0, {
    method: message.method, branch: via.branch, sentBy: via.sentBy, address: '127.0.0.1', port: 5061, callId: message.callId, cseqNumber: message.cseqNumber,
  });
  let head = `Via: SIP/2.0/UDP 10.0.0.1:5060;branch=${branch}\r\n`;
  const route = message.firstRoute();
  if (route !== null) {
    sink += openDialogToken(ring, route.sipUri?.user ?? '', message.callId, message.fromTag, message.toTag)?.tenantId ?? 0;
    keepValues(edits, message.routes(), 1, message.routes().length);
  } else {
    head += `Record-Route: <sip:${makeDialogToken(ring, message.callId, message.fromTag, 1)}@10.0.0.1;lr>\r\n`;
  }
  edits.insert(message.viaLine, head);
  edits.replace(via.start, via.end, viaWithSource(via, '127.0.0.1', 5061));
  edits.replace(message.maxForwardsStart, message.maxForwardsEnd, String(message.maxForwards - 1));
  sink += message.toTag.length + message.fromTag.length + (message.sipUri?.host.length ?? 0);
  return edits.apply(message.raw);
}

/** What a proxy does with a response: our Via goes. */
function relayResponse(text: string): string {
  const message = parsed(text);
  const via = message.topVia;
  if (via === null) return '';
  edits.clear();
  keepValues(edits, message.vias(), 1, message.vias().length);
  sink += via.branch.length + message.cseqMethod.length;
  return edits.apply(message.raw);
}

function measure(name: string, texts: readonly Buffer[], work: (text: string) => string | number): void {
  const rounds = 120;
  let best = Infinity;
  for (let round = 0; round < rounds; round++) {
    const start = process.hrtime.bigint();
    for (const text of texts) {
      const result = work(text.toString('latin1'));
      sink += typeof result === 'string' ? out.write(result, 0, 'latin1') : result;
    }
    const each = Number(process.hrtime.bigint() - start) / 1_000 / texts.length;
    if (round > 20 && each < best) best = each;
  }
  console.log(`${name.padEnd(34)} ${best.toFixed(2)} µs`);
}

const invites = buffers(invite);
const answers = buffers(answer);
const byes = buffers(bye);
measure('buffer to text only', invites, (text) => text.charCodeAt(9));
measure('parse INVITE', invites, (text) => parsed(text).bodyStart);
measure('parse 200', answers, (text) => parsed(text).bodyStart);
measure('parse BYE', byes, (text) => parsed(text).bodyStart);
measure('text to buffer only', invites, (text) => text);
measure('relay INVITE, whole', invites, relayRequest);
measure('relay 200, whole', answers, relayResponse);
measure('relay BYE, whole', byes, relayRequest);
measure('parse INVITE and build a 100', invites, (text) => buildResponse(parsed(text), 100, 'Trying', { source: { address: '127.0.0.1', port: 5061 } }));
measure('branch', invites, (text) => makeBranch(ring, 0, 0, {
  method: 'INVITE', branch: 'z9hG4bK-4711-1000-0', sentBy: '127.0.0.1:5061', address: '127.0.0.1', port: 5061, callId: text.slice(60, 80), cseqNumber: 1,
}).length);
measure('dialog token', invites, (text) => makeDialogToken(ring, text.slice(60, 80), '4711', 1).length);
console.log(`(${String(sink).length} digits of side effects)`);
