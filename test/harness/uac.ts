/** A caller for tests: places calls through a proxy as a phone does, with RFC 3261's retransmissions over UDP. */
import { setTimeout as hold } from 'node:timers/promises';
import {
  callIdOf, headerOf, hostPort, newBranch, targetOf, token, uriOf, valuesOf, writeSip, type SipText,
} from './sip-text.ts';
import { SipSocket, type Received, type SipSocketOptions } from './sip-socket.ts';

const t1Ms = 500;
const giveUpMs = 32_000;

export interface CallOptions {
  /** Request-URI. */
  readonly uri: string;
  /** Where the INVITE is sent: the edge. */
  readonly via: { readonly host: string; readonly port: number };
  readonly fromUri?: string;
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** A client transaction's answers. */
interface Pending {
  onAnswer(received: Received): void;
}

export class Uac {
  readonly socket: SipSocket;
  readonly #pending = new Map<string, Pending>();

  private constructor(socket: SipSocket) {
    this.socket = socket;
    socket.onMessage = (received) => {
      if (received.message.status > 0) this.#pending.get(`${callIdOf(received.message)}|${headerOf(received.message, 'cseq')}`)?.onAnswer(received);
    };
  }

  static async open(options: SipSocketOptions = {}): Promise<Uac> {
    return new Uac(await SipSocket.open(options));
  }

  get contact(): string {
    return `sip:caller@${hostPort(this.socket.host, this.socket.port)}${this.socket.transport === 'tcp' ? ';transport=tcp' : ''}`;
  }

  viaLine(branch: string): string {
    return `Via: SIP/2.0/${this.socket.transport.toUpperCase()} ${hostPort(this.socket.host, this.socket.port)};branch=${branch};rport`;
  }

  /**
   * Sends one request and retransmits it until an answer comes.
   * @returns the final response; rejects after `ms`
   */
  request(text: string, to: { readonly host: string; readonly port: number }, key: { readonly callId: string; readonly cseq: string }, onProvisional: (message: SipText) => void = () => undefined, ms = giveUpMs): Promise<SipText> {
    const id = `${key.callId}|${key.cseq}`;
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout;
      let waitMs = t1Ms;
      const started = Date.now();
      const end = (): void => {
        clearTimeout(timer);
        this.#pending.delete(id);
      };
      const transmit = (): void => {
        if (Date.now() - started >= ms) {
          end();
          reject(new Error(`${key.cseq} ${key.callId}: no final answer within ${ms} ms`));
          return;
        }
        // The first send's fault is the caller's to see; a lost retransmission is what retransmission is for.
        this.socket.send(text, to).catch((error: unknown) => {
          end();
          reject(error instanceof Error ? error : new Error(String(error)));
        });
        timer = setTimeout(repeat, waitMs);
      };
      const repeat = (): void => {
        waitMs = Math.min(waitMs * 2, key.cseq.endsWith('INVITE') ? giveUpMs : 4_000);
        if (this.socket.transport === 'udp') transmit();
        else timer = setTimeout(repeat, waitMs);
      };
      this.#pending.set(id, {
        onAnswer: ({ message }) => {
          if (message.status >= 200) {
            end();
            resolve(message);
            return;
          }
          clearTimeout(timer);
          timer = setTimeout(() => {
            end();
            reject(new Error(`${key.cseq} ${key.callId}: only ${message.status} within ${ms} ms`));
          }, ms);
          onProvisional(message);
        },
      });
      transmit();
    });
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
    return this.request(text, options.via, { callId, cseq });
  }

  close(): Promise<void> {
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
  #answer: SipText | undefined;
  #cseq = 1;

  constructor(uac: Uac, options: CallOptions) {
    this.#uac = uac;
    this.#options = options;
    this.#fromLine = `From: <${options.fromUri ?? uac.contact}>;tag=${token()}`;
    const text = this.#write('INVITE', options.uri, [], `To: <${options.uri}>`, this.branch, [`Contact: <${uac.contact}>`, ...(options.headers ?? [])], options.body);
    this.final = uac.request(text, options.via, { callId: this.callId, cseq: '1 INVITE' }, (message) => this.provisionals.push(message)).then(async (message) => {
      this.#answer = message;
      if (message.status >= 300) await uac.socket.send(this.#write('ACK', options.uri, [], `To: ${headerOf(message, 'to')}`, this.branch), options.via);
      return message;
    });
    // `final` may be awaited later than it fails.
    this.final.catch(() => undefined);
  }

  #write(method: string, uri: string, routes: readonly string[], toLine: string, branch: string, headers: readonly string[] = [], body = ''): string {
    return writeSip(`${method} ${uri} SIP/2.0`, [
      this.#uac.viaLine(branch), 'Max-Forwards: 70', ...routes.map((route) => `Route: ${route}`), this.#fromLine, toLine,
      `Call-ID: ${this.callId}`, `CSeq: ${this.#cseq} ${method}`, ...headers,
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

  async ack(): Promise<void> {
    const { answer, routes, remote, next } = this.#dialog();
    await this.#uac.socket.send(this.#write('ACK', remote, routes, `To: ${headerOf(answer, 'to')}`, newBranch()), next);
  }

  /** A request inside the dialog; resolves to the final response. */
  inDialog(method: string, headers: readonly string[] = [], ms = giveUpMs): Promise<SipText> {
    const { answer, routes, remote, next } = this.#dialog();
    this.#cseq += 1;
    const text = this.#write(method, remote, routes, `To: ${headerOf(answer, 'to')}`, newBranch(), headers);
    return this.#uac.request(text, next, { callId: this.callId, cseq: `${this.#cseq} ${method}` }, () => undefined, ms);
  }

  bye(ms = giveUpMs): Promise<SipText> {
    return this.inDialog('BYE', [], ms);
  }

  /** Sends CANCEL (RFC 3261 9.1); the INVITE's own final answer is still `final`. */
  cancel(): Promise<SipText> {
    const text = this.#write('CANCEL', this.#options.uri, [], `To: <${this.#options.uri}>`, this.branch);
    return this.#uac.request(text, this.#options.via, { callId: this.callId, cseq: '1 CANCEL' });
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
