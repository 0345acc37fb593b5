/** What DNS is asked for and what it says, as the selection reads it. */

/** RFC 2782. */
export interface SrvRecord {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  /** Without the dot at the end; '' = "." in DNS: the service is decidedly not there. */
  readonly target: string;
}

/** RFC 3403 §4. */
export interface NaptrRecord {
  readonly order: number;
  readonly preference: number;
  readonly flags: string;
  readonly service: string;
  readonly regexp: string;
  /** Without the dot at the end; '' = none. */
  readonly replacement: string;
}

export interface AddressRecord {
  readonly family: 4 | 6;
  readonly address: string;
}

/** An answer. `told` false = nobody answered, or not with sense; then there are no records. */
export interface Told<T> {
  readonly records: readonly T[];
  /** How long it may be used. */
  readonly ttlMs: number;
  readonly told: boolean;
}

/** Asks DNS; never rejects. What an answer holds beyond the limits is left out. */
export interface DnsSource {
  srv(name: string): Promise<Told<SrvRecord>>;
  naptr(name: string): Promise<Told<NaptrRecord>>;
  addresses(name: string, families: Families): Promise<Told<AddressRecord>>;
  /** What the system's hosts file says of a name (lower case); known at once. */
  hosts(name: string): readonly AddressRecord[];
}

/** Which families are worth asking for. */
export interface Families {
  readonly v4: boolean;
  readonly v6: boolean;
}

/** Bounds on one look-up: a name that lies costs so many queries and entries, and no more. */
export const dnsLimits = {
  /** NAPTR records of a name that are looked at, best first after those for other services are left out. */
  naptrRecords: 4,
  /** SRV records of a service, lowest priority number first. */
  srvRecords: 16,
  /** Addresses of a host in each family. */
  addresses: 8,
  /** Servers of one look-up over all services. */
  servers: 32,
  /** ENUM rules of a number, best first. */
  enumRules: 16,
  /** Records of one answer that are read at all. */
  records: 256,
} as const;
