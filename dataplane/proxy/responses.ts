/** Responses on their way up: ours are built, others lose our Via and pass (RFC 3261 §16.7 steps 3 and 9). */
import { verifyBranch } from '../security/tokens.ts';
import type { ParseFault } from '../sip/parse.ts';
import { buildResponse } from '../sip/responses.ts';
import { siphash24 } from '../security/siphash.ts';
import type { SipMessage } from '../sip/message.ts';
import type { ServerTransaction } from '../transaction/server.ts';
import { Address, type Flow } from '../transport/flow.ts';
import { familyOf } from '../routing/address.ts';
import type { ProxyContext } from './context.ts';
import type { ProxyEnvironment } from './environment.ts';
import type { Reply } from './verdict.ts';

/** The To tag of our own answers: keyed over the request's identity, so that a repeated request gets the same one. */
export const toTagFor = (env: ProxyEnvironment, request: SipMessage): string =>
  siphash24(env.keys.signing.branch, `tag ${request.callId} ${request.cseqNumber} ${request.fromTag}`);

/** Answers a request in our own name. */
export function sendReply(env: ProxyEnvironment, tx: ServerTransaction, request: SipMessage, flow: Flow, own: Reply): void {
  env.counters.add('replies_sent_total');
  const text = buildResponse(request, own.status, own.reason, { toTag: toTagFor(env, request), headers: own.headers, source: flow });
  env.layer.respond(tx, text, own.status);
}

/** Passes a response up without our Via. */
export function passResponse(env: ProxyEnvironment, ctx: ProxyContext, response: SipMessage): void {
  if (ctx.tx !== null) env.layer.respond(ctx.tx, withoutTopVia(env, response), response.status);
}

/** The response's text without its first Via value. */
function withoutTopVia(env: ProxyEnvironment, response: SipMessage): string {
  const { raw, topVia: top } = response;
  if (top === null) return raw;
  // The value's own line is taken out; only a list of values on it costs a closer look.
  if (raw.charCodeAt(top.end) === 13 && top.end + 2 === top.lineEnd) return raw.slice(0, top.lineStart) + raw.slice(top.lineEnd);
  const second = response.via(1);
  const { edits } = env;
  edits.clear();
  if (second !== null && second.lineStart === top.lineStart) edits.remove(top.start, second.start);
  else edits.remove(top.lineStart, top.lineEnd);
  return edits.apply(raw);
}

/**
 * A response without a client transaction. When its branch carries our check value it answers a request of a former
 * process of this installation (or comes after its transaction's time): it goes on by the next Via, so that a restart
 * harms no call. Everything else is dropped (RFC 6026 §8.9).
 */
export function takeStray(env: ProxyEnvironment, response: SipMessage): void {
  const next = response.via(1);
  const top = response.topVia;
  if (top === null || next === null || verifyBranch(env.keys, top.branch, next.branch, next.sentBy, response.callId, response.cseqNumber) < 0) {
    env.counters.add('dropped_stray_response_total');
    return;
  }
  const address = next.received === '' ? next.host : next.received;
  const family = familyOf(address);
  const transport = next.transport.toUpperCase() === 'TCP' ? 'tcp' : 'udp';
  const listener = family === 0 ? null : env.publicListener(transport, family);
  if (family === 0 || listener === null) {
    env.counters.add('dropped_stray_response_total');
    return;
  }
  env.counters.add('relayed_stray_response_total');
  const port = next.rport > 0 ? next.rport : next.port > 0 ? next.port : 5060;
  env.sender.send(new Address(transport, family, address, port, listener, 0), withoutTopVia(env, response), null);
}

/** The 400-class answer to a request that broke the grammar, where RFC 3261 lets it be answered; sent without a transaction. */
export function refuseMalformed(env: ProxyEnvironment, fault: ParseFault, flow: Flow): void {
  if (fault.answerable && fault.partial !== null) replyStateless(env, fault.partial, fault.status, fault.reason, flow);
}

/** Answers a request without a transaction: malformed ones, and those that find the tables full. */
export function replyStateless(env: ProxyEnvironment, request: SipMessage, status: number, reason: string, flow: Flow, headers = ''): void {
  env.counters.add('replies_sent_total');
  env.sender.send(flow, buildResponse(request, status, reason, { toTag: 'stateless', headers, source: flow }), null);
}
