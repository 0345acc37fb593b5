/** The stateful proxy core (RFC 3261 §16): the transaction layer's user. Ties pipeline, relay and responses together. */
import { partiesOf } from '../calls/parties.ts';
import { dialogKey } from '../calls/table.ts';
import { decisionOf } from '../routing/decision.ts';
import type { SipMessage } from '../sip/message.ts';
import type { ClientTransaction } from '../transaction/client.ts';
import type { ServerTransaction } from '../transaction/server.ts';
import type { TransactionUser } from '../transaction/user.ts';
import type { Flow } from '../transport/flow.ts';
import { Branch } from './branch.ts';
import { anchorOf, endCall, passageOf } from './call-ends.ts';
import { cancelOpen } from './cancel.ts';
import { ProxyContext, settle } from './context.ts';
import type { ProxyEnvironment } from './environment.ts';
import { answer, conclude } from './final-response.ts';
import { runPipeline } from './pipeline.ts';
import { onRegistered } from './registered.ts';
import { relay } from './relay.ts';
import { failed, takeFailure } from './search.ts';
import { reconnect } from './send.ts';
import { passUp } from './media.ts';
import { refuse, replyStateless, sendReply } from './responses.ts';
import { takeStray } from './stray.ts';
import { reply, serviceUnavailable } from './verdict.ts';

const ok = reply(200, 'OK');
const noSuchTransaction = reply(481, 'Call/Transaction Does Not Exist');
const internalError = reply(500, 'Server Internal Error');
/** RFC 3326: the other callees hear why they are cancelled. */
const completedElsewhere = 'SIP;cause=200;text="Call completed elsewhere"';
/** Requests without an answer may hold so much of a worker's memory; more is refused. */
const maxPendingBytes = 256 * 1024 * 1024;

/** Overload control (RFC 7339 §5.1): any response may carry it, in our own Via. */
function noteOverload(env: ProxyEnvironment, { destination }: Branch, { topVia }: SipMessage): void {
  if (destination !== null && topVia !== null) env.turns.overload.note(destination.id, topVia, env.wallClock.now());
}

/**
 * Nothing more comes of a request that is no INVITE once it has its answer, while its transactions stay for up to 32 s: what
 * they hold would only have to be moved by the garbage collector.
 */
function forget(client: ClientTransaction, { tx }: ProxyContext): void {
  client.user = null;
  if (tx !== null) tx.user = null;
}

export class Proxy implements TransactionUser {
  #env!: ProxyEnvironment;

  /** Gives the proxy what it stands on; the environment holds the transaction layer, which holds the proxy. */
  serve(env: ProxyEnvironment): void {
    this.#env = env;
  }

  onRequest(tx: ServerTransaction, request: SipMessage, flow: Flow): void {
    const env = this.#env;
    env.counters.add('requests_total');
    const ctx = new ProxyContext(tx, request, flow);
    tx.user = ctx;
    env.pending += 1;
    env.pendingBytes += ctx.bytes;
    if (env.pendingBytes > maxPendingBytes) {
      settle(env, ctx);
      this.onOverload(request, flow);
      env.layer.drop(tx);
      return;
    }
    const verdict = runPipeline(ctx, env);
    if (verdict === 'relay') {
      relay(env, ctx);
    } else if (verdict === 'drop') {
      settle(env, ctx);
      env.layer.drop(tx);
    } else if (typeof verdict === 'object') {
      settle(env, ctx);
      refuse(env, tx, request, flow, verdict);
    }
  }

  /** RFC 3261 §16.10: 200 for the CANCEL, and every open branch of the INVITE is cancelled. */
  onCancel(cancel: ServerTransaction, request: SipMessage, flow: Flow, invite: ServerTransaction | null): void {
    const env = this.#env;
    const ctx = invite?.user;
    if (!(ctx instanceof ProxyContext)) {
      refuse(env, cancel, request, flow, noSuchTransaction);
      return;
    }
    sendReply(env, cancel, request, flow, ok);
    if (ctx.answered) return;
    ctx.cancelled = true;
    cancelOpen(env, ctx, request.header('reason') ?? '');
    conclude(env, ctx);
  }

  /** The ACK of a 2xx goes the way of the dialog, without a transaction. */
  onAck(request: SipMessage, flow: Flow): void {
    if (request.toTag === '') return;
    const env = this.#env;
    env.counters.add('requests_total');
    const ctx = new ProxyContext(null, request, flow);
    if (runPipeline(ctx, env) === 'relay') relay(env, ctx);
  }

  onResponse(tx: ClientTransaction, response: SipMessage, flow: Flow): void {
    const env = this.#env;
    const branch = tx.user as Branch;
    const { ctx } = branch;
    const { status } = response;
    if (branch.throttles) noteOverload(env, branch, response);
    if (status === 100) return;
    // A try that was given up, or a caller with an answer, hears nothing more but 2xx.
    const current = !ctx.answered && branch.open && branch.client === tx;
    // With no Via but ours it is meant for this node (§16.7 step 3): a destination that answers so serves nobody.
    if (response.via(1) === null) {
      env.counters.add('dropped_stray_response_total');
      if (status >= 200 && current) failed(env, branch, 'transport');
      return;
    }
    if (status < 200) {
      if (current) passUp(env, ctx, response, tx, flow.address);
      return;
    }
    if (ctx.inDialog && !ctx.answered) this.#noteEnd(tx, ctx, response);
    if (status < 300) {
      this.#succeeded(branch, tx, response);
      // Each 2xx to an INVITE goes up, late ones of former tries and retransmissions too (§16.7 step 5).
      passUp(env, ctx, response, tx, flow.address);
      // Nobody else must ring on (§16.7 step 10).
      if (tx.invite && ctx.open > 0) cancelOpen(env, ctx, completedElsewhere);
    } else if (current) {
      takeFailure(env, branch, response, tx.expired);
    }
    if (!tx.invite && ctx.answered && ctx.open === 0) forget(tx, ctx);
  }

  #succeeded(branch: Branch, tx: ClientTransaction, response: SipMessage): void {
    const env = this.#env;
    const { ctx, destination, plan } = branch;
    if (branch.client === tx) branch.close(response.status);
    const decision = tx.invite && !ctx.inDialog && plan !== null ? decisionOf(plan, destination) : null;
    if (ctx.media !== null) ctx.media.answered = true;
    if (!ctx.answered) {
      if (tx.invite && !ctx.inDialog) ctx.parties = partiesOf(ctx.request);
      if (tx.method === 'REGISTER') onRegistered(env, branch, ctx.request, response);
      settle(env, ctx);
      if (destination !== null) env.sink.outcome(destination.id, 'ok');
      if (tx.invite && !ctx.inDialog) {
        env.counters.add('invite_answered_total');
        env.counters.add('calls_total');
      }
    }
    if (!tx.invite || ctx.inDialog) return;
    const { callId, fromTag, toTag } = response;
    const dialog = dialogKey(callId, fromTag, toTag);
    if (!ctx.begins(dialog)) return;
    // The INVITE is gone once its caller has another answer.
    if (ctx.parties === '') ctx.parties = partiesOf(response);
    env.calls.add({ dialog, tenant: ctx.tenantId, destination: destination?.id ?? 0, startedMs: env.clock.now(), decision, anchor: anchorOf(env, ctx, tx, response), media: ctx.media?.recorded ?? '', parties: ctx.parties });
  }

  /** RFC 3261 §15.1.1, RFC 5057 §5.1: a BYE that is accepted ends the call, and so does whoever says that there is none. */
  #noteEnd(tx: ClientTransaction, ctx: ProxyContext, { status }: SipMessage): void {
    const { method } = tx;
    const ends = method === 'BYE' ? status < 300 || status === 408 || status === 481 : status === 481 && (method === 'INVITE' || method === 'UPDATE');
    if (ends) this.#callEnded(tx, ctx);
  }

  #callEnded(tx: ClientTransaction, ctx: ProxyContext): void {
    const env = this.#env;
    const { callId, fromTag, toTag } = ctx.request;
    const dialog = dialogKey(callId, fromTag, toTag);
    const entry = env.calls.get(dialog);
    const passage = passageOf(env, ctx, tx, entry?.anchor ?? null);
    ctx.media?.end(env.media);
    if (entry === null) env.neighbours.callEnded(dialog, passage);
    else endCall(env, entry, passage);
  }

  onStrayResponse(response: SipMessage, flow: Flow): void {
    const env = this.#env;
    if (!env.neighbours.takesResponse(response, flow)) takeStray(env, response, flow.address);
  }

  onTimeout(tx: ClientTransaction): void {
    const env = this.#env;
    const branch = tx.user as Branch;
    const { ctx } = branch;
    if (ctx.answered || !branch.open || branch.client !== tx) return;
    if (tx.method === 'BYE' && ctx.inDialog) this.#callEnded(tx, ctx);
    failed(env, branch, 'timeout', tx.provisional);
  }

  onTransportError(tx: ClientTransaction, detail: string): void {
    const branch = tx.user as Branch;
    if (branch.ctx.answered || !branch.open || branch.client !== tx) return;
    branch.ctx.media?.missed(0);
    if (!reconnect(this.#env, branch, detail)) failed(this.#env, branch, 'transport');
  }

  onServerEnd(tx: ServerTransaction): void {
    tx.user = null;
  }

  onClientEnd(tx: ClientTransaction): void {
    const branch = tx.user;
    tx.user = null;
    if (!(branch instanceof Branch) || branch.client !== tx) return;
    branch.client = null;
    branch.unload();
    // Another request with the same identity took its place: nobody would ever answer this one.
    if (branch.open) answer(this.#env, branch.ctx, internalError);
  }

  /** A full table: 503 without a transaction tells the caller to go elsewhere. */
  onOverload(request: SipMessage, flow: Flow): void {
    const env = this.#env;
    env.counters.add('refused_overload_total');
    replyStateless(env, request, flow, serviceUnavailable);
  }
}
