import { Type } from 'typebox';
import type { Static } from 'typebox';
import { limits } from '../../dataplane/contract/limits.ts';
import { Comment, keptFields, Name, SetNumber, Slug, writtenFields } from './fields.ts';
import { writeFields } from './query.ts';

const User = Type.String({ minLength: 1, maxLength: limits.userPartLength });
export const RuleMatchBody = Type.Union([
  Type.Object({ type: Type.Literal('exact'), value: User }, { additionalProperties: false }),
  Type.Object({ type: Type.Literal('range'), from: User, to: User }, { additionalProperties: false }),
  Type.Object({ type: Type.Literal('prefix'), value: User }, { additionalProperties: false }),
  Type.Object({ type: Type.Literal('any') }, { additionalProperties: false }),
]);
export type RuleMatchBody = Static<typeof RuleMatchBody>;

const Sets = Type.Array(SetNumber, { maxItems: limits.setsPerRule, description: 'First = primary, the rest = backups in order; with prices the cheapest comes first' });
/** Units with up to six decimals. */
export const Price = Type.Number({ minimum: 0, maximum: limits.price / 1_000_000, description: 'Up to six decimals' });
const Prices = Type.Array(Price, { maxItems: limits.setsPerRule, description: 'One for each of sets, or none' });
/** `11` or `{"set": 11, "price": 0.0123}`. */
const PricedSets = Type.Array(Type.Union([SetNumber, Type.Object({ set: SetNumber, price: Price }, { additionalProperties: false })]), { maxItems: limits.setsPerRule });
const Clock = (description: string) => Type.String({ minLength: 5, maxLength: 5, description });
const window = {
  timezone: Type.String({ minLength: 1, maxLength: limits.slugLength, description: 'IANA name, such as Europe/Berlin' }),
  days: Type.Array(Type.Integer({ minimum: 1, maximum: 7 }), { minItems: 1, maxItems: 7, description: '1 = Monday to 7 = Sunday' }),
  from: Clock('HH:MM'),
  to: Clock('HH:MM or 24:00; not later than from = over midnight'),
};
const Window = Type.Object(window, { additionalProperties: false });
/** Every day and all day where nothing else is said. */
export const WindowBody = Type.Object({
  timezone: window.timezone, days: Type.Optional(window.days), from: Type.Optional(window.from), to: Type.Optional(window.to),
}, { additionalProperties: false });
export type WindowBody = Static<typeof WindowBody>;
const Windows = { maxItems: limits.windowsPerRule, description: 'Empty = always; else one of them must hold' };
const Rates = Type.Integer({ minimum: 0, maximum: 2_147_483_647, description: 'A rate table whose rows choose the sets (least-cost routing), 0 = none; sets are then the backups' });
const EnumSuffix = Type.String({ maxLength: limits.domainLength, description: 'Asked first (RFC 6116), such as e164.arpa; empty = none; sets are then the backups' });
const Methods = Type.Array(Type.String({ minLength: 1, maxLength: 32 }), { maxItems: limits.methodsPerRule, description: 'Empty = every method' });
const Strip = Type.Integer({ minimum: 0, maximum: limits.userPartLength });
const Prepend = Type.String({ maxLength: limits.userPartLength });

/** Without `id` a rule keeps the id of the rule with the same match and methods, so that an unchanged PUT changes nothing. */
export const RuleBody = Type.Object({
  id: Type.Optional(Type.Integer({ minimum: 1 })),
  match: RuleMatchBody,
  methods: Type.Optional(Methods),
  sets: Type.Optional(PricedSets),
  prices: Type.Optional(Prices),
  windows: Type.Optional(Type.Array(WindowBody, Windows)),
  rates: Type.Optional(Rates),
  enumSuffix: Type.Optional(EnumSuffix),
  strip: Type.Optional(Strip),
  prepend: Type.Optional(Prepend),
  comment: Type.Optional(Comment),
}, { additionalProperties: false });
export type RuleBody = Static<typeof RuleBody>;

export const Rule = Type.Object({
  id: Type.Integer(), match: RuleMatchBody, methods: Methods, sets: Sets, prices: Prices, windows: Type.Array(Window, Windows), rates: Rates, enumSuffix: EnumSuffix,
  strip: Strip, prepend: Prepend, comment: Comment,
}, { additionalProperties: false });
export type Rule = Static<typeof Rule>;

const Family = Type.Union([Type.Literal('prefer'), Type.Literal('match'), Type.Literal('any')]);
const Trigger = Type.Union([Type.Literal('timeout'), Type.Literal('transport'), Type.Integer({ minimum: 300, maximum: 699 })]);
const failover = {
  frMs: Type.Integer({ minimum: 100, maximum: 60_000 }),
  frInviteMs: Type.Integer({ minimum: 1_000, maximum: 600_000 }),
  on: Type.Array(Trigger, { maxItems: limits.codesPerSet }),
  maxAttempts: Type.Integer({ minimum: 1, maximum: 16 }),
};
export const Failover = Type.Object(failover, { additionalProperties: false });
export type Failover = Static<typeof Failover>;

export const RouteSetBody = Type.Object({
  name: Type.Optional(Name),
  tenant: Type.Optional(Type.Union([Slug, Type.Null()])),
  family: Type.Optional(Family),
  rules: Type.Optional(Type.Array(RuleBody, { maxItems: limits.rulesPerRouteSet })),
  failover: Type.Optional(Type.Object({
    frMs: Type.Optional(failover.frMs), frInviteMs: Type.Optional(failover.frInviteMs),
    on: Type.Optional(failover.on), maxAttempts: Type.Optional(failover.maxAttempts),
  }, { additionalProperties: false })),
  ...writtenFields,
}, { additionalProperties: false });
export type RouteSetBody = Static<typeof RouteSetBody>;

/** POST: the number is given or the next free one is taken. */
export const RouteSetCreate = Type.Object({
  number: Type.Optional(SetNumber), ...RouteSetBody.properties,
}, { additionalProperties: false });
export type RouteSetCreate = Static<typeof RouteSetCreate>;

const routeSetFields = {
  number: SetNumber,
  name: Name,
  /** null = shared by all tenants. */
  tenant: Type.Union([Slug, Type.Null()]),
  family: Family,
  failover: Failover,
  ...keptFields,
};
export const RouteSet = Type.Object({ ...routeSetFields, rules: Type.Array(Rule) }, { additionalProperties: false });
export type RouteSet = Static<typeof RouteSet>;
export const RouteSetWritten = Type.Object({ ...routeSetFields, rules: Type.Array(Rule), ...writeFields }, { additionalProperties: false });
export type RouteSetWritten = Static<typeof RouteSetWritten>;

/** Lists leave the rules out (a set may have thousands). */
export const RouteSetListItem = Type.Object({
  ...routeSetFields, ruleCount: Type.Integer(), domainCount: Type.Integer(), trunkCount: Type.Integer(),
}, { additionalProperties: false });
export type RouteSetListItem = Static<typeof RouteSetListItem>;
