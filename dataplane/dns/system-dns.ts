/**
 * DNS by Node's resolver (c-ares): validated answers, source ports and identifiers drawn at random, TCP after
 * truncation, the next server after silence; a thread of its own is never blocked. It tells the time to live of A and
 * AAAA only (CNAMEs included). SRV and NAPTR come without (Node 26: SrvRecord and NaptrRecord have no ttl, ANY is
 * refused by most servers, RFC 8482), so these hold for 30 s whatever their own time says: a query a name in use
 * every 30 s is cheaper than a DNS client of our own.
 */
import { promises, type NaptrRecord as SystemNaptr, type SrvRecord as SystemSrv } from 'node:dns';
import { familyOf } from '../contract/address.ts';
import type { Clock } from '../runtime/clock.ts';
import { normalizeAddress } from '../transport/addresses.ts';
import { HostsFile } from './hosts-file.ts';
import { dnsLimits, type AddressRecord, type DnsSource, type Families, type NaptrRecord, type SrvRecord, type Told } from './records.ts';

/** SRV and NAPTR, there or not, and names that have no address. */
export const recordTtlMs = 30_000;
const minTtlMs = 1_000;
const maxTtlMs = 3_600_000;
/** First wait for an answer; the second and last is twice that long. */
const timeoutMs = 800;
const tries = 2;
/** The system's own choice of servers is read again so often. */
const serversAgainMs = 30_000;
/** DNS spoke: no such name, no such record, or a name that cannot be one. */
const denials: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME']);

export class SystemDns implements DnsSource {
  readonly #clock: Clock;
  readonly #servers: readonly string[];
  readonly #hosts: HostsFile;
  #resolver: promises.Resolver;
  #madeAt: number;

  /** @param servers `address[:port]` as `SIGNALBOX_DNS` gives them; none = the system's */
  constructor(clock: Clock, servers: readonly string[], hosts: HostsFile = new HostsFile(clock)) {
    this.#clock = clock;
    this.#servers = servers;
    this.#hosts = hosts;
    this.#resolver = this.#make();
    this.#madeAt = clock.now();
  }

  async srv(name: string): Promise<Told<SrvRecord>> {
    return ask(() => this.#current().resolveSrv(name), (record: SystemSrv) => ({ priority: record.priority, weight: record.weight, port: record.port, target: plainName(record.name) }));
  }

  async naptr(name: string): Promise<Told<NaptrRecord>> {
    return ask(() => this.#current().resolveNaptr(name), ({ order, preference, flags, service, regexp, replacement }: SystemNaptr) =>
      ({ order, preference, flags, service, regexp, replacement: plainName(replacement) }));
  }

  hosts(name: string): readonly AddressRecord[] {
    return this.#hosts.addresses(name);
  }

  async addresses(name: string, families: Families): Promise<Told<AddressRecord>> {
    const resolver = this.#current();
    const answers = await Promise.all([
      families.v4 ? askAddresses(() => resolver.resolve4(name, { ttl: true })) : denied,
      families.v6 ? askAddresses(() => resolver.resolve6(name, { ttl: true })) : denied,
    ]);
    const records = answers.flatMap((answer) => answer.records);
    const all = records.length > 0 ? answers.filter((answer) => answer.records.length > 0) : answers;
    // One family without an answer does not hide the other; it is asked for again as soon as any is.
    return { records, ttlMs: Math.min(...all.map(({ ttlMs }) => ttlMs)), told: records.length > 0 || answers.every(({ told }) => told) };
  }

  /** c-ares reads the system's servers once: a fresh one follows a change of network. */
  #current(): promises.Resolver {
    if (this.#servers.length === 0 && this.#clock.now() - this.#madeAt >= serversAgainMs) {
      this.#resolver = this.#make();
      this.#madeAt = this.#clock.now();
    }
    return this.#resolver;
  }

  #make(): promises.Resolver {
    const resolver = new promises.Resolver({ timeout: timeoutMs, tries });
    if (this.#servers.length > 0) resolver.setServers(this.#servers);
    return resolver;
  }
}

const silent: Told<never> = { records: [], ttlMs: 0, told: false };
const denied: Told<never> = { records: [], ttlMs: recordTtlMs, told: true };

const plainName = (name: string): string => name.toLowerCase().replace(/\.$/, '');

async function ask<From, To>(query: () => Promise<readonly From[]>, read: (record: From) => To): Promise<Told<To>> {
  try {
    return { records: (await query()).slice(0, dnsLimits.records).map(read), ttlMs: recordTtlMs, told: true };
  } catch (error) {
    return isDenial(error) ? denied : silent;
  }
}

async function askAddresses(query: () => Promise<readonly { readonly address: string; readonly ttl: number }[]>): Promise<Told<AddressRecord>> {
  try {
    const answers = (await query()).slice(0, dnsLimits.addresses);
    const records: AddressRecord[] = [];
    let ttlMs = maxTtlMs;
    for (const { address, ttl } of answers) {
      const plain = normalizeAddress(address);
      const family = familyOf(plain);
      ttlMs = Math.max(minTtlMs, Math.min(ttlMs, ttl * 1_000));
      if (family !== 0 && isServer(plain)) records.push({ family, address: plain });
    }
    return { records, ttlMs, told: true };
  } catch (error) {
    return isDenial(error) ? denied : silent;
  }
}

/** Whether one host can have that address: not the unspecified one, a group or a broadcast, which only a lie or a slip puts into DNS. */
const isServer = (address: string): boolean => !/^(0\.|22[4-9]\.|2[3-5]\d\.|::$|ff)/.test(address);

const isDenial = (error: unknown): boolean => error instanceof Error && 'code' in error && typeof error.code === 'string' && denials.has(error.code);
