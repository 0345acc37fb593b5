import type { Rule, RouteSet, RouteSetCreate, RuleBody, RuleMatchBody } from '../../../../controlplane/contract/index.ts';

export type MatchType = RuleMatchBody['type'];

/** A time window, as the API has it. */
export type WindowValues = Rule['windows'][number];

export interface RuleValues {
  /** Identity in the form; a rule that is not saved yet has no id. */
  uid: string;
  id: number | null;
  match: { type: MatchType; value: string; from: string; to: string };
  methods: string[];
  sets: number[];
  /** Parallel to `sets`; empty = no set has a price. */
  prices: (number | string)[];
  windows: WindowValues[];
  rates: number | string;
  enumSuffix: string;
  strip: number | string;
  prepend: string;
  comment: string;
}

/** What the route-set form edits; paths equal those of the API's body. */
export interface RouteSetValues extends Record<string, unknown> {
  number: number | string;
  name: string;
  tenant: string | null;
  family: 'prefer' | 'match' | 'any';
  rules: RuleValues[];
  failover: { frMs: number | string; frInviteMs: number | string; on: (string | number)[]; maxAttempts: number | string };
  comment: string;
}

let made = 0;

/** A new rule; `any` so that it catches what the rules above leave. */
export function newRule(type: MatchType, sets: readonly number[] = []): RuleValues {
  made += 1;
  return { uid: `new-${made}`, id: null, match: { type, value: '', from: '', to: '' }, methods: [], sets: [...sets], prices: [], windows: [], rates: 0, enumSuffix: '', strip: 0, prepend: '', comment: '' };
}

/** Form values of a route set, or those of a new one (of `tenant`, when the list was filtered to it). */
export function routeSetValues(set: RouteSet | null, tenant: string | undefined): RouteSetValues {
  return {
    number: set?.number ?? '',
    name: set?.name ?? '',
    tenant: set === null ? (tenant ?? null) : set.tenant,
    family: set?.family ?? 'prefer',
    rules:
      set === null
        ? [newRule('any')]
        : set.rules.map((rule) => ({
            ...rule,
            uid: `id-${rule.id}`,
            match: { value: '', from: '', to: '', ...rule.match },
          })),
    failover: set === null ? { frMs: 5000, frInviteMs: 30_000, on: ['timeout', 'transport', 500, 503], maxAttempts: 3 } : { ...set.failover, on: [...set.failover.on] },
    comment: set?.comment ?? '',
  };
}

function matchBody({ type, value, from, to }: RuleValues['match']): RuleMatchBody {
  switch (type) {
    case 'any':
      return { type };
    case 'range':
      return { type, from: from.trim(), to: to.trim() };
    default:
      return { type, value: value.trim() };
  }
}

/** Whatever the form does not know of a rule goes back as it came, because the list is replaced whole. */
function ruleBody({ uid: _uid, id, ...rule }: RuleValues): RuleBody {
  return {
    ...rule,
    ...(id === null ? {} : { id }),
    match: matchBody(rule.match),
    methods: rule.methods.map((method) => method.toUpperCase()),
    // A price that is left out beside others goes as null, and the API names the field.
    prices: rule.prices.map((price) => (price === '' ? Number.NaN : Number(price))),
    rates: Number(rule.rates),
    enumSuffix: rule.enumSuffix.trim(),
    strip: Number(rule.strip),
  };
}

/** The body of POST or PATCH /route-sets. */
export function routeSetBody(values: RouteSetValues, set: RouteSet | null): RouteSetCreate {
  const body: RouteSetCreate = {
    name: values.name,
    tenant: values.tenant,
    family: values.family,
    rules: values.rules.map(ruleBody),
    failover: {
      frMs: Number(values.failover.frMs),
      frInviteMs: Number(values.failover.frInviteMs),
      on: values.failover.on as NonNullable<NonNullable<RouteSetCreate['failover']>['on']>,
      maxAttempts: Number(values.failover.maxAttempts),
    },
    comment: values.comment,
  };
  if (set === null && values.number !== '') body.number = Number(values.number);
  return body;
}

/** The rule with other sets; prices stay with theirs. */
export function withSets(rule: RuleValues, sets: number[]): RuleValues {
  const prices = rule.prices.length === 0 ? [] : sets.map((set) => rule.prices[rule.sets.indexOf(set)] ?? '');
  return { ...rule, sets, prices: prices.every((price) => price === '') ? [] : prices };
}

/** "1000–1999", "+49…", "1001", "any number": what a rule matches, in one line. */
export function matchText(match: RuleValues['match']): string {
  switch (match.type) {
    case 'any':
      return 'any number';
    case 'range':
      return `${match.from || '?'}–${match.to || '?'}`;
    case 'prefix':
      return `${match.value || '?'}…`;
    default:
      return match.value || '?';
  }
}
