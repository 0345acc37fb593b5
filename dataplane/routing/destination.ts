/** A backend address, parsed once when its row arrives. */
import type { DestinationRow } from '../contract/rows.ts';
import { parseSipUri } from '../sip/uri.ts';
import { familyOf } from './address.ts';
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
    const uri = parseSipUri(row.uri);
    const transport = uri?.transport ?? '';
    this.row = row;
    this.id = row.id;
    this.setId = row.set;
    this.uri = row.uri;
    this.transport = transport === 'tcp' ? 'tcp' : 'udp';
    this.host = uri?.host ?? '';
    this.port = uri === null || uri.port === 0 ? 5060 : uri.port;
    this.family = familyOf(this.host);
    this.routable = uri !== null && uri.scheme === 'sip' && this.host !== '' && (transport === '' || transport === 'udp' || transport === 'tcp');
    this.salt = saltOf(row.id);
  }
}
