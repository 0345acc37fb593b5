/** A backend address, parsed once when its row arrives. */
import { readAttrs } from '../contract/destination-attrs.ts';
import type { KnownAttrs } from '../contract/destination-attrs.ts';
import type { DestinationRow } from '../contract/rows.ts';
import { parseTarget, type Target } from '../contract/target.ts';
import { saltOf } from './hash.ts';
import type { SipTransport } from './query.ts';

export class Destination {
  readonly row: DestinationRow;
  readonly id: number;
  readonly setId: number;
  readonly uri: string;
  /** The attributes that have a meaning (`socket`: the listener to send from). */
  readonly attrs: KnownAttrs;
  /** Where requests go: by the URI, or by `obproxy` if that is given. */
  readonly transport: SipTransport;
  /** Lower case, IPv6 without brackets. */
  readonly host: string;
  /** 5060 when the URI has none, 5061 over TLS. */
  readonly port: number;
  /** Where requests go as it is written; null = nowhere. */
  readonly target: Target | null;
  /** 0 = a host name. */
  readonly family: 4 | 6 | 0;
  /** False for a URI that nobody can send to. */
  readonly routable: boolean;
  /** Fixed by the id; see hash.ts. */
  readonly salt: number;

  constructor(row: DestinationRow) {
    const attrs = readAttrs(row.attrs);
    const own = parseTarget(row.uri);
    const target = own !== null && attrs.outboundProxy !== '' ? parseTarget(attrs.outboundProxy) : own;
    this.row = row;
    this.target = target;
    this.id = row.id;
    this.setId = row.set;
    this.uri = row.uri;
    this.attrs = attrs;
    this.transport = target?.transport ?? 'udp';
    this.host = target?.host ?? '';
    this.port = target === null || target.port === 0 ? (this.transport === 'tls' ? 5061 : 5060) : target.port;
    this.family = target?.family ?? 0;
    this.routable = target !== null;
    this.salt = saltOf(row.id);
  }

  /** Its part of algorithm 11. */
  get relativeWeight(): number {
    return this.attrs.relativeWeight ?? this.row.weight;
  }
}
