/** A caller for tests: places calls through a proxy as a phone does, with RFC 3261's retransmissions over UDP. */
import { setTimeout as hold } from 'node:timers/promises';
import {
  callIdOf, headerOf, hostPort, newBranch, targetOf, token, uriOf, valuesOf, writeSip, type SipText,
} from './sip-text.ts';
import { AnsweringCall } from './answering-call.ts';
import { ClientTransactions, giveUpMs, type ClientRequest } from './client-transactions.ts';
import { SipSocket, type SipSocketOptions } from './sip-socket.ts';

export interface CallOptions {
  /** Request-URI. */
  readonly uri: string;
  /** Where the INVITE is sent: the edge. */
  readonly via: { readonly host: string; readonly port: number };
  readonly fromUri?: string;
  readonly headers?: readonly string[];
  readonly body?: string;
}

export class Uac {
  readonly socket: SipSocket;
  readonly #transactions: ClientTransactions;
  /** Calls that answer the other side's requests, by Call-ID. */
  readonly #answering = new Map<string, AnsweringCall>();

  private constructor(socket: SipSocket) {
    this.socket = socket;
    this.#transactions = new ClientTransactions(socket);
    socket.onMessage = (received) => {
      if (received.message.status > 0) this.#transactions.take(received);
      else this.#answering.get(callIdOf(received.message))?.take(received);
    };
  }

  static async open(options: SipSocketOptions = {}): Promise<Uac> {
    return new Uac(await SipSocket.open(options));
  }

  get contact(): string {
    const { host, port } = this.socket.seenAs;
    return `sip:caller@${hostPort(host, port)}${this.socket.transport === 'tcp' ? ';transport=tcp' : ''}`;
  }

  viaLine(branch: string): string {
    const { host, port } = this.socket.seenAs;
    return `Via: SIP/2.0/${this.socket.transport.toUpperCase()} ${hostPort(host, port)};branch=${branch};rport`;
  }

  /** Sends one request with its retransmissions; resolves to the final response. */
  request(request: ClientRequest): Promise<SipText> {
    return this.#transactions.run(request);
  }

  /** From now on this call's requests of the other side are answered by themselves. */
  answer(call: Call): AnsweringCall {
    const answering = new AnsweringCall(this.contact);
    this.#answering.set(call.callId, answering);
    return answering;
  }

  /** Starts a call; the INVITE is on its way when this returns. */
  invite(options: CallOptions): Call {
    return new Call(this, options);
  }

  /** One request outside a dialog (REGISTER, OPTIONS, MESSAGE). Resolves to the final response. */
  plain(method: string, options: CallOptions & { readonly toUri?: string; readonly callId?: string; readonly cseq?: number }): Promise<SipText> {
    const callId = options.callId ?? token();
    const cseq = `${options.cseq ?? 1} ${method}`;
    const text = writeSip(`${method} ${options.uri} SIP/2.0`, [
      this.viaLine(newBranch()), 'Max-Forwards: 70', `From: <${options.fromUri ?? this.contact}>;tag=${token()}`,
      `To: <${options.toUri ?? options.uri}>`, `Call-ID: ${callId}`, `CSeq: ${cseq}`, `Contact: <${this.contact}>`, ...(options.headers ?? []),
    ], options.body ?? '');
    return this.request({ text, to: options.via, callId, cseq });
  }

  close(): Promise<void> {
    for (const answering of this.#answering.values()) answering.close();
    this.#transactions.close();
    return this.socket.close();
  }
}

/** One call from this side. */
export class Call {
  readonly callId = token();
  readonly branch = newBranch();
  readonly provisionals: SipText[] = [];
  /** The final response to the INVITE. A non-2xx one is acknowledged at once. */
  readonly final: Promise<SipText>;
  readonly startedMs = Date.now();
  readonly #uac: Uac;
  readonly #options: CallOptions;
  readonly #fromLine: string;
  /** What PRACKs were answered with, by the RSeq that they acknowledge. */
  readonly pracks = new Map<string, Promise<SipText>>();
  readonly #acks = new Map<number, string>();
  #answer: SipText | undefined;
  #cseq = 1;
  /** Of the last INVITE, which its ACK and CANCEL repeat. */
  #inviteCseq = 1;

  constructor(uac: Uac, options: CallOptions) {
    this.#uac = uac;
    this.#options = options;
    this.#fromLine = `From: <${options.fromUri ?? uac.contact}>;tag=${token()}`;
    const text = this.#write('INVITE', options.uri, [], `To: <${options.uri}>`, this.branch, [`Contact: <${uac.contact}>`, ...(options.headers ?? [])], options.body);
    const refused = (message: SipText): Promise<void> =>
      uac.socket.send(writeSip(`ACK ${options.uri} SIP/2.0`, [uac.viaLine(this.branch), 'Max-Forwards: 70', this.#fromLine, `To: ${headerOf(message, 'to')}`, `Call-ID: ${this.callId}`, 'CSeq: 1 ACK']), options.via);
    this.final = uac.request({
      text, to: options.via, callId: this.callId, cseq: '1 INVITE',
      onProvisional: (message) => this.#provisional(message),
      onFinalAgain: (message) => {
        // A lost ACK is what the answer is repeated for.
        (message.status >= 300 ? refused(message) : this.#acknowledgeAgain(message)).catch(() => undefined);
      },
    }).then(async (message) => {
      this.#answer = message;
      if (message.status >= 300) await refused(message);
      return message;
    });
    // `final` may be awaited later than it fails.
    this.final.catch(() => undefined);
  }

  #write(method: string, uri: string, routes: readonly string[], toLine: string, branch: string, headers: readonly string[] = [], body = '', cseq = this.#cseq): string {
    return writeSip(`${method} ${uri} SIP/2.0`, [
      this.#uac.viaLine(branch), 'Max-Forwards: 70', ...routes.map((route) => `Route: ${route}`), this.#fromLine, toLine,
      `Call-ID: ${this.callId}`, `CSeq: ${cseq} ${method}`, ...headers,
    ], body);
  }

  /** What the backend said its name is, '' before the answer. */
  get backend(): string {
    return this.#answer ? headerOf(this.#answer, 'server') : '';
  }

  #dialog(): { answer: SipText; routes: string[]; remote: string; next: { host: string; port: number } } {
    const answer = this.#answer;
    if (!answer || answer.status >= 300) throw new Error(`call ${this.callId} has no dialog`);
    const routes = valuesOf(answer, 'record-route').toReversed();
    const remote = uriOf(headerOf(answer, 'contact'));
    return { answer, routes, remote, next: targetOf(uriOf(routes[0] ?? remote)) };
  }

  /** Acknowledges the 2xx of the INVITE, or of the last one inside the dialog. */
  async ack(): Promise<void> {
    const { answer, routes, remote, next } = this.#dialog();
    const text = this.#write('ACK', remote, routes, `To: ${headerOf(answer, 'to')}`, newBranch(), [], '', this.#inviteCseq);
    this.#acks.set(this.#inviteCseq, text);
    await this.#uac.socket.send(text, next);
  }

  /** The 2xx came again: so does its ACK, if it was sent already (RFC 3261 §13.2.2.4). */
  async #acknowledgeAgain(message: SipText): Promise<void> {
    const text = this.#acks.get(Number.parseInt(headerOf(message, 'cseq'), 10));
    if (text !== undefined) await this.#uac.socket.send(text, this.#dialog().next);
  }

  /** A reliable provisional is acknowledged by PRACK, once for each RSeq (RFC 3262 §4). */
  #provisional(message: SipText): void {
    this.provisionals.push(message);
    const sequence = headerOf(message, 'rseq');
    if (sequence === '' || !headerOf(message, 'require').includes('100rel') || this.pracks.has(sequence)) return;
    this.pracks.set(sequence, this.#within(message, 'PRACK', [`RAck: ${sequence} ${headerOf(message, 'cseq')}`]));
  }

  /** A request inside the dialog; resolves to the final response. */
  inDialog(method: string, headers: readonly string[] = [], ms = giveUpMs): Promise<SipText> {
    return this.#within(this.#dialog().answer, method, headers, ms);
  }

  #within(answer: SipText, method: string, headers: readonly string[], ms = giveUpMs): Promise<SipText> {
    const routes = valuesOf(answer, 'record-route').toReversed();
    const remote = uriOf(headerOf(answer, 'contact'));
    this.#cseq += 1;
    if (method === 'INVITE') this.#inviteCseq = this.#cseq;
    const text = this.#write(method, remote, routes, `To: ${headerOf(answer, 'to')}`, newBranch(), method === 'INVITE' || method === 'UPDATE' ? [`Contact: <${this.#uac.contact}>`, ...headers] : headers);
    return this.#uac.request({
      text, to: targetOf(uriOf(routes[0] ?? remote)), callId: this.callId, cseq: `${this.#cseq} ${method}`, ms,
      ...(method === 'INVITE' ? { onFinalAgain: (message: SipText): void => void this.#acknowledgeAgain(message).catch(() => undefined) } : {}),
    });
  }

  bye(ms = giveUpMs): Promise<SipText> {
    return this.inDialog('BYE', [], ms);
  }

  /** Sends CANCEL (RFC 3261 9.1); the INVITE's own final answer is still `final`. */
  cancel(): Promise<SipText> {
    const text = this.#write('CANCEL', this.#options.uri, [], `To: <${this.#options.uri}>`, this.branch, [], '', 1);
    return this.#uac.request({ text, to: this.#options.via, callId: this.callId, cseq: '1 CANCEL' });
  }

  /** INVITE, ACK, a hold, BYE in one go; says what went wrong and where instead of throwing. */
  async complete(holdMs = 0, byeMs = giveUpMs): Promise<CallOutcome> {
    let answered = false;
    try {
      const answer = await this.final;
      if (answer.status >= 300) return { ok: false, answered, status: answer.status, detail: answer.startLine };
      answered = true;
      await this.ack();
      if (holdMs > 0) await hold(holdMs);
      const bye = await this.bye(byeMs);
      return { ok: bye.status === 200, answered, status: bye.status, detail: bye.startLine };
    } catch (error) {
      return { ok: false, answered, status: 0, detail: error instanceof Error ? error.message : String(error) };
    }
  }
}

export interface CallOutcome {
  readonly ok: boolean;
  /** The INVITE got its 2xx. */
  readonly answered: boolean;
  /** Of the last answer; 0 = none. */
  readonly status: number;
  readonly detail: string;
}
