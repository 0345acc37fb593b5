/** Locates the servers of a host: asks what RFC 3263 §4 wants asked, question after question; selection.ts has the rules. */
import { familyOf } from '../contract/address.ts';
import { defaultPort } from '../transport/flow.ts';
import type { Located, LocatedTransport } from '../transport/locate.ts';
import type { Server } from './draw.ts';
import { dnsLimits, type AddressRecord, type DnsSource, type Families, type SrvRecord, type Told } from './records.ts';
import { asksNaptr, isRefusal, placesOf, plainTransport, serversOf, servicesOffered, servicesSupposed, usableServers, type Service, type Wish } from './selection.ts';

/** Which families this node can send to by a transport. */
export type Reach = (transport: LocatedTransport) => Families;

/** `told` false = nothing was found and some question stayed without an answer: there may be servers. */
export interface Found {
  /** By ascending priority. */
  readonly servers: readonly Server[];
  readonly ttlMs: number;
  readonly told: boolean;
}

/** What is found although a question stayed open is looked up again so soon. */
const openTtlMs = 5_000;
/** The hosts file is looked at again so often. */
const hostsTtlMs = 10_000;

/** The place that a numeric host is, without DNS; null = a name. Empty = no way to send there. */
export function numericPlaces(wish: Wish, reach: Reach): readonly Located[] | null {
  const family = familyOf(wish.host);
  if (family === 0) return null;
  const sends = (transport: LocatedTransport): boolean => {
    const families = reach(transport);
    return family === 4 ? families.v4 : families.v6;
  };
  const transport = plainTransport(wish, sends);
  return transport === null ? [] : placesOf([{ family, address: wish.host }], transport, wish.port === 0 ? defaultPort(transport) : wish.port, '');
}

/** Asks DNS for the servers of a name (no numeric host). Never rejects; the number of questions is bounded by `dnsLimits`. */
export function findServers(source: DnsSource, reach: Reach, wish: Wish): Promise<Found> {
  return new Search(source, reach, wish).find();
}

class Search {
  private readonly source: DnsSource;
  private readonly reach: Reach;
  private readonly wish: Wish;
  private ttlMs = Infinity;
  private told = true;

  constructor(source: DnsSource, reach: Reach, wish: Wish) {
    this.source = source;
    this.reach = reach;
    this.wish = wish;
  }

  async find(): Promise<Found> {
    const servers = (await this.servers()).slice(0, dnsLimits.servers);
    const found = servers.length > 0;
    return { servers, told: found || this.told, ttlMs: found && !this.told ? Math.min(this.ttlMs, openTtlMs) : this.ttlMs };
  }

  private async servers(): Promise<readonly Server[]> {
    const { wish } = this;
    const own = this.source.hosts(wish.host);
    if (own.length > 0) return this.plainServers(own, hostsTtlMs);
    if (wish.port === 0) {
      if (asksNaptr(wish)) {
        const { records } = this.take(await this.source.naptr(wish.host));
        for (const services of servicesOffered(records, wish, this.speaks)) {
          const { servers } = await this.serve(services);
          if (servers.length > 0) return servers;
        }
      }
      const { servers, known } = await this.serve(servicesSupposed(wish, this.speaks));
      const plain = plainTransport(wish, this.speaks);
      if (servers.length > 0 || plain === null || known.has(plain)) return servers;
    }
    return this.plain();
  }

  /** The name itself as the server (§4.2): a port was given, or SRV does not know the service. */
  private async plain(): Promise<readonly Server[]> {
    const transport = plainTransport(this.wish, this.speaks);
    if (transport === null) return [];
    const { records, ttlMs } = this.take(await this.source.addresses(this.wish.host, this.reach(transport)));
    return this.plainServers(records, ttlMs);
  }

  private plainServers(addresses: readonly AddressRecord[], ttlMs: number): readonly Server[] {
    const { wish } = this;
    this.ttlMs = Math.min(this.ttlMs, ttlMs);
    const transport = plainTransport(wish, this.speaks);
    if (transport === null) return [];
    const places = placesOf(reachable(addresses, this.reach(transport)), transport, wish.port === 0 ? defaultPort(transport) : wish.port, wish.host);
    return places.length === 0 ? [] : [{ priority: 0, weight: 0, places }];
  }

  /** The servers of services, in their order. `known` = the transports that SRV says something about, be it that they are not there. */
  private async serve(services: readonly Service[]): Promise<{ servers: readonly Server[]; known: ReadonlySet<LocatedTransport> }> {
    const answers = await Promise.all(services.map(({ name }) => this.source.srv(name)));
    const known = new Set<LocatedTransport>();
    const usable = services.map(({ transport }, index): readonly SrvRecord[] => {
      const { records } = this.take(answers[index] ?? nothing);
      if (records.length > 0) known.add(transport);
      return isRefusal(records) ? [] : usableServers(records);
    });
    const addresses = await this.addressesOf(services, usable);
    const servers = services.flatMap(({ transport }, index) => {
      const families = this.reach(transport);
      return serversOf(usable[index] ?? [], (target) => reachable(addresses.get(target) ?? [], families), transport, this.wish.host, index);
    });
    return { servers, known };
  }

  /** Every target once, all at the same time. */
  private async addressesOf(services: readonly Service[], usable: readonly (readonly SrvRecord[])[]): Promise<ReadonlyMap<string, readonly AddressRecord[]>> {
    const targets = [...new Set(usable.flat().map(({ target }) => target))].slice(0, dnsLimits.srvRecords);
    const reached = services.map(({ transport }) => this.reach(transport));
    const families = { v4: reached.some(({ v4 }) => v4), v6: reached.some(({ v6 }) => v6) };
    const answers = await Promise.all(targets.map((target) => this.source.addresses(target, families)));
    return new Map(targets.map((target, index) => [target, this.take(answers[index] ?? nothing).records]));
  }

  private take<T>(answer: Told<T>): Told<T> {
    if (answer.told) this.ttlMs = Math.min(this.ttlMs, answer.ttlMs);
    else this.told = false;
    return answer;
  }

  private readonly speaks = (transport: LocatedTransport): boolean => {
    const { v4, v6 } = this.reach(transport);
    return v4 || v6;
  };
}

const reachable = (addresses: readonly AddressRecord[], families: Families): readonly AddressRecord[] =>
  addresses.filter(({ family }) => (family === 4 ? families.v4 : families.v6));

const nothing: Told<never> = { records: [], ttlMs: 0, told: false };
