import { TimerNode } from '../runtime/timer-wheel.ts';
import { parseMessage } from '../sip/parse.ts';
import type { SipMessage } from '../sip/message.ts';
import type { Flow, Target } from '../transport/flow.ts';
import { never } from './context.ts';
import type { TransactionContext } from './context.ts';
import { inviteServerEvent, inviteServerState, stepInviteServer } from './invite-server.ts';
import type { Keyed, KeyMaker } from './keys.ts';
import { nonInviteServerEvent, nonInviteServerState, stepNonInviteServer } from './non-invite-server.ts';
import { effect, stateMask } from './step.ts';

const I = inviteServerEvent;
const N = nonInviteServerEvent;

/**
 * The shell round one server machine, INVITE or not: runs the effects of its steps. One timer node
 * serves both of its timers, armed for the nearer.
 */
export class ServerTransaction extends TimerNode implements Keyed<ServerTransaction> {
  readonly invite: boolean;
  readonly method: string;
  /** How the request came. */
  readonly flow: Flow;
  /** Where responses go (RFC 3261 §18.2.2, RFC 3581). */
  readonly target: Target;
  /** Host that knows more of where to respond, should the connection be gone; '' = none (see lost-response.ts). */
  readonly rescuingHost: string;
  /** Free for the transaction user. */
  user: unknown = null;

  /** @internal */ readonly keyFirst: number;
  /** @internal */ readonly keySecond: number;
  /** @internal */ nextInBucket: ServerTransaction | null = null;
  /** @internal Matched by the rules of RFC 2543: its ACK must carry the To tag of our response. */ readonly legacy: boolean;
  /** @internal */ responseTag = '';
  readonly #context: TransactionContext;
  #state = 0;
  #status = 0;
  #ended = false;
  /** Kept until the first response, for our own 100. */
  #request: SipMessage | null;
  /** The response that answers retransmissions, '' = none. */
  #last = '';
  #retransmitTick = never;
  #deadlineTick = never;
  #interval = 0;

  constructor(context: TransactionContext, key: KeyMaker, legacy: boolean, request: SipMessage, flow: Flow, target: Target, rescuingHost = '') {
    super();
    this.#context = context;
    this.keyFirst = key.first;
    this.keySecond = key.second;
    this.legacy = legacy;
    this.invite = request.method === 'INVITE';
    this.method = request.method;
    this.flow = flow;
    this.target = target;
    this.rescuingHost = rescuingHost;
    this.#request = request;
    const { wheel, times } = context;
    if (this.invite) this.#retransmitTick = wheel.tickAfter(times.inviteTrying);
    else if (flow.transport === 'udp') this.#retransmitTick = wheel.tickAfter(times.nonInviteTrying);
    if (this.#retransmitTick !== never) wheel.armTick(this, this.#retransmitTick);
  }

  /** Status of the last response sent, also of our own 100; 0 = none yet. */
  get status(): number {
    return this.#status;
  }

  /** A final response is out, or none will ever be. */
  get final(): boolean {
    return this.invite ? this.#state !== inviteServerState.proceeding : this.#state >= nonInviteServerState.completed;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** State number of the machine, for inspection. */
  get state(): number {
    return this.#state;
  }

  /** @internal The request came again. */
  repeated(): void {
    this.#context.counters.retransmissionsIn++;
    this.#run(this.invite ? stepInviteServer(this.#state, I.request) : stepNonInviteServer(this.#state, N.request), '', 0);
  }

  /** @internal An ACK matches this INVITE; true = it acknowledges a 2xx and belongs to the user. */
  acknowledged(): boolean {
    const step = stepInviteServer(this.#state, I.ack);
    this.#run(step, '', 0);
    return (step & effect.deliver) !== 0;
  }

  /** @internal */
  respond(text: string, status: number): void {
    if (this.#ended) return;
    if (this.invite) {
      if (this.legacy && status >= 300 && !this.final) this.responseTag = tagOfResponse(text);
      const event = status < 200 ? I.provisional : status < 300 ? I.success : I.failure;
      this.#run(stepInviteServer(this.#state, event), text, status);
      return;
    }
    // RFC 4320: the only provisional is our own late 100, and 408 is never sent.
    if (status < 200) return;
    this.#run(stepNonInviteServer(this.#state, status === 408 ? N.silence : N.final), text, status);
  }

  /** @internal No answer will come. */
  abandon(): void {
    if (this.#ended) return;
    if (this.invite) this.end();
    else this.#run(stepNonInviteServer(this.#state, N.silence), '', 0);
  }

  /** @internal */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#last = '';
    this.#request = null;
    this.#context.wheel.disarm(this);
    this.#context.serverEnded(this);
  }

  override fire(tick: number): void {
    if (this.#deadlineTick !== never && this.#deadlineTick <= tick) {
      this.#deadlineTick = never;
      this.#run(this.invite ? stepInviteServer(this.#state, I.deadline) : stepNonInviteServer(this.#state, N.deadline), '', 0);
    } else if (this.#retransmitTick !== never && this.#retransmitTick <= tick) {
      this.#retransmitTick = never;
      this.#run(this.invite ? stepInviteServer(this.#state, I.retransmit) : stepNonInviteServer(this.#state, N.retransmit), '', 0);
    }
    if (!this.#ended && !this.armed) this.#arm();
  }

  #run(step: number, text: string, status: number): void {
    const state = step & stateMask;
    this.#state = state;
    if (step === state) return;
    const context = this.#context;
    const { sender, times } = context;
    if ((step & effect.send) !== 0) {
      this.#status = status;
      if ((step & effect.keep) !== 0) this.#last = text;
      sender.send(this.target, text, this.rescuingHost === '' ? null : context.rescue(this, text));
    } else if ((step & effect.resend) !== 0) {
      if (this.#last !== '') {
        context.counters.retransmissionsOut++;
        sender.send(this.target, this.#last, null);
      }
    } else if ((step & effect.trying) !== 0 && this.#request !== null) {
      this.#status = 100;
      this.#last = context.trying(this.#request, this.flow);
      sender.send(this.target, this.#last, null);
    }
    if ((step & effect.release) !== 0) this.#last = '';
    if (this.#status !== 0 || (step & effect.release) !== 0) this.#request = null;
    if ((step & effect.end) !== 0) {
      this.end();
      return;
    }
    const timers = step & (effect.quiet | effect.retransmit | effect.deadline);
    if (timers === 0) return;
    if ((step & effect.quiet) !== 0) this.#retransmitTick = never;
    if ((step & effect.retransmit) !== 0) this.#nextRetransmission(times.t1, times.t2);
    if ((step & effect.deadline) !== 0) this.#deadlineTick = context.wheel.tickAfter(this.#deadlineMs(state));
    this.#arm();
  }

  /** Timer G: T1, doubling up to T2; not over reliable transports. */
  #nextRetransmission(t1: number, t2: number): void {
    if (this.target.transport !== 'udp') {
      this.#retransmitTick = never;
      return;
    }
    this.#interval = this.#interval === 0 ? t1 : Math.min(2 * this.#interval, t2);
    this.#retransmitTick = this.#context.wheel.tickAfter(this.#interval);
  }

  /** L and H are 64·T1 everywhere; I and J only wait where the network can repeat messages. */
  #deadlineMs(state: number): number {
    const { life, t4 } = this.#context.times;
    if (this.invite && state !== inviteServerState.confirmed) return life;
    if (this.target.transport !== 'udp') return 0;
    return this.invite ? t4 : life;
  }

  #arm(): void {
    const a = this.#retransmitTick;
    const b = this.#deadlineTick;
    const next = a === never || (b !== never && b < a) ? b : a;
    if (next === never) this.#context.wheel.disarm(this);
    else this.#context.wheel.armTick(this, next);
  }
}

function tagOfResponse(text: string): string {
  const outcome = parseMessage(text);
  return outcome.ok ? outcome.message.toTag : '';
}
