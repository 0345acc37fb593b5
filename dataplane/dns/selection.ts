/**
 * The rules of RFC 3263 §4.1 and §4.2: which transport, which name and which port. Pure: a question and records in,
 * the next question or servers out; find-servers.ts asks.
 */
import { isHostName } from '../contract/target.ts';
import { connectTransport, type Located, type LocatedTransport } from '../transport/locate.ts';
import type { Server } from './draw.ts';
import { dnsLimits, type AddressRecord, type NaptrRecord, type SrvRecord } from './records.ts';

/** What is looked for. */
export interface Wish {
  /** Lower case, without brackets. */
  readonly host: string;
  /** 0 = none given. */
  readonly port: number;
  /** '' = the URI names none. */
  readonly transport: '' | LocatedTransport;
  /** sips: nothing but TLS will do. */
  readonly secure: boolean;
}

/** Whether this node can send by that transport (over either family). */
export type Speaks = (transport: LocatedTransport) => boolean;

/** One SRV question and the transport that its servers are reached by. */
export interface Service {
  readonly transport: LocatedTransport;
  readonly name: string;
}

const anyTransport: readonly LocatedTransport[] = ['udp', 'tcp'];
const tlsOnly: readonly LocatedTransport[] = ['tls'];
/** Services that NAPTR names (RFC 3263 §4.1); those over WebSocket or SCTP are not ours. */
const naptrServices: ReadonlyMap<string, LocatedTransport> = new Map([['SIP+D2U', 'udp'], ['SIP+D2T', 'tcp'], ['SIPS+D2T', 'tls']]);
/** Above every SRV priority: what a later service's servers get on top. */
const serviceStep = 0x1_0000;

/** The question in one form; null when scheme and transport contradict each other or nobody connects by that transport. */
export function wishOf(host: string, port: number, transport: string, secure: boolean): Wish | null {
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  const named = connectTransport(transport.toLowerCase(), secure);
  return named === null ? null : { host: bare.toLowerCase().replace(/\.$/, ''), port, transport: named, secure };
}

/**
 * The transport where nothing but the URI decides: the one it names, else TLS for sips and UDP for sip (§4.1), else TCP
 * on a node without UDP. null = this node does not speak it.
 */
export function plainTransport(wish: Wish, speaks: Speaks): LocatedTransport | null {
  if (wish.transport !== '') return speaks(wish.transport) ? wish.transport : null;
  return (wish.secure ? tlsOnly : anyTransport).find(speaks) ?? null;
}

/** Whether NAPTR is asked: no port and no transport given (§4.1). */
export const asksNaptr = (wish: Wish): boolean => wish.port === 0 && wish.transport === '';

/**
 * The services that NAPTR offers and this node speaks, in the order to try; groups of one order are alternatives that come
 * after each other, the next order counts only when none of the former led anywhere (RFC 3403 §4.1). Records that do not
 * end in SRV, or for other services, are left out; so is whatever is not TLS for a sips URI.
 */
export function servicesOffered(records: readonly NaptrRecord[], wish: Wish, speaks: Speaks): readonly (readonly Service[])[] {
  const usable = records
    .map((record) => ({ record, transport: naptrServices.get(record.service.toUpperCase()) }))
    .filter(({ record, transport }) => transport !== undefined && speaks(transport) && (!wish.secure || transport === 'tls')
      && record.flags.toLowerCase() === 's' && isHostName(record.replacement))
    .sort((a, b) => a.record.order - b.record.order || a.record.preference - b.record.preference)
    .slice(0, dnsLimits.naptrRecords);
  const groups = new Map<number, Service[]>();
  for (const { record, transport } of usable) {
    if (transport === undefined) continue;
    const service = { transport, name: record.replacement.toLowerCase() };
    const group = groups.get(record.order);
    if (group === undefined) groups.set(record.order, [service]);
    else group.push(service);
  }
  return [...groups.values()];
}

/** The SRV names to ask where NAPTR has not said: of the transport named, else of each that this node speaks (§4.1, §4.2). */
export function servicesSupposed(wish: Wish, speaks: Speaks): readonly Service[] {
  const candidates = wish.transport !== '' ? [wish.transport] : wish.secure ? tlsOnly : anyTransport;
  return candidates.filter(speaks).map((transport) => ({ transport, name: `${srvPrefix(transport)}.${wish.host}` }));
}

function srvPrefix(transport: LocatedTransport): string {
  return transport === 'udp' ? '_sip._udp' : transport === 'tcp' ? '_sip._tcp' : '_sips._tcp';
}

/** True when SRV says that the service is decidedly not there: a single record whose target is "." (RFC 2782). */
export const isRefusal = (records: readonly SrvRecord[]): boolean => records.length === 1 && records[0]?.target === '';

/** The records worth following: whole, with a name that is one, lowest priority number first, no more than the limit. */
export function usableServers(records: readonly SrvRecord[]): readonly SrvRecord[] {
  return records
    .filter(({ target, port }) => port > 0 && isHostName(target))
    .sort((a, b) => a.priority - b.priority)
    .slice(0, dnsLimits.srvRecords);
}

/**
 * The servers of one service: each SRV record with the addresses of its target that this node can send to.
 * @param place how many services come before: all servers of an earlier service are tried first
 */
export function serversOf(
  records: readonly SrvRecord[], addresses: (target: string) => readonly AddressRecord[], transport: LocatedTransport, serverName: string, place: number,
): readonly Server[] {
  const servers: Server[] = [];
  for (const { priority, weight, port, target } of records) {
    const places = placesOf(addresses(target), transport, port, serverName);
    if (places.length > 0) servers.push({ priority: place * serviceStep + priority, weight, places });
  }
  return servers;
}

/** Addresses as places; `serverName` is kept for TLS alone, which has a certificate to check it by. */
export function placesOf(addresses: readonly AddressRecord[], transport: LocatedTransport, port: number, serverName: string): readonly Located[] {
  const name = transport === 'tls' ? serverName : '';
  return addresses.map(({ family, address }) => ({ transport, family, address, port, serverName: name }));
}
