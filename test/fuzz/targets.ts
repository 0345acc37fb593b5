import { bounds } from '../../dataplane/sip/bounds.ts';
import { credentialsUser } from '../../dataplane/sip/credentials.ts';
import { Edits } from '../../dataplane/sip/edits.ts';
import { FRAME, StreamFramer } from '../../dataplane/sip/framing.ts';
import { keepValues } from '../../dataplane/sip/list-values.ts';
import type { SipMessage } from '../../dataplane/sip/message.ts';
import { parseMessage } from '../../dataplane/sip/parse.ts';
import { buildResponse } from '../../dataplane/sip/responses.ts';
import { telAsSip, telNumber } from '../../dataplane/sip/tel.ts';
import { parseSipUri, uriKey } from '../../dataplane/sip/uri.ts';
import { viaWithSource } from '../../dataplane/sip/via-source.ts';
import { tortureMessages, tortureText } from '../torture/corpus.ts';
import { checkMedia, mediaSeeds } from './media-sessions.ts';
import { checkPush, pushSeeds } from './push-frames.ts';
import type { Random } from './random.ts';
import { checkWorker, workerSeeds } from './whole-worker.ts';

/** A thing to fuzz: texts to begin with, and a check that throws when a rule is broken. */
export interface FuzzTarget {
  readonly seeds: readonly string[];
  check(text: string, random: Random): void;
}

function must(holds: boolean, rule: string): void {
  if (!holds) throw new Error(`broken: ${rule}`);
}

const edits = new Edits();

/** Whatever is accepted can be looked at in every way, forwarded and answered, and what comes out is accepted again. */
function checkAccepted(message: SipMessage, random: Random): void {
  const { raw } = message;
  const line = raw.slice(0, raw.indexOf('\r\n'));
  must(message.isRequest ? line.endsWith(' SIP/2.0') : line.startsWith('SIP/2.0 '), 'the version is in capitals');
  for (const via of message.vias()) {
    must(via.start >= via.lineStart && via.end <= via.lineEnd && via.host !== '' && via.sentBy.includes(via.host), 'a Via lies in its line');
    must(via.param('branch') === null ? via.branch === '' : via.branch !== '', 'branch is found');
  }
  for (const route of message.routes()) must(route.uri !== '' && route.start >= route.lineStart && route.end <= route.lineEnd && (!route.loose || /;lr/i.test(route.uri)), 'a Route lies in its line');
  must(message.via(message.vias().length) === null, 'there is no Via behind the last');
  must(message.headersEnd <= message.bodyStart && message.bodyStart <= raw.length, 'the body follows the head');
  must(message.contentLength < 0 || message.body.length === message.contentLength, 'the body has its length');
  must(message.callId !== '' && !message.callId.includes(' ') && message.from !== null && message.to !== null, 'the dialog is known');
  must(message.header('call-id') === message.callId && message.header('cseq') !== undefined, 'headers are found by name');
  const top = message.topVia;
  if (top === null) throw new Error('broken: an accepted message has a Via');
  must(message.userAgent.length <= bounds.headerLineBytes && (message.contact?.uri ?? 'x') !== '', 'lazy values do not throw');
  must(message.from?.display !== undefined && credentialsUser(message.header('proxy-authorization') ?? '').length <= bounds.headerLineBytes, 'names are read');

  edits.clear();
  const head = 'Via: SIP/2.0/UDP 198.51.100.1;branch=z9hG4bKsbAAabcdefghijk\r\n';
  edits.insert(message.viaLine, head);
  edits.replace(top.start, top.end, viaWithSource(top, '203.0.113.5', 4242));
  must(viaWithSource(top, top.host, top.port === 0 ? 5060 : top.port).includes(top.sentBy), 'a Via keeps its sender');
  if (message.maxForwardsStart >= 0 && message.isRequest) edits.replace(message.maxForwardsStart, message.maxForwardsEnd, '9');
  const forwarded = parseMessage(edits.apply(raw));
  // Our lines may lift a message at the edge of a bound over it.
  if (!forwarded.ok) {
    must(raw.length > bounds.messageBytes - 200 || message.bodyStart > bounds.headBytes - 200 || forwarded.reason === 'Headers Too Large', `forwarded is accepted, not ${forwarded.reason}`);
    return;
  }
  must(forwarded.message.vias().length === Math.min(message.vias().length + 1, bounds.viaValues), 'one Via more');
  must(forwarded.message.via(1)?.received === '203.0.113.5' && forwarded.message.via(1)?.rport === 4242, 'the source is noted');
  must(forwarded.message.body === message.body && forwarded.message.requestUri === message.requestUri, 'the rest is untouched');
  edits.clear();
  keepValues(edits, forwarded.message.vias(), 1, forwarded.message.vias().length);
  must(parseMessage(edits.apply(forwarded.message.raw)).ok, 'without our Via it is accepted again');
  const routes = message.routes();
  if (routes.length > 0 && message.routesAreWhole) {
    const from = random.below(routes.length);
    const to = from + 1 + random.below(routes.length - from);
    edits.clear();
    keepValues(edits, routes, from, to);
    const kept = parseMessage(edits.apply(raw));
    must(kept.ok && kept.message.routes().map(({ uri }) => uri).join() === routes.slice(from, to).map(({ uri }) => uri).join(), 'the Routes that are kept are there');
  }
  if (message.isRequest) checkAnswer(message, 404, true);
}

function checkAnswer(request: SipMessage, status: number, whole: boolean): void {
  const text = buildResponse(request, status, 'Reason', { toTag: 'fz', source: { address: '203.0.113.5', port: 4242 } });
  const answer = parseMessage(text);
  if (!whole) return;
  must(answer.ok && answer.message.status === status && answer.message.callId === request.callId && answer.message.toTag !== '', 'an answer parses and belongs to the request');
}

function checkParser(text: string, random: Random): void {
  const outcome = parseMessage(text);
  if (outcome.ok) {
    checkAccepted(outcome.message, random);
    return;
  }
  must([400, 414, 416, 505, 513].includes(outcome.status) && outcome.reason !== '' && !/[\r\n]/.test(outcome.reason), 'a refusal has a status and a reason');
  if (outcome.answerable) {
    must(outcome.partial !== null && outcome.partial.isRequest && outcome.partial.method !== 'ACK', 'only requests are answered');
    if (outcome.partial !== null) checkAnswer(outcome.partial, outcome.status, false);
  }
}

/** What a stream gives does not depend on how its bytes were cut. */
function checkFraming(text: string, random: Random): void {
  const whole = framesOf([text], random);
  const chunks: string[] = [];
  for (let at = 0; at < text.length;) {
    const end = at + 1 + random.below(random.below(3) === 0 ? 4 : 700);
    chunks.push(text.slice(at, end));
    at = end;
  }
  const cut = framesOf(chunks, random);
  must(whole.length === cut.length && whole.every((frame, i) => frame === cut[i]), 'frames do not depend on the chunks');
}

function framesOf(chunks: readonly string[], random: Random): string[] {
  const framer = new StreamFramer();
  const found: string[] = [];
  for (const chunk of chunks) {
    framer.push(chunk);
    for (let frame = framer.next(); frame !== FRAME.more; frame = framer.next()) {
      must(framer.text.length <= bounds.messageBytes, 'a frame is bounded');
      if (frame === FRAME.fault) return [...found, `fault ${framer.status}`];
      found.push(frame === FRAME.ping ? 'ping' : framer.text);
      if (frame === FRAME.message) checkParser(framer.text, random);
    }
    must(framer.pendingBytes <= bounds.messageBytes + chunk.length, 'what is held back is bounded');
  }
  return found;
}

function checkUri(text: string): void {
  const uri = parseSipUri(text);
  if (uri === null) return;
  must(uri.text === text && (uri.scheme === 'tel' || uri.host !== '') && uri.port >= 0 && uri.port <= 65_535, 'the parts are there');
  must(!/[\u0000-\u0020<>"]/.test(text) && uri.host === uri.host.toLowerCase(), 'nothing that would end a header value');
  must((uri.decodedUser === '') === (uri.user === ''), 'a user stays a user');
  must(uriKey(uri) === uriKey(parseSipUri(text) ?? uri), 'a key is the same each time');
  if (uri.scheme === 'tel') {
    const sip = telAsSip(uri, telNumber(uri), 'gw.example');
    const asSip = parseSipUri(sip);
    must(sip.length > bounds.requestUriBytes || (asSip?.host === 'gw.example' && asSip.param('user') === 'phone'), 'a number can be called at a host');
    return;
  }
  const host = uri.host.includes(':') ? `[${uri.host}]` : uri.host;
  const user = uri.user === '' ? '' : `${uri.user}@`;
  const again = parseSipUri(`${uri.scheme}:${user}${host}${uri.port === 0 ? '' : `:${uri.port}`}${uri.params}${uri.headersPart === '' ? '' : `?${uri.headersPart}`}`);
  must(again !== null && again.user === uri.user && again.host === uri.host && again.port === uri.port && again.params === uri.params && again.headersPart === uri.headersPart, 'put together it is the same');
  must(uri.param('lr') === null || /;lr/i.test(uri.params), 'parameters are found');
}

/**
 * Only calls whose media is relayed have their session description read (target `media`). Otherwise a body goes on byte for byte,
 * whatever it holds, as a datagram and out of a stream.
 */
function checkSdp(body: string, random: Random): void {
  const text = `INVITE sip:user@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKsdp\r\nMax-Forwards: 70\r\nFrom: <sip:a@example.com>;tag=1\r\nTo: <sip:user@example.com>\r\nCall-ID: sdp\r\nCSeq: 1 INVITE\r\nContent-Type: application/sdp\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const fits = text.length <= bounds.messageBytes;
  const outcome = parseMessage(text);
  must(outcome.ok === fits, 'only its size decides');
  if (!outcome.ok) return;
  must(outcome.message.body === body, 'the body is whole');
  checkAccepted(outcome.message, random);
  const cut = 1 + random.below(text.length);
  const frames = framesOf([text.slice(0, cut), text.slice(cut)], random);
  must(frames.length === 1 && frames[0] === text, 'it comes whole out of a stream');
}

const messages = tortureMessages.map(tortureText);
const bodies = messages.map((text) => text.slice(text.indexOf('\r\n\r\n') + 4)).filter((body) => body.startsWith('v=0'));

export const fuzzTargets: Readonly<Record<string, FuzzTarget>> = {
  parser: { seeds: messages, check: checkParser },
  framing: { seeds: messages.map((text, i) => `${text}\r\n\r\n${messages[(i + 7) % messages.length] ?? ''}`), check: checkFraming },
  sdp: { seeds: [...bodies, 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\na=candidate:1 1 UDP 1 192.0.2.1 4000 typ host\r\n'], check: checkSdp },
  media: { seeds: mediaSeeds, check: checkMedia },
  push: { seeds: pushSeeds, check: checkPush },
  worker: { seeds: workerSeeds, check: checkWorker },
  uri: {
    seeds: [
      'sip:alice:secret@example.com:5061;transport=tcp;lr?subject=x', 'sips:user;par=u%40example.net@[2001:db8::1]:5070;maddr=1.2.3.4', 'tel:+49-30-123;phone-context=example.com', 'sip:1_unusual.URI~(to-be!sure)@h',
      'sip:%00@b', 'sip:[::ffff:192.0.2.1]', 'sip:b.example.:5060',
    ],
    check: checkUri,
  },
};
