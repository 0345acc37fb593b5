/** A request as routing asks about it; what only some algorithms need is worked out when they ask. */
import type { RouteQuery } from '../routing/query.ts';
import { aorOf, hostOf, userOf } from '../routing/query-uri.ts';
import { credentialsUser } from '../sip/credentials.ts';
import type { NameAddr } from '../sip/name-addr.ts';
import { uriKey, type SipUri } from '../sip/uri.ts';
import type { SipMessage } from '../sip/message.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Flow, TransportName } from '../transport/flow.ts';

function keyOf(address: NameAddr | null): string {
  const uri = address?.sipUri ?? null;
  return uri === null ? '' : uriKey(uri);
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
  readonly #wallClock: Clock;

  /**
   * @param wallClock epoch milliseconds; read only when routing asks for the time
   * @param uri the address it is for: its Request-URI, or where a redirection leads
   */
  constructor(request: SipMessage, flow: Flow, wallClock: Clock, uri: SipUri | null = request.sipUri) {
    this.#request = request;
    this.#wallClock = wallClock;
    this.method = request.method;
    this.user = uri === null ? '' : userOf(uri);
    this.host = uri === null ? '' : uri.scheme === 'tel' ? hostOf(uri, request.from?.sipUri?.host ?? '') : uri.host;
    this.sourceAddress = flow.address;
    this.sourcePort = flow.port;
    this.transport = flow.transport;
    this.family = flow.family;
  }

  get callId(): string {
    return this.#request.callId;
  }

  get toHost(): string {
    const to = this.#request.to?.sipUri ?? null;
    return to === null ? '' : to.scheme === 'tel' ? this.host : to.host;
  }

  get fromKey(): string {
    return keyOf(this.#request.from);
  }

  get toKey(): string {
    return keyOf(this.#request.to);
  }

  get authUser(): string {
    const credentials = this.#request.header('proxy-authorization') ?? this.#request.header('authorization');
    return credentials === undefined ? '' : credentialsUser(credentials);
  }

  get timeMs(): number {
    return this.#wallClock.now();
  }

  header(name: string): string {
    return this.#request.header(name) ?? '';
  }

  /** The phone's address of record: To of a REGISTER, From of everything else. */
  get aor(): string {
    return aorOf((this.method === 'REGISTER' ? this.#request.to : this.#request.from)?.sipUri ?? null);
  }
}
