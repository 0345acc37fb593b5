/** Responses without a client transaction: those of a former process go on by their Via, others are dropped. */
import { familyOf } from '../contract/address.ts';
import { openDialogToken, verifyBranch } from '../security/tokens.ts';
import type { SipMessage } from '../sip/message.ts';
import { Address, defaultPort, transportOfVia, type Listener } from '../transport/flow.ts';
import { mediaTerms, type MediaTerms } from './call-media.ts';
import type { ProxyEnvironment } from './environment.ts';
import { forUpstream } from './for-upstream.ts';
import { hideFromCaller } from './hide.ts';
import { answersKeepAlive } from './keep-alive.ts';
import { ownAddress, pass, sdpOf, withOutcome } from './media.ts';

/**
 * A response without a client transaction. When its branch carries our check value it answers a request of a former
 * process of this installation (or comes after its transaction's time): it goes on by the next Via, so that a restart
 * harms no call. The check covers that Via, so the response cannot be sent anywhere else. Everything else is dropped
 * (RFC 6026 §8.9), and so is a 100, which goes one hop only, and what comes so late that its request has been answered
 * without it (RFC 3261 §17.2.2); but a 2xx to an INVITE is never too late.
 * @param source address that it came from
 */
export function takeStray(env: ProxyEnvironment, response: SipMessage, source: string): void {
  if (answersKeepAlive(response)) return;
  const next = response.via(1);
  const top = response.topVia;
  const address = next === null || next.received === '' ? (next?.host ?? '') : next.received;
  const family = familyOf(address);
  const transport = next === null ? null : transportOfVia(next.transport);
  const listener = family === 0 || transport === null ? null : env.publicListener(transport, family);
  if (top === null || next === null || transport === null || family === 0 || listener === null || response.status === 100) {
    env.counters.add('dropped_stray_response_total');
    return;
  }
  const port = next.rport > 0 ? next.rport : next.port > 0 ? next.port : defaultPort(transport);
  const { callId, cseqNumber, cseqMethod } = response;
  const answered = env.layer.hasAnswered(next, cseqMethod) && (cseqMethod !== 'INVITE' || response.status >= 300);
  if (answered || verifyBranch(env.keys, top.branch, { method: cseqMethod, branch: next.branch, sentBy: next.sentBy, address, port, callId, cseqNumber }) < 0) {
    env.counters.add('dropped_stray_response_total');
    return;
  }
  env.counters.add('relayed_stray_response_total');
  const to = new Address(transport, family, address, port, listener, 0);
  const call = callOf(env, response);
  const part = call === null ? null : sdpOf(response);
  const { toTag, status, raw } = response;
  const accepted = cseqMethod === 'INVITE' && status >= 200;
  if (call === null || part === null) {
    if (call !== null && accepted) env.media.answered(call.session, toTag);
    passOn(env, response, to, listener);
    return;
  }
  const way = { family, ownAddress: ownAddress(env, listener, address) };
  pass(env, call, [call.session], {
    callId, calleeTag: toTag, fromCaller: false, kind: 'answer', final: accepted, proven: false, sdp: raw.slice(part.start, part.end), source, ...way,
  }, (outcome) => passOn(env, withOutcome(env, response, part, outcome, call.terms, way), to, listener), () => undefined);
}

function passOn(env: ProxyEnvironment, response: SipMessage, to: Address, listener: Listener): void {
  const text = forUpstream(env, response, to.transport, '');
  env.sender.send(to, response.hidden === 0 ? text : hideFromCaller(env, response, listener, to.address, 0, [], text), null);
}

/** The media session of the call that a response is of, by the Record-Route that it brings back; null = its media goes direct. */
function callOf(env: ProxyEnvironment, response: SipMessage): { readonly session: string; readonly callerTag: string; readonly terms: MediaTerms } | null {
  if (!env.media.open || response.status >= 300) return null;
  const { callId, fromTag, toTag } = response;
  for (const { sipUri } of response.routeValues('record-route')) {
    const token = sipUri === null || !env.identity.means(sipUri) ? null : openDialogToken(env.keys, sipUri.user, callId, fromTag, toTag);
    if (token !== null && token.session !== '' && token.fromCaller) return { session: token.session, callerTag: fromTag, terms: mediaTerms(env, env.view.tenant(token.tenantId), token.tenantId) };
  }
  return null;
}
