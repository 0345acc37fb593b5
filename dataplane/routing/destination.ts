/** A backend address, parsed once when its row arrives. */
import type { DestinationRow } from '../contract/rows.ts';
import { parseTarget } from '../contract/target.ts';
import { saltOf } from './hash.ts';
import type { SipTransport } from './query.ts';

export class Destination {
  readonly row: DestinationRow;
  readonly id: number;
  readonly setId: number;
  readonly uri: string;
  readonly transport: SipTransport;
  /** Lower case, IPv6 without brackets. */
  readonly host: string;
  /** 5060 when the URI has none. */
  readonly port: number;
  /** 0 = a host name. */
  readonly family: 4 | 6 | 0;
  /** False for a URI that this node cannot send to: malformed, or a transport it does not speak. */
  readonly routable: boolean;
  /** Fixed by the id; see hash.ts. */
  readonly salt: number;

  constructor(row: DestinationRow) {
    const target = parseTarget(row.uri);
    this.row = row;
    this.id = row.id;
    this.setId = row.set;
    this.uri = row.uri;
    this.transport = target?.transport === 'tcp' ? 'tcp' : 'udp';
    this.host = target?.host ?? '';
    this.port = target === null || target.port === 0 ? 5060 : target.port;
    this.family = target?.family ?? 0;
    this.routable = target !== null && target.transport !== 'tls';
    this.salt = saltOf(row.id);
  }
}
