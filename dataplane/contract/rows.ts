/**
 * The configuration as it travels from the control plane to a node: one type a table, rows keyed by
 * a string. These are the only shapes that the data plane knows of the database. Durations are in
 * milliseconds, numbers are integers.
 */

import type { Algorithm } from './algorithms.ts';

export { algorithms } from './algorithms.ts';
export type { Algorithm } from './algorithms.ts';

/** Wire tables in dependency order: a row only refers to rows of tables before its own. */
export const tableNames = [
  'setting', 'tenant', 'certificate', 'dispatcherSet', 'destination', 'routeSet', 'rule', 'rate', 'domain', 'number', 'alias', 'trunk', 'node',
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
    /** What becomes of a 3xx of a destination: it goes to the caller, ends as 480, or the edge itself tries its Contacts (RFC 3261 §16.7 step 4). */
    readonly redirects: 'pass' | 'block' | 'recurse';
    /** Topology hiding replaces Call-IDs too. */
    readonly hideCallId: boolean;
    /** How relayed media learns where an end is; `default` = as the settings say. */
    readonly latching: 'default' | 'strict' | 'sdp' | 'loose';
  };
}

/** Key: `name` (slug). Which one a client gets is decided by the name it asks for (SNI). */
export interface CertificateRow {
  readonly name: string;
  /** Lower-case DNS names of the certificate (its SANs, else its CN), wildcards as `*.x`. */
  readonly names: readonly string[];
  /** PEM, the certificate itself first, then its issuers in order. */
  readonly chain: string;
  /** The private key, sealed (see sealed.ts): nobody but a holder of the cluster keys can open it. */
  readonly key: string;
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

/** A weekly stretch of time by the clock of a place. */
export interface TimeWindow {
  /** IANA name: `Europe/Berlin`. */
  readonly timezone: string;
  /** 1 = Monday to 7 = Sunday; the day on which the window begins. */
  readonly days: readonly number[];
  /** `HH:MM`, included. */
  readonly from: string;
  /** `HH:MM` or `24:00`, not included; not later than `from` = over midnight. */
  readonly to: string;
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
  /** Dispatcher set ids: the first with a usable destination serves, the rest are its backups. Empty only beside `rates` or `enumSuffix`. */
  readonly sets: readonly number[];
  /** One for each of `sets`, in millionths of a unit: cheapest first. Empty = the order of `sets` holds. */
  readonly prices: readonly number[];
  /** Empty = always; else one of them must hold when the request comes. */
  readonly windows: readonly TimeWindow[];
  /** Number of a rate table whose rows choose the sets (least-cost routing), 0 = none; `sets` are then the backups. */
  readonly rates: number;
  /** ENUM suffix (RFC 6116) that is asked first, `e164.arpa` say; empty = none. `sets` are then the backups. */
  readonly enumSuffix: string;
  /** Digits taken off the front of the user part before `prepend` is put there. */
  readonly strip: number;
  readonly prepend: string;
}

/** Key: `table/prefix/set`. One line of a carrier's price list: the longest prefix of each set counts, the cheapest set comes first. */
export interface RateRow {
  readonly table: number;
  /** Digits, or `+` and digits. */
  readonly prefix: string;
  readonly set: number;
  /** Millionths of a unit, a minute say. */
  readonly price: number;
}

/**
 * Key: `pattern`. A called number of a tenant (DID), for calls that come from trunks: exact (`+4930123456`) or a prefix
 * (`+4930123*`); exact wins, then the longest prefix.
 */
export interface NumberRow {
  readonly pattern: string;
  readonly tenant: number;
  readonly routeSet: number;
  readonly enabled: boolean;
}

/**
 * Key: `alias`. Another name of an address: `sales@acme.example`, or of a whole domain: `*@old.example`. In `target` a `*`
 * keeps the dialled user. A target is not looked up as an alias again.
 */
export interface AliasRow {
  readonly alias: string;
  readonly target: string;
  readonly tenant: number;
  readonly enabled: boolean;
}

export type Affinity = 'none' | 'aor' | 'source' | 'call-id';

/** Key: `id` (Kamailio's setid) as a decimal string. */
export interface DispatcherSetRow {
  readonly id: number;
  readonly name: string;
  readonly tenant: number | null;
  readonly algorithm: Algorithm;
  /** Always used for REGISTER; for other methods only when `affinityAll`. */
  readonly affinity: Affinity;
  readonly affinityAll: boolean;
  /** What algorithm 7 hashes: `from`, `to`, `ruri` (or only the user part: `from-user` and so on), `call-id`, `source`, `auth-user` or `header:NAME`. */
  readonly hashOn: string;
  /** A new or recovered destination grows from 10 % to all of its share in so long; 0 = at once. */
  readonly slowStartMs: number;
  /** How a phone behind this set's backends is found again: they keep our Path (RFC 3327), or the Contact is replaced. */
  readonly registration: 'path' | 'contact';
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
  /** Characters taken off the front of the dialled user, before `prepend` is put there and numbers are looked up. */
  readonly strip: number;
  readonly prepend: string;
}

/** Key: `id` (node uuid). Desired state of a node; facts about it never travel down. */
export interface NodeRow {
  readonly id: string;
  readonly draining: boolean;
  /** false = OPTIONS to the node itself get no answer, so that upstreams leave it. */
  readonly answerOptions: boolean;
}

/** Key: always `global`. Behaviour of every node. */
export interface SettingRow {
  /** What an unknown domain gets: silence, or one of two answers. */
  readonly unknownDomain: 'drop' | 403 | 404;
  /** Drop requests whose To host differs from the Request-URI's (outside dialogs, REGISTER excepted). */
  readonly requireToMatch: boolean;
  /** Lower-case substrings of User-Agent that get silence. */
  readonly scanners: readonly string[];
  /** `any` = unknown methods pass too; `iana` = every registered method; `strict` = REGISTER, INVITE, ACK, BYE, CANCEL, OPTIONS. */
  readonly methods: 'any' | 'iana' | 'strict';
  readonly tls: {
    readonly clientCertificates: 'off' | 'request' | 'require';
    /** PEM roots for client certificates and for the certificates of destinations, beside the system's. */
    readonly ca: string;
    readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
    /** Destinations over TLS must show a certificate that fits their host. */
    readonly verifyDestinations: boolean;
  };
  readonly registration: {
    /** REGISTERs a second that a node relays, 0 = no limit; more get 503 with a spread Retry-After. */
    readonly perSecond: number;
    /** Granted expiries are shortened by up to so many percent, so that storms spread; 0 = not at all. */
    readonly spreadPercent: number;
  };
  /** Towards registered phones behind NAT on UDP. */
  readonly keepAlive: { readonly method: 'off' | 'crlf' | 'options'; readonly intervalMs: number };
  readonly media: {
    /** External engines that nodes with the engine `rtpengine` share calls out to. */
    readonly rtpengines: readonly RtpengineInstance[];
    /** A relayed call without a packet either way ends its media after so long. */
    readonly idleMs: number;
    /** What a call gets when no ports or engine are left: 503, or its SDP passes as it came. */
    readonly exhausted: 'refuse' | 'direct';
    /** How an end's media address is learned: only the one that its SDP names, from the hosts that SDP and signalling name, or from anywhere. */
    readonly latching: 'strict' | 'sdp' | 'loose';
  };
}

/** One rtpengine of the pool, reached by its ng protocol over UDP. */
export interface RtpengineInstance {
  /** `host:port`, the host a name in lower case or an address, IPv6 in brackets. */
  readonly address: string;
  /** Share of new calls beside the others; 0 = only when no other is left. */
  readonly weight: number;
  /** false = no new calls; those that it has stay. */
  readonly enabled: boolean;
}

export interface Rows {
  readonly setting: SettingRow;
  readonly tenant: TenantRow;
  readonly certificate: CertificateRow;
  readonly dispatcherSet: DispatcherSetRow;
  readonly destination: DestinationRow;
  readonly routeSet: RouteSetRow;
  readonly rule: RuleRow;
  readonly rate: RateRow;
  readonly domain: DomainRow;
  readonly number: NumberRow;
  readonly alias: AliasRow;
  readonly trunk: TrunkRow;
  readonly node: NodeRow;
}

/** One change of one row: `row` null = removed. */
export type RowOp = {
  readonly [T in TableName]: { readonly table: T; readonly key: string; readonly row: Rows[T] | null };
}[TableName];

/** Behaviour of every node as long as nobody set any. */
export const defaultSetting: SettingRow = {
  unknownDomain: 'drop',
  requireToMatch: false,
  scanners: ['sipvicious', 'friendly-scanner', 'sipcli', 'sip-scan', 'sundayddr', 'nmap', 'sipsak-scan', 'vaxsipuseragent'],
  methods: 'any',
  tls: { clientCertificates: 'off', ca: '', minVersion: 'TLSv1.2', verifyDestinations: true },
  registration: { perSecond: 0, spreadPercent: 0 },
  keepAlive: { method: 'crlf', intervalMs: 30_000 },
  media: { rtpengines: [], idleMs: 60_000, exhausted: 'refuse', latching: 'sdp' },
};

// Fields that came after schema 1: a row written before them is read with these values.
export const settingDefaults = { tls: defaultSetting.tls, registration: defaultSetting.registration, keepAlive: defaultSetting.keepAlive, media: defaultSetting.media } as const;
export const tenantPolicyDefaults = { redirects: 'pass', hideCallId: false, latching: 'default' } as const;
export const dispatcherSetDefaults = { hashOn: 'call-id', slowStartMs: 0, registration: 'path' } as const;
export const ruleDefaults = { prices: [], windows: [], rates: 0, enumSuffix: '' } as const;
export const trunkDefaults = { strip: 0, prepend: '' } as const;
export const nodeDefaults = { answerOptions: true } as const;
