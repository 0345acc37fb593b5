/**
 * The configuration as it travels from the control plane to a node: one type a table, rows keyed by
 * a string. These are the only shapes that the data plane knows of the database. Durations are in
 * milliseconds, numbers are integers.
 */

/** Wire tables in dependency order: a row only refers to rows of tables before its own. */
export const tableNames = [
  'setting', 'tenant', 'dispatcherSet', 'destination', 'routeSet', 'rule', 'domain', 'trunk', 'node',
] as const;
export type TableName = (typeof tableNames)[number];

/** Key: `id` as a decimal string. `key` is the slug that people and the REST API use. */
export interface TenantRow {
  readonly id: number;
  readonly key: string;
  readonly name: string;
  readonly enabled: boolean;
  /** 0 = unlimited. `cps` is new calls a second, `calls` concurrent calls. */
  readonly limits: { readonly calls: number; readonly cps: number; readonly registrations: number };
  readonly policies: {
    readonly media: 'relay' | 'direct' | 'auto';
    readonly topologyHiding: boolean;
    readonly digest: boolean;
  };
}

/** Key: `name`, lower case; exact (`sip.example`) or a suffix pattern (`*.example`). */
export interface DomainRow {
  readonly name: string;
  readonly tenant: number;
  readonly routeSet: number;
  readonly enabled: boolean;
  /** Kamailio's domain id; empty = the domain's own name. */
  readonly did: string;
}

/** What makes a call go on to the next destination; everything not listed is final. */
export type FailoverTrigger = 'timeout' | 'transport' | number;

/** Key: `number` as a decimal string. */
export interface RouteSetRow {
  readonly number: number;
  readonly name: string;
  /** null = shared by all tenants. */
  readonly tenant: number | null;
  readonly family: 'prefer' | 'match' | 'any';
  readonly failover: {
    /** Time until the first provisional response, then until the final one (RFC 3261 timers B/C in spirit). */
    readonly frMs: number;
    readonly frInviteMs: number;
    readonly on: readonly FailoverTrigger[];
    readonly maxAttempts: number;
  };
}

export type RuleMatch =
  | { readonly type: 'exact'; readonly value: string }
  /** Both ends included; only users of the same number of digits match. */
  | { readonly type: 'range'; readonly from: string; readonly to: string }
  | { readonly type: 'prefix'; readonly value: string }
  | { readonly type: 'any' };

/** Key: `id` as a decimal string. Rules of a route set are tried: exact, range, longest prefix, any; ties by `position`. */
export interface RuleRow {
  readonly id: number;
  readonly routeSet: number;
  readonly position: number;
  readonly match: RuleMatch;
  /** Empty = every method. Upper case. */
  readonly methods: readonly string[];
  /** Dispatcher set ids: the first with a usable destination serves, the rest are its backups. */
  readonly sets: readonly number[];
  /** Digits taken off the front of the user part before `prepend` is put there. */
  readonly strip: number;
  readonly prepend: string;
}

export type Affinity = 'none' | 'aor' | 'source' | 'call-id';

/** Dispatcher algorithms by Kamailio's number. */
export const algorithms = { callIdHash: 0, roundRobin: 4, serial: 8, weight: 9 } as const;
export type Algorithm = (typeof algorithms)[keyof typeof algorithms];

/** Key: `id` (Kamailio's setid) as a decimal string. */
export interface DispatcherSetRow {
  readonly id: number;
  readonly name: string;
  readonly tenant: number | null;
  readonly algorithm: Algorithm;
  /** Always used for REGISTER; for other methods only when `affinityAll`. */
  readonly affinity: Affinity;
  readonly affinityAll: boolean;
  readonly probing: {
    readonly mode: 'always' | 'failing' | 'never';
    readonly intervalMs: number;
    readonly timeoutMs: number;
    readonly downAfter: number;
    readonly upAfter: number;
    /** Status codes that count as alive. A time-out never does. */
    readonly codes: readonly number[];
    /** From URI of the probes; empty = the node's own address. */
    readonly from: string;
    /** A destination without a verdict yet may be used. */
    readonly useUnknown: boolean;
  };
}

export type AdminState = 'enabled' | 'draining' | 'disabled';

/** Key: `id` as a decimal string; stable over edits, so two destinations may share a URI. */
export interface DestinationRow {
  readonly id: number;
  readonly set: number;
  readonly uri: string;
  /** 1 = first. */
  readonly rank: number;
  readonly weight: number;
  readonly admin: AdminState;
  readonly attrs: Readonly<Record<string, string>>;
}

/** Key: `key` (slug). A peer known by its source address. */
export interface TrunkRow {
  readonly key: string;
  readonly name: string;
  readonly tenant: number;
  readonly routeSet: number;
  readonly enabled: boolean;
  /** CIDR prefixes or single addresses, IPv4 or IPv6; the longest match over all trunks wins. */
  readonly sources: readonly string[];
}

/** Key: `id` (node uuid). Desired state of a node; facts about it never travel down. */
export interface NodeRow {
  readonly id: string;
  readonly draining: boolean;
}

/** Key: always `global`. Behaviour of every node. */
export interface SettingRow {
  /** What an unknown domain gets: silence, or one of two answers. */
  readonly unknownDomain: 'drop' | 403 | 404;
  /** Drop requests whose To host differs from the Request-URI's (outside dialogs, REGISTER excepted). */
  readonly requireToMatch: boolean;
  /** Lower-case substrings of User-Agent that get silence. */
  readonly scanners: readonly string[];
  /** `iana` = every registered method; `strict` = REGISTER, INVITE, ACK, BYE, CANCEL, OPTIONS. */
  readonly methods: 'iana' | 'strict';
}

export interface Rows {
  readonly setting: SettingRow;
  readonly tenant: TenantRow;
  readonly dispatcherSet: DispatcherSetRow;
  readonly destination: DestinationRow;
  readonly routeSet: RouteSetRow;
  readonly rule: RuleRow;
  readonly domain: DomainRow;
  readonly trunk: TrunkRow;
  readonly node: NodeRow;
}

/** One change of one row: `row` null = removed. */
export type RowOp = {
  readonly [T in TableName]: { readonly table: T; readonly key: string; readonly row: Rows[T] | null };
}[TableName];

export const defaultSetting: SettingRow = {
  unknownDomain: 'drop',
  requireToMatch: false,
  scanners: ['sipvicious', 'friendly-scanner', 'sipcli', 'sip-scan', 'sundayddr', 'nmap', 'sipsak-scan', 'vaxsipuseragent'],
  methods: 'iana',
};
