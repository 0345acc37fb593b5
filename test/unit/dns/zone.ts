/** Zones in memory for tests of what asks DNS: every question is noted. */
import type { AddressRecord, DnsSource, Families, NaptrRecord, SrvRecord, Told } from '../../../dataplane/dns/records.ts';

export interface Zone {
  readonly srv?: Readonly<Record<string, readonly SrvRecord[]>>;
  readonly naptr?: Readonly<Record<string, readonly NaptrRecord[]>>;
  readonly addresses?: Readonly<Record<string, readonly string[]>>;
  readonly hosts?: Readonly<Record<string, readonly string[]>>;
  /** Questions that get no answer, as the log shows them. */
  readonly silent?: readonly string[];
  readonly ttlMs?: number;
}

export const srv = (target: string, over: Partial<SrvRecord> = {}): SrvRecord => ({ priority: 10, weight: 0, port: 5060, target, ...over });
export const naptr = (service: string, replacement: string, over: Partial<NaptrRecord> = {}): NaptrRecord =>
  ({ order: 10, preference: 10, flags: 's', service, regexp: '', replacement, ...over });

export class ZoneSource implements DnsSource {
  readonly log: string[] = [];
  zone: Zone;

  constructor(zone: Zone) {
    this.zone = zone;
  }

  srv(name: string): Promise<Told<SrvRecord>> {
    return this.#answer(`SRV ${name}`, this.zone.srv?.[name] ?? []);
  }

  naptr(name: string): Promise<Told<NaptrRecord>> {
    return this.#answer(`NAPTR ${name}`, this.zone.naptr?.[name] ?? []);
  }

  addresses(name: string, { v4, v6 }: Families): Promise<Told<AddressRecord>> {
    const records = recordsOf(this.zone.addresses?.[name] ?? []).filter(({ family }) => (family === 4 ? v4 : v6));
    return this.#answer(`A ${name}`, records);
  }

  hosts(name: string): readonly AddressRecord[] {
    return recordsOf(this.zone.hosts?.[name] ?? []);
  }

  #answer<T>(question: string, records: readonly T[]): Promise<Told<T>> {
    this.log.push(question);
    return Promise.resolve(this.zone.silent?.includes(question) === true ? { records: [], ttlMs: 0, told: false } : { records, ttlMs: this.zone.ttlMs ?? 60_000, told: true });
  }
}

const recordsOf = (addresses: readonly string[]): AddressRecord[] => addresses.map((address) => ({ family: address.includes(':') ? 6 : 4, address }));
