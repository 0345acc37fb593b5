/** A transaction layer on a manual clock between a recording sender and a recording user: no network, no waiting. */
import { ManualClock } from '../../../dataplane/runtime/clock.ts';
import { TimerWheel } from '../../../dataplane/runtime/timer-wheel.ts';
import type { SipMessage } from '../../../dataplane/sip/message.ts';
import { parseMessage } from '../../../dataplane/sip/parse.ts';
import { buildResponse } from '../../../dataplane/sip/responses.ts';
import type { ClientTransaction, RequestTimeouts } from '../../../dataplane/transaction/client.ts';
import { TransactionLayer } from '../../../dataplane/transaction/layer.ts';
import type { LayerOptions } from '../../../dataplane/transaction/layer.ts';
import type { ServerTransaction } from '../../../dataplane/transaction/server.ts';
import type { TransactionUser } from '../../../dataplane/transaction/user.ts';
import { Address, ReceivedBy } from '../../../dataplane/transport/flow.ts';
import type { Flow, Listener, MessageSender, SendOwner, Target, TransportName } from '../../../dataplane/transport/flow.ts';

export const listener = (transport: TransportName): Listener => ({
  id: transport === 'udp' ? 0 : 1, transport, family: 4, address: '192.0.2.1', port: 5060, advertisedHost: '192.0.2.1', advertisedPort: 5060,
  hostPort: '192.0.2.1:5060', hostIsFixed: true, backend: false,
});
export const phone = (transport: TransportName = 'udp'): Flow =>
  new ReceivedBy(listener(transport), 4, '198.51.100.7', 40_000, transport === 'udp' ? 0 : 9);
export const backend = (transport: TransportName = 'udp'): Target => new Address(transport, 4, '203.0.113.5', 5060, listener(transport));
export const backendFlow = (transport: TransportName = 'udp'): Flow => new ReceivedBy(listener(transport), 4, '203.0.113.5', 5060, transport === 'udp' ? 0 : 4);

export const parse = (text: string): SipMessage => {
  const outcome = parseMessage(text);
  if (!outcome.ok) throw new Error(`${outcome.reason}\n${text}`);
  return outcome.message;
};

export interface RequestParts {
  readonly branch?: string;
  readonly via?: string;
  readonly toTag?: string;
  readonly uri?: string;
  readonly cseq?: number;
  readonly headers?: string;
}

/** A request as a phone would send it; the same parts give the same text. */
export const requestText = (method: string, parts: RequestParts = {}): string =>
  `${method} ${parts.uri ?? 'sip:1001@pbx.example'} SIP/2.0\r\n`
  + `Via: ${parts.via ?? `SIP/2.0/UDP 198.51.100.7:40000;branch=${parts.branch ?? 'z9hG4bKphone1'};rport`}\r\n`
  + `${parts.headers ?? ''}From: <sip:alice@pbx.example>;tag=a1\r\nTo: <sip:1001@pbx.example>${parts.toTag === undefined ? '' : `;tag=${parts.toTag}`}\r\n`
  + `Call-ID: c1@198.51.100.7\r\nCSeq: ${parts.cseq ?? 1} ${method}\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n`;

/** An answer to the request of that text. */
export const answerText = (request: string, status: number, toTag = 'b1'): string => buildResponse(parse(request), status, 'Answer', { toTag });

export interface Sent {
  readonly atMs: number;
  readonly to: string;
  /** `INVITE` or `200`. */
  readonly what: string;
  readonly text: string;
  readonly owner: SendOwner | null;
}

/** One line for each call of the user, such as `response 180`. */
export class Bench implements MessageSender, TransactionUser {
  readonly clock = new ManualClock(10_000);
  readonly wheel = new TimerWheel(this.clock);
  readonly sent: Sent[] = [];
  readonly told: string[] = [];
  readonly servers: ServerTransaction[] = [];
  readonly layer: TransactionLayer;
  lastCancel: ServerTransaction | null = null;

  constructor(options: LayerOptions = {}) {
    this.layer = new TransactionLayer(this, this.wheel, this, options);
  }

  /** Lets time pass in steps of half a tick. */
  run(ms: number): void {
    for (let left = ms; left > 0; left -= 10) {
      this.clock.advance(Math.min(10, left));
      this.wheel.advance();
    }
  }

  receive(text: string, flow: Flow = phone()): void {
    this.layer.receive(parse(text), flow);
  }

  /** Sends a request of the proxy to the backend. */
  call(method = 'INVITE', timeouts: RequestTimeouts = { frMs: 0, frInviteMs: 0 }, transport: TransportName = 'udp', headers = ''): { tx: ClientTransaction; text: string } {
    const text = requestText(method, { via: 'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKsbedge1', headers });
    return { tx: this.layer.request('me', method, 'z9hG4bKsbedge1', text, backend(transport), timeouts), text };
  }

  /** What was sent since the last call: `INVITE`, `200`, ... */
  takeSent(): string[] {
    return this.sent.splice(0).map(({ what }) => what);
  }

  /** Send times since the last call, in milliseconds from `sinceMs`. */
  takeTimes(what: string, sinceMs: number): number[] {
    return this.sent.splice(0).filter((one) => one.what === what).map(({ atMs }) => atMs - sinceMs);
  }

  takeTold(): string[] {
    return this.told.splice(0);
  }

  send(target: Target, text: string, owner: SendOwner | null): void {
    const message = parse(text);
    const what = message.isRequest ? message.method : String(message.status);
    this.sent.push({ atMs: this.clock.now(), to: `${target.transport}:${target.address}:${target.port}`, what, text, owner });
  }

  onRequest(tx: ServerTransaction, request: SipMessage): void {
    this.servers.push(tx);
    this.told.push(`request ${request.method}`);
  }

  onCancel(cancel: ServerTransaction, _request: SipMessage, _flow: Flow, invite: ServerTransaction | null): void {
    this.lastCancel = cancel;
    this.told.push(`cancel of ${invite === null ? 'nothing' : `#${this.servers.indexOf(invite)}`}`);
  }

  onAck(): void {
    this.told.push('ack');
  }

  onResponse(tx: ClientTransaction, response: SipMessage): void {
    this.told.push(`response ${response.status}${tx.expired ? ' late' : ''}`);
  }

  onStrayResponse(response: SipMessage): void {
    this.told.push(`stray ${response.status}`);
  }

  onTimeout(): void {
    this.told.push('timeout');
  }

  onTransportError(_tx: ClientTransaction, detail: string): void {
    this.told.push(`transport error: ${detail}`);
  }

  onServerEnd(tx: ServerTransaction): void {
    this.told.push(`server end ${tx.method}`);
  }

  onClientEnd(tx: ClientTransaction): void {
    this.told.push(`client end ${tx.method}`);
  }

  onOverload(request: SipMessage): void {
    this.told.push(`overload ${request.method}`);
  }
}
