import { TimerNode } from '../runtime/timer-wheel.ts';
import { ownBounds } from '../sip/bounds.ts';
import { parseMessage } from '../sip/parse.ts';
import type { SipMessage } from '../sip/message.ts';
import type { Flow, SendOwner, Target } from '../transport/flow.ts';
import { never } from './context.ts';
import type { TransactionContext } from './context.ts';
import { buildAck, buildCancel } from './generated.ts';
import { inviteClientEvent, inviteClientState, stepInviteClient } from './invite-client.ts';
import type { Keyed, KeyMaker } from './keys.ts';
import { nonInviteClientEvent, nonInviteClientState, stepNonInviteClient } from './non-invite-client.ts';
import { effect, stateMask } from './step.ts';

const I = inviteClientEvent;
const N = nonInviteClientEvent;
/** RFC 3261 §16.6 step 11: timer C is longer than three minutes. */
const timerCMs = 181_000;

/** How long the user waits for one request, in milliseconds; 0 = the RFC's own value. */
export interface RequestTimeouts {
  /** Until the first provisional of an INVITE, or the final response of anything else (64·T1). */
  readonly frMs: number;
  /** INVITE: from each provisional but 100 until it is cancelled (timer C, 181 s). */
  readonly frInviteMs: number;
}

/** The shell round one client machine, INVITE or not: runs the effects of its steps, makes ACK and CANCEL. */
export class ClientTransaction extends TimerNode implements SendOwner, Keyed<ClientTransaction> {
  readonly invite: boolean;
  readonly method: string;
  /** The whole branch of the Via we sent. */
  readonly branch: string;
  readonly target: Target;
  /** Free for the transaction user. */
  user: unknown;

  /** @internal */ readonly keyFirst: number;
  /** @internal */ readonly keySecond: number;
  /** @internal */ nextInBucket: ClientTransaction | null = null;
  /** @internal Our own CANCEL: nothing of it goes up. */ readonly internal: boolean;
  /** @internal */ cancelReason = '';
  readonly #context: TransactionContext;
  readonly #timeouts: RequestTimeouts;
  #state = 0;
  #status = 0;
  #provisional = false;
  #expired = false;
  #cancelled = false;
  #cancelSent = false;
  #ended = false;
  /** The request; '' once it is not needed any more. */
  #text: string;
  #ack = '';
  #retransmitTick = never;
  #deadlineTick: number;
  #interval = 0;

  constructor(context: TransactionContext, key: KeyMaker, user: unknown, method: string, branch: string, text: string, target: Target, timeouts: RequestTimeouts, internal: boolean) {
    super();
    this.#context = context;
    this.keyFirst = key.first;
    this.keySecond = key.second;
    this.user = user;
    this.method = method;
    this.invite = method === 'INVITE';
    this.branch = branch;
    this.target = target;
    this.internal = internal;
    this.#text = text;
    this.#timeouts = timeouts;
    const { wheel, times } = context;
    this.#nextRetransmission();
    this.#deadlineTick = wheel.tickAfter(timeouts.frMs > 0 ? timeouts.frMs : times.life);
    this.#arm();
  }

  /** A provisional response has come. */
  get provisional(): boolean {
    return this.#provisional;
  }

  /** Status of the last response that came; 0 = none. */
  get status(): number {
    return this.#status;
  }

  /** Its time is over: timer C has cancelled it, or the user has been told of a time-out. */
  get expired(): boolean {
    return this.#expired;
  }

  /** CANCEL was asked for. */
  get cancelled(): boolean {
    return this.#cancelled;
  }

  /** A final response has come. */
  get final(): boolean {
    return this.#status >= 200;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** State number of the machine, for inspection. */
  get state(): number {
    return this.#state;
  }

  /** @internal */
  received(response: SipMessage, flow: Flow): void {
    const { status } = response;
    let step: number;
    if (this.invite) {
      const event = status >= 300 ? I.failure : status >= 200 ? I.success : status === 100 ? I.trying : I.provisional;
      step = stepInviteClient(this.#state, event);
    } else {
      step = stepNonInviteClient(this.#state, status >= 200 ? N.final : N.provisional);
    }
    if (status < 200) this.#provisional = true;
    else if (this.#status >= 200) this.#context.counters.retransmissionsIn++;
    if (status >= this.#status || this.#status < 200) this.#status = status;
    this.#run(step, response, flow, '');
  }

  /** @internal Asks for a CANCEL; it leaves as soon as a provisional response allows it (RFC 3261 §9.1). */
  cancel(reason: string): void {
    if (!this.invite || this.#cancelled || this.#ended || this.final) return;
    this.#cancelled = true;
    this.cancelReason = reason;
    this.#run(stepInviteClient(this.#state, I.cancel), null, null, '');
  }

  /** Of `SendOwner`. */
  get awaiting(): boolean {
    return this.#status === 0 && !this.#ended;
  }

  /** Of `SendOwner`: the request, or the ACK, could not be sent. */
  sendFailed(detail: string): void {
    if (this.#ended) return;
    this.#context.counters.transportErrors++;
    const step = this.invite ? stepInviteClient(this.#state, I.transportError) : stepNonInviteClient(this.#state, N.transportError);
    this.#run(step, null, null, detail);
  }

  /** @internal Text of this INVITE's CANCEL; '' when the INVITE cannot be read back. */
  cancelText(): string {
    const invite = this.#parsed();
    return invite === null ? '' : buildCancel(invite, this.cancelReason);
  }

  /** @internal */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#text = '';
    this.#ack = '';
    this.#context.wheel.disarm(this);
    this.#context.clientEnded(this);
  }

  override fire(tick: number): void {
    if (this.#deadlineTick !== never && this.#deadlineTick <= tick) {
      this.#deadlineTick = never;
      if (this.#state === inviteClientState.proceeding && this.invite) this.#expired = true;
      this.#run(this.invite ? stepInviteClient(this.#state, I.deadline) : stepNonInviteClient(this.#state, N.deadline), null, null, '');
    } else if (this.#retransmitTick !== never && this.#retransmitTick <= tick) {
      this.#retransmitTick = never;
      this.#run(this.invite ? stepInviteClient(this.#state, I.retransmit) : stepNonInviteClient(this.#state, N.retransmit), null, null, '');
    }
    if (!this.#ended && !this.armed) this.#arm();
  }

  #run(step: number, response: SipMessage | null, flow: Flow | null, detail: string): void {
    const state = step & stateMask;
    const entered = state !== this.#state;
    this.#state = state;
    if (step === state) return;
    const { sender, user, counters } = this.#context;
    if ((step & effect.resend) !== 0) {
      counters.retransmissionsOut++;
      sender.send(this.target, this.#text, this);
    }
    if ((step & effect.ack) !== 0 && response !== null) this.#acknowledge(response);
    if ((step & effect.cancel) !== 0) this.#cancelNow();
    if ((step & effect.release) !== 0) this.#text = '';
    if ((step & (effect.quiet | effect.retransmit | effect.deadline)) !== 0) this.#setTimers(step, state);
    if (entered && this.#cancelled && this.invite && state === inviteClientState.proceeding) this.#run(stepInviteClient(state, I.cancel), null, null, '');
    // The user comes last: it may call the layer, and this transaction, again.
    if ((step & effect.deliver) !== 0) {
      if (response !== null && flow !== null && !this.internal) user.onResponse(this, response, flow);
    } else if ((step & effect.timeout) !== 0) {
      counters.timeouts++;
      this.#expired = true;
      if (!this.internal) user.onTimeout(this);
    } else if ((step & effect.failed) !== 0 && !this.internal) {
      user.onTransportError(this, detail);
    }
    if ((step & effect.end) !== 0) this.end();
  }

  #setTimers(step: number, state: number): void {
    if ((step & effect.quiet) !== 0) this.#retransmitTick = never;
    if ((step & effect.retransmit) !== 0) this.#nextRetransmission();
    if ((step & effect.deadline) !== 0) this.#deadlineTick = this.#context.wheel.tickAfter(this.#deadlineMs(state));
    this.#arm();
  }

  #deadlineMs(state: number): number {
    const { life, t4 } = this.#context.times;
    const reliable = this.target.transport !== 'udp';
    if (!this.invite) return reliable ? 0 : t4;
    if (state === inviteClientState.proceeding) return this.#timeouts.frInviteMs > 0 ? this.#timeouts.frInviteMs : timerCMs;
    return state === inviteClientState.completed && reliable ? 0 : life;
  }

  /** Timer A doubles without bound; timer E up to T2, which is also its step once a provisional has come. */
  #nextRetransmission(): void {
    if (this.target.transport !== 'udp') return;
    const { t1, t2 } = this.#context.times;
    const next = this.#interval === 0 ? t1 : 2 * this.#interval;
    if (this.invite) this.#interval = next;
    else this.#interval = this.#state === nonInviteClientState.proceeding ? t2 : Math.min(next, t2);
    this.#retransmitTick = this.#context.wheel.tickAfter(this.#interval);
  }

  #acknowledge(response: SipMessage): void {
    if (this.#ack === '') {
      const invite = this.#parsed();
      if (invite === null) return;
      this.#ack = buildAck(invite, response);
    }
    this.#context.sender.send(this.target, this.#ack, this);
  }

  #cancelNow(): void {
    if (this.#cancelSent) return;
    this.#cancelled = true;
    this.#cancelSent = true;
    this.#context.sendCancel(this);
  }

  #parsed(): SipMessage | null {
    const outcome = parseMessage(this.#text, ownBounds);
    return outcome.ok ? outcome.message : null;
  }

  #arm(): void {
    const a = this.#retransmitTick;
    const b = this.#deadlineTick;
    const next = a === never || (b !== never && b < a) ? b : a;
    if (next === never) this.#context.wheel.disarm(this);
    else this.#context.wheel.armTick(this, next);
  }
}
