import type { TimerWheel } from '../runtime/timer-wheel.ts';
import { H } from '../sip/header-names.ts';
import type { SipMessage } from '../sip/message.ts';
import { buildResponse } from '../sip/responses.ts';
import type { Via } from '../sip/via.ts';
import type { Flow, MessageSender, SendOwner, Target } from '../transport/flow.ts';
import { rescuingHost } from '../transport/lost-response.ts';
import { responseTarget } from '../transport/response-target.ts';
import { ClientTransaction } from './client.ts';
import type { RequestTimeouts } from './client.ts';
import type { TransactionContext, TransactionCounters } from './context.ts';
import type { Elsewhere } from './elsewhere.ts';
import { KeyMaker } from './keys.ts';
import type { KeySecrets } from './keys.ts';
import { ServerTransaction } from './server.ts';
import { TransactionTable } from './table.ts';
import { defaultTimers, nonInviteTryingMs, transactionLifeMs } from './timer-values.ts';
import type { TimerValues } from './timer-values.ts';
import type { TransactionUser } from './user.ts';

export interface LayerOptions {
  readonly timers?: TimerValues;
  /** New requests above either cap go to `onOverload`. */
  readonly maxServers?: number;
  readonly maxClients?: number;
  /** Answer over UDP to the source port even when the request did not ask for it by rport (RFC 3581). */
  readonly forceRport?: boolean;
  /** Random when absent. */
  readonly keySecrets?: KeySecrets;
  /** Hears should a response to a host that DNS knows more of not get through (RFC 3263 §5). */
  readonly rescue?: (target: Target, host: string, text: string) => SendOwner;
}

const cancelTimeouts: RequestTimeouts = { frMs: 0, frInviteMs: 0 };

/**
 * The transaction layer of one worker: finds the transaction of each message (RFC 3261 §17.1.3, §17.2.3),
 * makes new ones, runs their machines and timers, and tells its user, the proxy, what is new.
 *
 * Nothing of the user is called from inside `respond`, `abandon`, `drop`, `request` or `cancel`, except
 * `onServerEnd` from `drop` (and `abandon` of an INVITE).
 */
export class TransactionLayer {
  readonly counters: TransactionCounters = {
    retransmissionsIn: 0, retransmissionsOut: 0, timeouts: 0, transportErrors: 0, strays: 0, overloads: 0,
  };
  /** Who else has transactions of this node; null = nobody. */
  elsewhere: Elsewhere | null = null;
  readonly #user: TransactionUser;
  readonly #sender: MessageSender;
  readonly #context: TransactionContext;
  readonly #key: KeyMaker;
  readonly #servers: TransactionTable<ServerTransaction>;
  readonly #clients: TransactionTable<ClientTransaction>;
  readonly #maxServers: number;
  readonly #maxClients: number;
  readonly #forceRport: boolean;

  constructor(sender: MessageSender, wheel: TimerWheel, user: TransactionUser, options: LayerOptions = {}) {
    const timers = options.timers ?? defaultTimers;
    this.#user = user;
    this.#sender = sender;
    this.#maxServers = options.maxServers ?? 200_000;
    this.#maxClients = options.maxClients ?? 400_000;
    this.#forceRport = options.forceRport ?? false;
    this.#key = new KeyMaker(options.keySecrets ?? randomSecrets());
    this.#servers = new TransactionTable(this.#maxServers);
    this.#clients = new TransactionTable(this.#maxClients);
    this.#context = {
      sender,
      wheel,
      user,
      counters: this.counters,
      times: {
        t1: timers.t1Ms,
        t2: timers.t2Ms,
        t4: timers.t4Ms,
        life: transactionLifeMs(timers),
        inviteTrying: timers.tryingMs,
        nonInviteTrying: nonInviteTryingMs(timers),
      },
      trying: (request, flow) => buildResponse(request, 100, 'Trying', { source: flow, headers: this.#timestampLine(request) }),
      rescue: (tx, text) => options.rescue?.(tx.target, tx.rescuingHost, text) ?? null,
      serverEnded: (tx) => {
        this.#servers.remove(tx);
        if (this.elsewhere !== null) this.elsewhere.closed(tx.keyFirst, tx.keySecond);
        user.onServerEnd(tx);
      },
      clientEnded: (tx) => {
        this.#clients.remove(tx);
        if (!tx.internal) user.onClientEnd(tx);
      },
      sendCancel: (tx) => this.#sendCancel(tx),
    };
  }

  /** Server transactions that exist, those that only absorb retransmissions included. */
  get serverCount(): number {
    return this.#servers.size;
  }

  get clientCount(): number {
    return this.#clients.size;
  }

  /** The keys of all server transactions, two words each. */
  serverKeys(): Int32Array {
    return this.#servers.keys();
  }

  /** Takes in one parsed message; a request without a Via that can be read is dropped. */
  receive(message: SipMessage, flow: Flow): void {
    const via = message.topVia;
    if (via === null) return;
    if (!message.isRequest) this.#receiveResponse(message, via, flow);
    else if (message.method === 'ACK') this.#receiveAck(message, via, flow);
    else this.#receiveRequest(message, via, flow);
  }

  /**
   * Answers a request. `text` is the complete response and `status` its code; it goes to `tx.target`. Swallowed: a 1xx to
   * a non-INVITE and its 408 (RFC 4320; the latter ends the wait like `abandon`), and whatever comes behind a final
   * response, except further 2xx to an INVITE (RFC 3261 §16.7 step 5).
   */
  respond(tx: ServerTransaction, text: string, status: number): void {
    tx.respond(text, status);
  }

  /**
   * Gives a request up without an answer, where 408 would be if RFC 4320 allowed it: a non-INVITE absorbs
   * retransmissions for 64·T1 and ends; an INVITE ends at once.
   */
  abandon(tx: ServerTransaction): void {
    tx.abandon();
  }

  /** Forgets a request at once, as if it had never come: silence towards scanners costs no memory. */
  drop(tx: ServerTransaction): void {
    tx.end();
  }

  /**
   * Sends a request (not ACK) in a new client transaction.
   * @param user goes to `tx.user`.
   * @param branch the whole branch value of the top Via in `text`; a transaction that still holds it is ended first.
   * @param text the complete request.
   */
  request(user: unknown, method: string, branch: string, text: string, target: Target, timeouts: RequestTimeouts): ClientTransaction {
    return this.#start(user, method, branch, text, target, timeouts, false);
  }

  /**
   * Cancels an INVITE that has no final response: makes and sends CANCEL as soon as a provisional has come (RFC 3261
   * §9.1). Without a final response 64·T1 after that, `onTimeout` follows. Anything else is left alone.
   * @param reason value of a Reason header (RFC 3326), '' = none.
   */
  cancel(tx: ClientTransaction, reason = ''): void {
    tx.cancel(reason);
  }

  /** The client transaction of a branch, CANCEL excepted. */
  find(branch: string): ClientTransaction | null {
    this.#key.ofBranch(branch, 0, branch.length, false);
    return this.#clients.find(this.#key);
  }

  /** Whether the request with that top Via and method has had its final answer lately; one of RFC 2543 is not found. */
  hasAnswered(via: Via, method: string): boolean {
    if (!via.hasCookie) return false;
    this.#key.ofCookie(via, method);
    const tx = this.#servers.find(this.#key);
    return tx !== null && tx.status >= 200;
  }

  #receiveRequest(request: SipMessage, via: Via, flow: Flow): void {
    const { method } = request;
    const key = this.#key;
    let invite: ServerTransaction | null = null;
    if (method === 'CANCEL') {
      key.ofRequest(request, via, 'INVITE');
      invite = this.#servers.find(key);
    }
    key.ofRequest(request, via, method);
    const known = this.#servers.find(key);
    if (known !== null) {
      known.repeated();
      return;
    }
    if (this.elsewhere !== null && invite === null && this.#taken(request, via, flow, this.elsewhere)) return;
    // The CANCEL of a known INVITE passes the cap: it sets memory free.
    if (invite === null && (this.#servers.size >= this.#maxServers || this.#clients.size >= this.#maxClients)) {
      this.counters.overloads++;
      this.#user.onOverload(request, flow);
      return;
    }
    const target = responseTarget(via, flow, this.#forceRport);
    const tx = new ServerTransaction(this.#context, key, !via.hasCookie, request, flow, target, rescuingHost(via, flow));
    this.#servers.add(tx);
    if (this.elsewhere !== null) this.elsewhere.opened(tx.keyFirst, tx.keySecond);
    if (method === 'CANCEL') this.#user.onCancel(tx, request, flow, invite);
    else this.#user.onRequest(tx, request, flow);
  }

  /** Whether another layer has this request's transaction, or the one that a CANCEL means. */
  #taken(request: SipMessage, via: Via, flow: Flow, elsewhere: Elsewhere): boolean {
    const key = this.#key;
    if (request.method === 'CANCEL') {
      key.ofRequest(request, via, 'INVITE');
      if (elsewhere.takes(key.first, key.second, request, flow)) return true;
      key.ofRequest(request, via, 'CANCEL');
    }
    return elsewhere.takes(key.first, key.second, request, flow);
  }

  #receiveAck(ack: SipMessage, via: Via, flow: Flow): void {
    const tx = via.hasCookie ? this.#cookieInvite(via) : this.#legacyInvite(ack, via);
    if (tx === null && this.elsewhere !== null && this.#ackTaken(ack, via, flow, this.elsewhere)) return;
    if (tx === null || tx.acknowledged()) this.#user.onAck(ack, flow);
  }

  #ackTaken(ack: SipMessage, via: Via, flow: Flow, elsewhere: Elsewhere): boolean {
    const key = this.#key;
    if (via.hasCookie) key.ofCookie(via, 'INVITE');
    else key.ofLegacy(ack, via, 'INVITE', '');
    return elsewhere.takes(key.first, key.second, ack, flow);
  }

  #cookieInvite(via: Via): ServerTransaction | null {
    this.#key.ofCookie(via, 'INVITE');
    return this.#servers.find(this.#key);
  }

  /** RFC 3261 §17.2.3: the ACK's To tag is that of the response; the INVITE had that one (in a dialog) or none. */
  #legacyInvite(ack: SipMessage, via: Via): ServerTransaction | null {
    const tag = ack.toTag;
    for (const inviteTag of ['', tag]) {
      this.#key.ofLegacy(ack, via, 'INVITE', inviteTag);
      const tx = this.#servers.find(this.#key);
      if (tx !== null) return tx.responseTag === tag ? tx : null;
    }
    return null;
  }

  #receiveResponse(response: SipMessage, via: Via, flow: Flow): void {
    const method = response.cseqMethod;
    this.#key.ofBranch(via.raw, via.branchStart, via.branchEnd, method === 'CANCEL');
    const tx = this.#clients.find(this.#key);
    if (tx === null || tx.method !== method) {
      this.counters.strays++;
      this.#user.onStrayResponse(response, flow);
      return;
    }
    tx.received(response, flow);
  }

  /** RFC 3261 §8.2.6.1: a 100 gives the Timestamp back, with how long it waited in seconds. */
  #timestampLine(request: SipMessage): string {
    if (!request.has(H.timestamp)) return '';
    const { inviteTrying, nonInviteTrying } = this.#context.times;
    return `Timestamp: ${request.header('timestamp') ?? ''} ${(request.method === 'INVITE' ? inviteTrying : nonInviteTrying) / 1_000}\r\n`;
  }

  #start(user: unknown, method: string, branch: string, text: string, target: Target, timeouts: RequestTimeouts, internal: boolean): ClientTransaction {
    const key = this.#key;
    key.ofBranch(branch, 0, branch.length, method === 'CANCEL');
    const holder = this.#clients.find(key);
    if (holder !== null) {
      holder.end();
      key.ofBranch(branch, 0, branch.length, method === 'CANCEL');
    }
    const tx = new ClientTransaction(this.#context, key, user, method, branch, text, target, timeouts, internal);
    this.#clients.add(tx);
    this.#sender.send(target, text, tx);
    return tx;
  }

  #sendCancel(invite: ClientTransaction): void {
    const text = invite.cancelText();
    if (text !== '') this.#start(null, 'CANCEL', invite.branch, text, invite.target, cancelTimeouts, true);
  }
}

function randomSecrets(): KeySecrets {
  const [first = 0, second = 0] = crypto.getRandomValues(new Int32Array(2));
  return { first, second };
}
