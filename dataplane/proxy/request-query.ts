/** A request as routing asks about it; what only some algorithms need is worked out when they ask. */
import type { RouteQuery } from '../routing/query.ts';
import { decodeEscapes } from '../sip/uri.ts';
import type { SipMessage } from '../sip/message.ts';
import type { Flow, TransportName } from '../transport/flow.ts';

/** The user part up to its own parameters (`1001;phone-context=...`, RFC 3261 §19.1.6). */
export function bareUser(user: string): string {
  const semicolon = user.indexOf(';');
  return semicolon < 0 ? user : user.slice(0, semicolon);
}

export class RequestQuery implements RouteQuery {
  readonly method: string;
  readonly user: string;
  readonly host: string;
  readonly sourceAddress: string;
  readonly sourcePort: number;
  readonly transport: TransportName;
  readonly family: 4 | 6;
  readonly #request: SipMessage;

  constructor(request: SipMessage, flow: Flow) {
    const uri = request.sipUri;
    this.#request = request;
    this.method = request.method;
    this.user = uri === null ? '' : decodeEscapes(bareUser(uri.user));
    this.host = uri === null ? '' : uri.host;
    this.sourceAddress = flow.address;
    this.sourcePort = flow.port;
    this.transport = flow.transport;
    this.family = flow.family;
  }

  get callId(): string {
    return this.#request.callId;
  }

  get toHost(): string {
    return this.#request.to?.sipUri?.host ?? '';
  }

  get fromUri(): string {
    return this.#request.from?.uri ?? '';
  }

  /** The phone's address of record: To of a REGISTER, From of everything else. */
  get aor(): string {
    const uri = (this.method === 'REGISTER' ? this.#request.to : this.#request.from)?.sipUri ?? null;
    return uri === null ? '' : `${uri.user}@${uri.host}`;
  }
}
