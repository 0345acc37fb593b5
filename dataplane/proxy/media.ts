/**
 * SDP on its way through the proxy (RFC 3264, RFC 6337): a message whose call is relayed waits until a media thread has
 * put our ports into it, and messages behind it wait for their turn. Everything else of the call goes on.
 */
import { parseHostPort } from '../contract/target.ts';
import type { PassageOutcome, SdpPassage } from '../media/passage.ts';
import { turnOff } from '../media/turn-off.ts';
import { ownBounds } from '../sip/bounds.ts';
import { parseMessage } from '../sip/parse.ts';
import { findSdp, replaceSdp, type SdpPart } from '../sip/sdp-body.ts';
import type { SipMessage } from '../sip/message.ts';
import type { ClientTransaction } from '../transaction/client.ts';
import type { Listener, Target } from '../transport/flow.ts';
import type { Branch } from './branch.ts';
import { CallMedia, maxHeldResponses, mediaTerms, type MediaTerms } from './call-media.ts';
import type { ProxyContext } from './context.ts';
import type { ProxyEnvironment } from './environment.ts';
import { answer } from './final-response.ts';
import { isProven } from './proven.ts';
import { onlyByFlow } from './reachability.ts';
import { passResponse } from './responses.ts';
import { reply, serviceUnavailable } from './verdict.ts';

/** Methods whose SDP is one of an offer and answer (RFC 6337 §2.2). */
const carriers = new Set(['INVITE', 'ACK', 'PRACK', 'UPDATE']);
const mediaFailed = reply(500, 'Media Failed');

/** Gives an INVITE that begins a call its media session, if its tenant wants one. */
export function beginMedia(env: ProxyEnvironment, ctx: ProxyContext): void {
  const { tenant, request } = ctx;
  if (!env.media.open || ctx.inDialog || tenant === null || tenant.policies.media === 'direct' || request.method !== 'INVITE') return;
  ctx.media = new CallMedia([env.media.newSession()], mediaTerms(env, tenant, tenant.id), true, request.fromTag, '', tenant.policies.media === 'relay');
}

/** Policy `auto`: only where the ends cannot reach each other by themselves, as one is behind NAT or their families differ. */
const needsRelay = ({ request, flow, calleeFlow }: ProxyContext, target: Target): boolean =>
  calleeFlow !== '' || flow.family !== target.family || onlyByFlow(request, flow);

/** The SDP of a request that takes part in offer and answer; null = none. */
export const sdpOf = (message: SipMessage): SdpPart | null => (carriers.has(message.isRequest ? message.method : message.cseqMethod) ? findSdp(message) : null);

/**
 * Whether a branch has to wait for its SDP. It is sent by `go` once that is there.
 * @param go false = there is no way to the target
 */
export function awaitsSdp(env: ProxyEnvironment, branch: Branch, target: Target, go: (env: ProxyEnvironment, branch: Branch, target: Target) => boolean): boolean {
  const { ctx } = branch;
  const { media, request } = ctx;
  if (media === null || (!media.active && !needsRelay(ctx, target))) return false;
  media.active = true;
  const part = sdpOf(request);
  if (part === null) return false;
  const own = ownAddress(env, target.listener ?? env.pickListener(target.transport, target.family), target.address);
  if (media.sdpFor(target.family, own) !== null) return false;
  media.offered = true;
  // The end of a try before this one is not the end of the branch, and a CANCEL has nothing to wait for.
  branch.client = null;
  const { method } = request;
  const sdp = request.raw.slice(part.start, part.end);
  pass(env, media, media.sessions, {
    callId: request.callId, calleeTag: media.calleeTag, fromCaller: media.fromCaller, kind: method === 'PRACK' ? 'prack' : method === 'ACK' ? 'answer' : 'offer',
    final: false, proven: isProven(env, ctx), sdp, source: ctx.flow.address, family: target.family, ownAddress: own,
  }, (outcome) => {
    if (ctx.over || !branch.open) return;
    if (outcome.t === 'refused' && !goesDirect(env, ctx)) {
      // Others may ring, with ports that were left in their family.
      branch.close(serviceUnavailable.status);
      if (ctx.open === 0) answer(env, ctx, serviceUnavailable);
      return;
    }
    if (ctx.media !== null) media.keep(target.family, own, outcome.t === 'edited' ? outcome.sdp : sdp);
    if (!go(env, branch, target)) media.unsent(env, branch);
  }, () => answer(env, ctx, mediaFailed));
  return true;
}

/** A call without ports: may its media go direct? Where some of it is relayed it cannot; in a dialog, what needs no answer goes on as it is. */
function goesDirect(env: ProxyEnvironment, ctx: ProxyContext): boolean {
  env.counters.add('media_refused_total');
  if (ctx.inDialog) return ctx.tx === null || ctx.request.method === 'PRACK';
  if (env.view.setting.media.exhausted === 'refuse' || ctx.media?.sent === true) return false;
  ctx.media?.end(env.media);
  ctx.media = null;
  return true;
}

/** Adds the request's SDP as the target gets it to `env.edits`. */
export function placeSdp(env: ProxyEnvironment, { media, request }: ProxyContext, listener: Listener, target: Target): void {
  const sdp = media?.sdpFor(target.family, ownAddress(env, listener, target.address)) ?? null;
  const part = sdp === null ? null : findSdp(request);
  if (part !== null && sdp !== null) replaceSdp(env.edits, request, part, sdp);
}

/**
 * Takes the candidates out of an INFO that brings more of them (RFC 8840 §4.4): the SDP showed ours as the only one, and by
 * those of the other end media would find a way past us.
 */
export function dropCandidates({ edits }: ProxyEnvironment, request: SipMessage): void {
  if (request.method !== 'INFO' || !/^application\/trickle-ice-sdpfrag\b/i.test(request.header('content-type') ?? '')) return;
  const body = request.raw.slice(request.bodyStart);
  const rest = body.replaceAll(/^a=candidate:[^\n]*\n?/gim, '');
  if (rest !== body) replaceSdp(edits, request, { start: request.bodyStart, end: request.raw.length }, rest);
}

/** Passes a 1xx or 2xx up, in the order in which they came, its SDP pointing to us. */
export function passUp(env: ProxyEnvironment, ctx: ProxyContext, response: SipMessage, tx: ClientTransaction, source: string): void {
  const { media } = ctx;
  if (media === null || !media.active) {
    passResponse(env, ctx, response, '', tx);
    return;
  }
  const part = sdpOf(response);
  const accepted = tx.invite && response.status >= 200;
  const calleeTag = media.calleeTag === '' ? response.toTag : media.calleeTag;
  // Also with an SDP that no session understood: its BYE must be known.
  const hasAccepted = (): void => { if (accepted) for (const session of media.sessions) env.media.answered(session, calleeTag); };
  if (part === null) hasAccepted();
  if (part === null && media.held.length === 0) {
    passResponse(env, ctx, response, '', tx);
    return;
  }
  if (media.held.length >= maxHeldResponses) return;
  const held = { response, tx, ready: part === null };
  media.held.push(held);
  if (part === null) return;
  const way = { family: ctx.flow.family, ownAddress: ownAddress(env, ctx.flow.listener, ctx.flow.address) };
  pass(env, media, media.sessions.toReversed(), {
    callId: response.callId, calleeTag, fromCaller: !media.fromCaller, kind: media.offered ? 'answer' : 'offer', final: accepted, proven: !media.offered && isProven(env, ctx), joins: media.offered || media.begun || !tx.invite,
    sdp: response.raw.slice(part.start, part.end), source, ...way,
  }, (outcome) => {
    if (outcome.t === 'edited') media.begun = true;
    else hasAccepted();
    held.response = withOutcome(env, response, part, outcome, media.terms, way);
    held.ready = true;
    release(env, ctx, media);
  }, () => {
    held.ready = true;
    release(env, ctx, media);
  });
}

function release(env: ProxyEnvironment, ctx: ProxyContext, { held }: CallMedia): void {
  for (let first = held[0]; first?.ready === true; first = held[0]) {
    held.shift();
    // A final answer has overtaken it.
    if (ctx.answered && first.response.status < 200) continue;
    passResponse(env, ctx, first.response, '', first.tx);
  }
}

/**
 * The response as its receiver gets it. One whose SDP was refused comes too late for a 503: its streams are off, unless the
 * settings let calls go direct. With the callee's own address in it media would go past us, and the callee send to a port of nobody.
 */
export function withOutcome(env: ProxyEnvironment, response: SipMessage, part: SdpPart, outcome: PassageOutcome, { hideOrigin }: MediaTerms, { family, ownAddress: address }: Pick<SdpPassage, 'family' | 'ownAddress'>): SipMessage {
  if (outcome.t === 'edited') return withSdp(env, response, part, outcome.sdp);
  if (outcome.t !== 'refused') return response;
  env.counters.add('media_refused_total');
  if (env.view.setting.media.exhausted === 'direct') return response;
  const off = turnOff(response.raw.slice(part.start, part.end), hideOrigin && address !== '' ? { family, address } : null);
  return off === null ? response : withSdp(env, response, part, off);
}

/** The response with another SDP; as it came if it would be too long for a message. */
function withSdp(env: ProxyEnvironment, response: SipMessage, part: SdpPart, sdp: string): SipMessage {
  const { edits } = env;
  edits.clear();
  replaceSdp(edits, response, part, sdp);
  const outcome = parseMessage(edits.apply(response.raw), ownBounds);
  if (!outcome.ok) {
    env.counters.add('media_untouched_total');
    return response;
  }
  outcome.message.hidden = response.hidden;
  outcome.message.sealed = response.sealed;
  return outcome.message;
}

type Passing = Omit<SdpPassage, 'session' | 'tenant' | 'latching' | 'hideOrigin' | 'callerTag'>;

/**
 * Takes an SDP through the sessions of a call, one after the other.
 * @param done hears the outcome; what throws in it is a fault of ours and goes to `broken`
 */
export function pass(env: ProxyEnvironment, { terms, callerTag }: Pick<CallMedia, 'terms' | 'callerTag'>, sessions: readonly string[], passing: Passing, done: (outcome: PassageOutcome) => void, broken: () => void): void {
  const [session = '', ...others] = sessions;
  env.media.pass({ ...passing, ...terms, callerTag, session }, (outcome) => {
    try {
      if (outcome.t === 'untouched') env.counters.add('media_untouched_total');
      if (outcome.t === 'edited' && others.length > 0) pass(env, { terms, callerTag }, others, { ...passing, sdp: outcome.sdp, source: passing.ownAddress }, done, broken);
      else done(outcome);
    } catch (error) {
      // Media threads answer from outside of the guard round messages and timers.
      env.fault('media', error);
      broken();
    }
  });
}

/** Our numeric address as `peer` sees it; '' = a name is shown. */
export function ownAddress(env: ProxyEnvironment, listener: Listener | null, peer: string): string {
  if (listener === null) return '';
  const place = parseHostPort(env.identity.hostPort(listener, peer));
  return place === null || place.family === 0 ? '' : place.host;
}
