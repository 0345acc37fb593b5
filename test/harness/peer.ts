/** One end of a conversation with an edge, phone or backend: says what it is told to, byte for byte if wanted, and hears everything. */
import type { Received, SipSocket } from './sip-socket.ts';
import { answerTo, callIdOf, headerOf, hostPort, newBranch, token, valuesOf, writeSip, type SipText } from './sip-text.ts';
import type { Endpoint, SipTransport } from './sip-wires.ts';

/** Where an edge listens for a transport, in the family of `host`. */
export interface EdgeAddress {
  addressFor(transport: SipTransport, host: string): Endpoint;
}

export interface RequestOptions {
  readonly callId?: string;
  readonly branch?: string;
  readonly cseq?: number;
  readonly fromTag?: string;
  readonly toTag?: string;
  readonly to?: string;
  readonly contact?: string;
  /** Parameters behind the branch. */
  readonly via?: string;
  readonly maxForwards?: number | null;
  readonly headers?: readonly string[];
  readonly body?: string;
}

export class Peer {
  readonly socket: SipSocket;
  readonly #edge: EdgeAddress;
  /** A phone in a browser has no address that anybody could call. */
  readonly #invalid = `${token()}.invalid`;

  constructor(socket: SipSocket, edge: EdgeAddress) {
    this.socket = socket;
    this.#edge = edge;
  }

  get hostPort(): string {
    return this.socket.port === 0 ? this.#invalid : hostPort(this.socket.host, this.socket.port);
  }

  get uri(): string {
    const { transport } = this.socket;
    return `sip:${this.hostPort}${transport === 'udp' ? '' : `;transport=${transport}`}`;
  }

  /** Address of the edge for this peer's transport and family. */
  get edge(): Endpoint {
    return this.#edge.addressFor(this.socket.transport, this.socket.host);
  }

  request(method: string, uri: string, options: RequestOptions = {}): string {
    return writeSip(`${method} ${uri} SIP/2.0`, [
      `Via: SIP/2.0/${this.socket.transport.toUpperCase()} ${this.hostPort};branch=${options.branch ?? newBranch()}${options.via ?? ';rport'}`,
      ...(options.maxForwards === null ? [] : [`Max-Forwards: ${options.maxForwards ?? 70}`]),
      `From: <sip:alice@acme.example>;tag=${options.fromTag ?? 'alice'}`,
      `To: <${options.to ?? 'sip:1001@acme.example'}>${options.toTag === undefined ? '' : `;tag=${options.toTag}`}`,
      `Call-ID: ${options.callId ?? token()}`, `CSeq: ${options.cseq ?? 1} ${method}`, `Contact: <${options.contact ?? this.uri}>`, ...(options.headers ?? []),
    ], options.body ?? '');
  }

  /** Sends text to the edge. */
  send(text: string): Promise<void> {
    return this.socket.send(text, this.edge);
  }

  /** The next request of that method. */
  gets(method: string, callId?: string): Promise<Received> {
    return this.socket.waitFor(method, (m) => m.status === 0 && m.method === method && (callId === undefined || callIdOf(m) === callId));
  }

  /** The next response of that status. */
  hears(status: number, callId?: string): Promise<Received> {
    return this.socket.waitFor(String(status), (m) => m.status === status && (callId === undefined || callIdOf(m) === callId));
  }

  /** Requests of that method that came, retransmissions included. */
  count(method: string, callId: string): number {
    return this.socket.received.filter(({ message }) => message.status === 0 && message.method === method && callIdOf(message) === callId).length;
  }

  answer(received: Received, status: number, options: { readonly toTag?: string; readonly headers?: readonly string[]; readonly body?: string } = {}): void {
    received.reply(answerTo(received.message, status, 'Test', { toTag: options.toTag ?? 'callee', headers: [`Contact: <${this.uri}>`, ...(options.headers ?? [])], body: options.body ?? '' }));
  }
}

/** A call that is up: what both ends know of it. */
export interface Established {
  readonly callId: string;
  /** The INVITE as the callee got it, and the 200 as the caller did. */
  readonly invite: SipText;
  readonly ok: SipText;
  /** Route headers of each end. */
  readonly callerRoutes: readonly string[];
  readonly calleeRoutes: readonly string[];
}

/** Sets a call up from `caller` to `callee`, ACK included. */
export async function establish(caller: Peer, callee: Peer, uri: string, options: RequestOptions = {}): Promise<Established> {
  const callId = options.callId ?? token();
  await caller.send(caller.request('INVITE', uri, { ...options, callId }));
  const invite = await callee.gets('INVITE', callId);
  callee.answer(invite, 200);
  const ok = await caller.hears(200, callId);
  const records = valuesOf(ok.message, 'record-route');
  const route = (value: string): string => `Route: ${value}`;
  const call: Established = { callId, invite: invite.message, ok: ok.message, callerRoutes: records.toReversed().map(route), calleeRoutes: records.map(route) };
  await caller.send(fromCaller(caller, call, 'ACK', 1));
  await callee.gets('ACK', callId);
  return call;
}

const contactUri = (message: SipText): string => /<([^>]*)>/.exec(headerOf(message, 'contact'))?.[1] ?? '';

/** A request inside the call, as the caller writes it. */
export const fromCaller = (caller: Peer, call: Established, method: string, cseq: number, headers: readonly string[] = []): string =>
  caller.request(method, contactUri(call.ok), { callId: call.callId, cseq, toTag: 'callee', headers: [...call.callerRoutes, ...headers] });

/** A request inside the call, as the callee writes it. */
export const fromCallee = (callee: Peer, call: Established, method: string, cseq: number, headers: readonly string[] = []): string =>
  callee.request(method, contactUri(call.invite), { callId: call.callId, cseq, fromTag: 'callee', toTag: 'alice', to: 'sip:alice@acme.example', headers: [...call.calleeRoutes, ...headers] });
