/** Responses on their way up: ours are built, others lose our Via and pass (RFC 3261 §16.7 steps 3 and 9). */
import type { ParseFault } from '../sip/parse.ts';
import { buildResponse } from '../sip/responses.ts';
import { siphash24 } from '../security/siphash.ts';
import type { SipMessage } from '../sip/message.ts';
import type { ClientTransaction } from '../transaction/client.ts';
import type { ServerTransaction } from '../transaction/server.ts';
import type { Flow } from '../transport/flow.ts';
import { Branch } from './branch.ts';
import type { ProxyContext } from './context.ts';
import type { ProxyEnvironment } from './environment.ts';
import { forUpstream } from './for-upstream.ts';
import { hideFromCaller } from './hide.ts';
import { spreadExpires } from './spread-expires.ts';
import type { Reply } from './verdict.ts';

/** The To tag of our own answers: keyed over the request's identity, so that a repeated request gets the same one. */
export const toTagFor = (env: ProxyEnvironment, request: SipMessage): string =>
  siphash24(env.keys.signing.branch, `tag ${request.callId} ${request.cseqNumber} ${request.fromTag}`);

function ownResponse(env: ProxyEnvironment, request: SipMessage, flow: Flow, own: Reply): string {
  env.counters.add('replies_sent_total');
  return buildResponse(request, own.status, own.reason, { toTag: toTagFor(env, request), headers: own.headers, source: flow });
}

/** Answers a request in our own name. */
export function sendReply(env: ProxyEnvironment, tx: ServerTransaction, request: SipMessage, flow: Flow, own: Reply): void {
  env.layer.respond(tx, ownResponse(env, request, flow, own), own.status);
}

/**
 * Answers a request that goes no further, and forgets it (RFC 3261 §8.2.7): refusals hold no memory, however many
 * strangers ask, and a forged source gets one answer for one request, not timer G's eleven. A repeated request gets the
 * same answer again.
 */
export function refuse(env: ProxyEnvironment, tx: ServerTransaction, request: SipMessage, flow: Flow, own: Reply): void {
  env.sender.send(tx.target, ownResponse(env, request, flow, own), null);
  env.layer.drop(tx);
}

/** Answers a request without a transaction: malformed ones, and those that find the tables full. */
export function replyStateless(env: ProxyEnvironment, request: SipMessage, flow: Flow, own: Reply): void {
  env.sender.send(flow, ownResponse(env, request, flow, own), null);
}

/** The 400-class answer to a request that broke the grammar, where RFC 3261 lets it be answered; sent without a transaction. */
export function refuseMalformed(env: ProxyEnvironment, fault: ParseFault, flow: Flow): void {
  if (fault.answerable && fault.partial !== null) replyStateless(env, fault.partial, flow, { status: fault.status, reason: fault.reason, headers: '' });
}

/**
 * Passes a response up without our Via.
 * @param extraLines whole header lines to add, or ''
 * @param tx whose response it is; null = a failure, whose Contact leads nowhere
 */
export function passResponse(env: ProxyEnvironment, ctx: ProxyContext, response: SipMessage, extraLines = '', tx: ClientTransaction | null = null): void {
  if (ctx.tx === null) return;
  const { target } = ctx.tx;
  const text = forUpstream(env, response, target.transport, extraLines);
  const shown = response.hidden === 0 ? text : hideFromCaller(env, response, ctx.flow.listener, target.address, ctx.tenantId, tx === null ? [] : sendersOf(tx), text);
  const { spreadPercent } = env.view.setting.registration;
  const spread = spreadPercent > 0 && response.cseqMethod === 'REGISTER' && response.status < 300;
  env.layer.respond(ctx.tx, spread ? spreadExpires(env.edits, shown, spreadPercent) : shown, response.status);
}

/** Where the request was sent: the address, and the name that it was found by. */
function sendersOf({ target, user }: ClientTransaction): readonly string[] {
  const destination = user instanceof Branch ? user.destination : null;
  return destination === null ? [target.address] : [target.address, destination.host];
}
