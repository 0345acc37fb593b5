/** A backend for tests: answers by itself as its `behaviour` says (which may change at any time) and counts what came. */
import { answerTo, branchOf, callIdOf, headerOf, hostPort, token, toTagOf, uriOf, valuesOf, writeSip, newBranch, targetOf, type SipText } from './sip-text.ts';
import { AnswerTimers } from './answer-timers.ts';
import { ClientTransactions, giveUpMs, t1Ms } from './client-transactions.ts';
import { SipSocket, type Received, type SipSocketOptions } from './sip-socket.ts';

export interface UasBehaviour {
  /** OPTIONS: a status, or no answer. */
  options: number | 'silent';
  /** INVITE: the final status, or no answer at all, or provisionals only. */
  invite: number | 'silent' | 'ring';
  /** Provisionals before the final answer, in order. */
  provisionals: readonly number[];
  /** Wait before each answer to an INVITE, in milliseconds; 0 = at once. */
  answerAfterMs: number;
  /** REGISTER and every other request outside an INVITE. */
  other: number | 'silent';
  /** Further header lines of the INVITE's final answer (`Retry-After: 3`). */
  headers: readonly string[];
  /** Provisionals are sent reliably (RFC 3262): the final answer waits for the PRACK of the last. */
  reliable: boolean;
}

const answering: UasBehaviour = { options: 200, invite: 200, provisionals: [180], answerAfterMs: 0, other: 200, headers: [], reliable: false };
const phrases: Readonly<Record<number, string>> = {
  100: 'Trying', 180: 'Ringing', 183: 'Session Progress', 200: 'OK', 302: 'Moved Temporarily', 404: 'Not Found', 408: 'Request Timeout',
  480: 'Temporarily Unavailable', 486: 'Busy Here', 487: 'Request Terminated', 500: 'Server Internal Error', 503: 'Service Unavailable', 603: 'Decline',
};
const phrase = (status: number): string => phrases[status] ?? 'Answer';

interface Transaction {
  readonly request: SipText;
  readonly tag: string;
  last: string;
  final: boolean;
  /** Goes on with the answers once the reliable provisional under way has its PRACK. */
  goOn: (() => void) | null;
}

/** A call that this UAS answered; enough to send requests inside the dialog. */
export interface AnsweredCall {
  readonly invite: SipText;
  readonly tag: string;
  acked: boolean;
  ended: boolean;
  /** Of this side's last request. */
  cseq: number;
}

export class Uas {
  readonly socket: SipSocket;
  readonly name: string;
  behaviour: UasBehaviour;
  /** Requests by method, retransmissions left out. */
  readonly counts: Record<string, number> = {};
  retransmissions = 0;
  readonly calls = new Map<string, AnsweredCall>();
  readonly #transactions = new Map<string, Transaction>();
  readonly #requests: ClientTransactions;
  readonly #timers = new AnswerTimers();
  #closing = false;

  private constructor(socket: SipSocket, name: string, behaviour: UasBehaviour) {
    this.socket = socket;
    this.name = name;
    this.behaviour = behaviour;
    this.#requests = new ClientTransactions(socket);
    socket.onMessage = (received) => {
      if (received.message.status === 0) this.#request(received);
      else this.#requests.take(received);
    };
  }

  static async open(name: string, options: SipSocketOptions & { readonly behaviour?: Partial<UasBehaviour> } = {}): Promise<Uas> {
    return new Uas(await SipSocket.open(options), name, { ...answering, ...options.behaviour });
  }

  /** The URI for a destination row. */
  get uri(): string {
    const { host, port } = this.socket.seenAs;
    return `sip:${hostPort(host, port)}${this.socket.transport === 'tcp' ? ';transport=tcp' : ''}`;
  }

  count(method: string): number {
    return this.counts[method] ?? 0;
  }

  #request(received: Received): void {
    const { message } = received;
    if (message.method === 'ACK') return this.#ack(message);
    const key = `${branchOf(message)}|${message.method}`;
    const known = this.#transactions.get(key);
    if (known) {
      this.retransmissions += 1;
      if (known.last !== '') received.reply(known.last);
      return;
    }
    this.counts[message.method] = this.count(message.method) + 1;
    const transaction: Transaction = { request: message, tag: toTagOf(message) || token(), last: '', final: false, goOn: null };
    this.#transactions.set(key, transaction);
    if (message.method === 'INVITE') this.#invite(transaction, received);
    else if (message.method === 'CANCEL') this.#cancel(transaction, received);
    else if (message.method === 'PRACK') this.#prack(transaction, received);
    else this.#plain(transaction, received);
  }

  #ack(message: SipText): void {
    this.counts['ACK'] = this.count('ACK') + 1;
    this.#timers.acknowledge(message);
    const call = this.calls.get(callIdOf(message));
    if (call) call.acked = true;
  }

  #answer(transaction: Transaction, received: Received, status: number, headers: readonly string[] = []): void {
    if (this.#closing || transaction.final) return;
    transaction.final = status >= 200;
    const contact = `Contact: <${this.uri}>`;
    transaction.last = answerTo(transaction.request, status, phrase(status), { toTag: transaction.tag, headers: [contact, `Server: ${this.name}`, ...headers] });
    received.reply(transaction.last);
    if (transaction.request.method !== 'INVITE' || status < 200 || (status >= 300 && this.socket.transport !== 'udp')) return;
    const { last } = transaction;
    this.#timers.start(transaction.request, status, () => received.reply(last));
  }

  #invite(transaction: Transaction, received: Received): void {
    const { invite, provisionals, answerAfterMs, headers, reliable } = this.behaviour;
    if (invite === 'silent') return;
    const finish = (): void => {
      if (transaction.final) return;
      if (invite === 'ring') return;
      if (invite >= 200 && invite < 300 && toTagOf(transaction.request) === '') {
        this.calls.set(callIdOf(transaction.request), { invite: transaction.request, tag: transaction.tag, acked: false, ended: false, cseq: 0 });
      }
      this.#answer(transaction, received, invite, headers);
    };
    if (reliable && toTagOf(transaction.request) === '') {
      this.#ringReliably(transaction, received, 0, finish);
      return;
    }
    for (const status of provisionals) this.#answer(transaction, received, status);
    if (answerAfterMs > 0) setTimeout(finish, answerAfterMs);
    else finish();
  }

  /** Sends the provisional with that index again until its PRACK comes, then the next (RFC 3262 §3). */
  #ringReliably(transaction: Transaction, received: Received, index: number, finish: () => void): void {
    const status = this.behaviour.provisionals[index];
    if (status === undefined) {
      finish();
      return;
    }
    this.#answer(transaction, received, status, ['Require: 100rel', `RSeq: ${index + 1}`]);
    const { last } = transaction;
    let waitMs = t1Ms;
    const repeat = (): void => {
      if (transaction.final || this.#closing || waitMs > giveUpMs) return;
      received.reply(last);
      waitMs *= 2;
      timer = setTimeout(repeat, waitMs);
    };
    let timer = setTimeout(repeat, waitMs);
    transaction.goOn = () => {
      clearTimeout(timer);
      transaction.goOn = null;
      this.#ringReliably(transaction, received, index + 1, finish);
    };
  }

  #prack(transaction: Transaction, received: Received): void {
    this.#answer(transaction, received, 200);
    const callId = callIdOf(received.message);
    for (const one of this.#transactions.values()) if (one.goOn !== null && callIdOf(one.request) === callId) one.goOn();
  }

  #cancel(transaction: Transaction, received: Received): void {
    this.#answer(transaction, received, 200);
    const invite = this.#transactions.get(`${branchOf(received.message)}|INVITE`);
    if (invite) this.#answer(invite, received, 487);
  }

  #plain(transaction: Transaction, received: Received): void {
    const call = this.calls.get(callIdOf(transaction.request));
    if (transaction.request.method === 'BYE' && call) call.ended = true;
    const wanted = transaction.request.method === 'OPTIONS' ? this.behaviour.options : this.behaviour.other;
    const extra = transaction.request.method === 'REGISTER' ? [`Contact: ${headerOf(transaction.request, 'contact')}`, ...valuesOf(transaction.request, 'path').map((path) => `Path: ${path}`)] : [];
    if (wanted !== 'silent') this.#answer(transaction, received, wanted, extra);
  }

  /** Ends a call from this side: BYE along the dialog's route set. Resolves to the final status. */
  async bye(callId: string, ms = 5_000): Promise<number> {
    const status = this.inDialog(callId, 'BYE', ms);
    const call = this.calls.get(callId);
    if (call) call.ended = true;
    return status;
  }

  /** A request of this side inside a call; resolves to the final status. The 2xx of an INVITE is acknowledged. */
  async inDialog(callId: string, method: string, ms = giveUpMs): Promise<number> {
    const call = this.calls.get(callId);
    if (!call) throw new Error(`${this.name} has no call ${callId}`);
    call.cseq += 1;
    const { cseq } = call;
    const routes = valuesOf(call.invite, 'record-route');
    const remote = uriOf(headerOf(call.invite, 'contact'));
    const to = targetOf(uriOf(routes[0] ?? remote));
    const { host, port } = this.socket.seenAs;
    const write = (name: string): string => writeSip(`${name} ${remote} SIP/2.0`, [
      `Via: SIP/2.0/${this.socket.transport.toUpperCase()} ${hostPort(host, port)};branch=${newBranch()};rport`,
      'Max-Forwards: 70',
      ...routes.map((route) => `Route: ${route}`),
      `From: ${headerOf(call.invite, 'to')};tag=${call.tag}`,
      `To: ${headerOf(call.invite, 'from')}`,
      `Call-ID: ${callId}`,
      `CSeq: ${cseq} ${name}`,
      ...(name === 'ACK' || name === 'BYE' ? [] : [`Contact: <${this.uri}>`]),
    ]);
    const acknowledge = (): Promise<void> => this.socket.send(write('ACK'), to);
    const final = await this.#requests.run({ text: write(method), to, callId, cseq: `${cseq} ${method}`, ms, ...(method === 'INVITE' ? { onFinalAgain: (): void => void acknowledge().catch(() => undefined) } : {}) });
    if (method === 'INVITE' && final.status < 300) await acknowledge();
    return final.status;
  }

  close(): Promise<void> {
    this.#closing = true;
    this.#timers.close();
    this.#requests.close();
    return this.socket.close();
  }
}
