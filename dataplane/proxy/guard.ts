/** The guard round the proxy: whatever throws on the way of one message is given up, and the caller hears a 500. */
import type { SipMessage } from '../sip/message.ts';
import type { ClientTransaction } from '../transaction/client.ts';
import type { ServerTransaction } from '../transaction/server.ts';
import type { TransactionUser } from '../transaction/user.ts';
import type { Flow } from '../transport/flow.ts';
import { Branch } from './branch.ts';
import { cancelOpen } from './cancel.ts';
import { ProxyContext, settle } from './context.ts';
import type { ProxyEnvironment } from './environment.ts';
import { refuse } from './responses.ts';
import { reply } from './verdict.ts';

const internalError = reply(500, 'Server Internal Error');

export class Guard implements TransactionUser {
  readonly #user: TransactionUser;
  #env!: ProxyEnvironment;

  constructor(user: TransactionUser) {
    this.#user = user;
  }

  serve(env: ProxyEnvironment): void {
    this.#env = env;
  }

  onRequest(tx: ServerTransaction, request: SipMessage, flow: Flow): void {
    try {
      this.#user.onRequest(tx, request, flow);
    } catch (error) {
      this.#giveUp('request', error, tx, request, flow);
    }
  }

  onCancel(cancel: ServerTransaction, request: SipMessage, flow: Flow, invite: ServerTransaction | null): void {
    try {
      this.#user.onCancel(cancel, request, flow, invite);
    } catch (error) {
      this.#giveUp('cancel', error, cancel, request, flow);
    }
  }

  onAck(request: SipMessage, flow: Flow): void {
    try {
      this.#user.onAck(request, flow);
    } catch (error) {
      this.#env.fault('ack', error);
    }
  }

  onResponse(tx: ClientTransaction, response: SipMessage, flow: Flow): void {
    try {
      this.#user.onResponse(tx, response, flow);
    } catch (error) {
      this.#fail('response', error, tx);
    }
  }

  onStrayResponse(response: SipMessage, flow: Flow): void {
    try {
      this.#user.onStrayResponse(response, flow);
    } catch (error) {
      this.#env.fault('stray response', error);
    }
  }

  onTimeout(tx: ClientTransaction): void {
    try {
      this.#user.onTimeout(tx);
    } catch (error) {
      this.#fail('time-out', error, tx);
    }
  }

  onTransportError(tx: ClientTransaction, detail: string): void {
    try {
      this.#user.onTransportError(tx, detail);
    } catch (error) {
      this.#fail('transport error', error, tx);
    }
  }

  onServerEnd(tx: ServerTransaction): void {
    this.#user.onServerEnd(tx);
  }

  onClientEnd(tx: ClientTransaction): void {
    try {
      this.#user.onClientEnd(tx);
    } catch (error) {
      this.#env.fault('end of a client transaction', error);
    }
  }

  onOverload(request: SipMessage, flow: Flow): void {
    try {
      this.#user.onOverload(request, flow);
    } catch (error) {
      this.#env.fault('overload', error);
    }
  }

  #giveUp(where: string, error: unknown, tx: ServerTransaction, request: SipMessage, flow: Flow): void {
    const env = this.#env;
    env.fault(where, error);
    try {
      const ctx: unknown = tx.user;
      if (ctx instanceof ProxyContext) settle(env, ctx);
      if (!tx.ended) refuse(env, tx, request, flow, internalError);
      if (ctx instanceof ProxyContext && ctx.open > 0) cancelOpen(env, ctx, '');
    } catch (second) {
      env.fault('answer to a fault', second);
      env.layer.drop(tx);
    }
  }

  /** The request of a branch that failed gets its answer, too: a transaction without one would stay for ever. */
  #fail(where: string, error: unknown, tx: ClientTransaction): void {
    const branch: unknown = tx.user;
    const ctx = branch instanceof Branch ? branch.ctx : null;
    if (ctx === null || ctx.answered || ctx.tx === null) {
      this.#env.fault(where, error);
      return;
    }
    this.#giveUp(where, error, ctx.tx, ctx.request, ctx.flow);
  }
}
