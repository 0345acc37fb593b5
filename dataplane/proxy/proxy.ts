/** The stateful proxy core (RFC 3261 §16): the transaction layer's user. Ties pipeline, relay and responses together. */
import type { SipMessage } from '../sip/message.ts';
import type { ClientTransaction } from '../transaction/client.ts';
import type { ServerTransaction } from '../transaction/server.ts';
import type { TransactionUser } from '../transaction/user.ts';
import type { Flow } from '../transport/flow.ts';
import { ProxyContext, settle } from './context.ts';
import type { ProxyEnvironment } from './environment.ts';
import { runPipeline } from './pipeline.ts';
import { failed, relay, takeFailure } from './relay.ts';
import { passResponse, replyStateless, sendReply, takeStray } from './responses.ts';
import { reply, serviceUnavailable } from './verdict.ts';

const ok = reply(200, 'OK');
const noSuchTransaction = reply(481, 'Call/Transaction Does Not Exist');
const requestTerminated = reply(487, 'Request Terminated');

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
    const verdict = runPipeline(ctx, env);
    if (verdict === 'relay') {
      if (request.method === 'BYE') env.calls.remove(request.callId);
      relay(env, ctx);
    } else if (verdict === 'drop') {
      settle(env, ctx);
      env.layer.drop(tx);
    } else if (typeof verdict === 'object') {
      settle(env, ctx);
      sendReply(env, tx, request, flow, verdict);
    }
  }

  /** RFC 3261 §16.10: 200 for the CANCEL, and the INVITE's pending attempt is cancelled. */
  onCancel(cancel: ServerTransaction, request: SipMessage, flow: Flow, invite: ServerTransaction | null): void {
    const env = this.#env;
    const ctx = invite?.user;
    if (!(ctx instanceof ProxyContext)) {
      sendReply(env, cancel, request, flow, noSuchTransaction);
      return;
    }
    sendReply(env, cancel, request, flow, ok);
    if (ctx.answered || ctx.tx === null) return;
    ctx.cancelled = true;
    if (ctx.client !== null && !ctx.client.ended) {
      env.layer.cancel(ctx.client, request.header('reason') ?? '');
    } else {
      settle(env, ctx);
      sendReply(env, ctx.tx, ctx.request, ctx.flow, requestTerminated);
    }
  }

  /** The ACK of a 2xx goes the way of the dialog, without a transaction. */
  onAck(request: SipMessage, flow: Flow): void {
    if (request.toTag === '') return;
    const ctx = new ProxyContext(null, request, flow);
    if (runPipeline(ctx, this.#env) === 'relay') relay(this.#env, ctx);
  }

  onResponse(tx: ClientTransaction, response: SipMessage): void {
    const env = this.#env;
    const ctx = tx.user as ProxyContext;
    const { status } = response;
    if (status === 100) return;
    if (status < 200) {
      // A branch that was given up, or a caller with an answer, hears nothing more.
      if (!ctx.answered && ctx.client === tx) passResponse(env, ctx, response);
      return;
    }
    if (status < 300) {
      if (!ctx.answered) this.#answered(ctx);
      // Each 2xx to an INVITE goes up, late ones of former attempts and retransmissions too (§16.7 step 5).
      passResponse(env, ctx, response);
      return;
    }
    if (!ctx.answered && ctx.client === tx) takeFailure(env, ctx, response);
  }

  #answered(ctx: ProxyContext): void {
    const env = this.#env;
    settle(env, ctx);
    const { destination, request } = ctx;
    if (destination !== null) env.sink.outcome(destination.id, 'ok');
    if (request.method !== 'INVITE' || ctx.inDialog) return;
    env.counters.add('invite_answered_total');
    env.counters.add('calls_total');
    env.calls.add({ callId: request.callId, tenant: ctx.tenantId, destination: destination?.id ?? 0, startedMs: env.clock.now() });
  }

  onStrayResponse(response: SipMessage): void {
    takeStray(this.#env, response);
  }

  onTimeout(tx: ClientTransaction): void {
    const ctx = tx.user as ProxyContext;
    if (!ctx.answered && ctx.client === tx) failed(this.#env, ctx, 'timeout', tx.provisional);
  }

  onTransportError(tx: ClientTransaction): void {
    const ctx = tx.user as ProxyContext;
    if (!ctx.answered && ctx.client === tx) failed(this.#env, ctx, 'transport');
  }

  onServerEnd(tx: ServerTransaction): void {
    tx.user = null;
  }

  onClientEnd(tx: ClientTransaction): void {
    const ctx = tx.user;
    if (ctx instanceof ProxyContext && ctx.client === tx) ctx.client = null;
    tx.user = null;
  }

  /** A full table: 503 without a transaction tells the caller to go elsewhere. */
  onOverload(request: SipMessage, flow: Flow): void {
    const env = this.#env;
    env.counters.add('refused_overload_total');
    replyStateless(env, request, serviceUnavailable.status, serviceUnavailable.reason, flow, serviceUnavailable.headers);
  }
}
