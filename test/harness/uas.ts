/** A backend for tests: answers by itself as its `behaviour` says (which may change at any time) and counts what came. */
import { answerTo, branchOf, callIdOf, headerOf, hostPort, token, toTagOf, uriOf, valuesOf, writeSip, newBranch, targetOf, type SipText } from './sip-text.ts';
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
}

const answering: UasBehaviour = { options: 200, invite: 200, provisionals: [180], answerAfterMs: 0, other: 200, headers: [] };
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
}

/** A call that this UAS answered; enough to send requests inside the dialog. */
export interface AnsweredCall {
  readonly invite: SipText;
  readonly tag: string;
  acked: boolean;
  ended: boolean;
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
  #closing = false;

  private constructor(socket: SipSocket, name: string, behaviour: UasBehaviour) {
    this.socket = socket;
    this.name = name;
    this.behaviour = behaviour;
    socket.onMessage = (received) => {
      if (received.message.status === 0) this.#request(received);
    };
  }

  static async open(name: string, options: SipSocketOptions & { readonly behaviour?: Partial<UasBehaviour> } = {}): Promise<Uas> {
    return new Uas(await SipSocket.open(options), name, { ...answering, ...options.behaviour });
  }

  /** The URI for a destination row. */
  get uri(): string {
    return `sip:${hostPort(this.socket.host, this.socket.port)}${this.socket.transport === 'tcp' ? ';transport=tcp' : ''}`;
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
    const transaction: Transaction = { request: message, tag: toTagOf(message) || token(), last: '', final: false };
    this.#transactions.set(key, transaction);
    if (message.method === 'INVITE') this.#invite(transaction, received);
    else if (message.method === 'CANCEL') this.#cancel(transaction, received);
    else this.#plain(transaction, received);
  }

  #ack(message: SipText): void {
    this.counts['ACK'] = this.count('ACK') + 1;
    const call = this.calls.get(callIdOf(message));
    if (call) call.acked = true;
  }

  #answer(transaction: Transaction, received: Received, status: number, headers: readonly string[] = []): void {
    if (this.#closing || transaction.final) return;
    transaction.final = status >= 200;
    const contact = `Contact: <${this.uri}>`;
    transaction.last = answerTo(transaction.request, status, phrase(status), { toTag: transaction.tag, headers: [contact, `Server: ${this.name}`, ...headers] });
    received.reply(transaction.last);
  }

  #invite(transaction: Transaction, received: Received): void {
    const { invite, provisionals, answerAfterMs, headers } = this.behaviour;
    if (invite === 'silent') return;
    for (const status of provisionals) this.#answer(transaction, received, status);
    if (invite === 'ring') return;
    const finish = (): void => {
      if (transaction.final) return;
      if (invite >= 200 && invite < 300) {
        this.calls.set(callIdOf(transaction.request), { invite: transaction.request, tag: transaction.tag, acked: false, ended: false });
      }
      this.#answer(transaction, received, invite, headers);
    };
    if (answerAfterMs > 0) setTimeout(finish, answerAfterMs);
    else finish();
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
    const call = this.calls.get(callId);
    if (!call) throw new Error(`${this.name} has no call ${callId}`);
    const routes = valuesOf(call.invite, 'record-route');
    const remote = uriOf(headerOf(call.invite, 'contact'));
    const request = writeSip(`BYE ${remote} SIP/2.0`, [
      `Via: SIP/2.0/${this.socket.transport.toUpperCase()} ${hostPort(this.socket.host, this.socket.port)};branch=${newBranch()};rport`,
      'Max-Forwards: 70',
      ...routes.map((route) => `Route: ${route}`),
      `From: ${headerOf(call.invite, 'to')};tag=${call.tag}`,
      `To: ${headerOf(call.invite, 'from')}`,
      `Call-ID: ${callId}`,
      'CSeq: 1 BYE',
    ]);
    const answer = this.socket.waitFor(`${this.name}: answer to BYE`, (m) => m.status >= 200 && m.method === 'BYE' && callIdOf(m) === callId, ms);
    await this.socket.send(request, targetOf(uriOf(routes[0] ?? remote)));
    call.ended = true;
    return (await answer).message.status;
  }

  close(): Promise<void> {
    this.#closing = true;
    return this.socket.close();
  }
}
