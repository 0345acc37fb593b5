/** Edits of route sets. Their rules come and go with them; a rule that stays the same keeps its id. */
import { canonicalJson } from '../../dataplane/contract/canonical.ts';
import { err, ok } from '../../dataplane/contract/result.ts';
import { RouteSetBody } from '../contract/route-sets.ts';
import type { RouteSet, RuleBody } from '../contract/route-sets.ts';
import { isPrice, noteOf, routeSetRow, ruleRow } from './compile.ts';
import type { Draft } from './draft.ts';
import { notFound, patchBody, tenantIdOrNull, tenantKey } from './edit.ts';
import type { BodyCheck, Edited, EditOptions } from './edit.ts';
import { loadOwned } from './owned.ts';
import { refuseStale } from './precondition.ts';
import { presentRouteSet, presentRule } from './present.ts';
import type { Stored } from './stored.ts';

export async function putRouteSet(draft: Draft, number: number, body: RouteSetBody, options: EditOptions): Edited<RouteSet> {
  const key = String(number);
  const before = await draft.find('routeSet', key);
  const stale = refuseStale(`Route set ${number}`, before, options);
  if (stale !== null) return err(stale);
  const tenant = await tenantIdOrNull(draft, body.tenant, `${options.at}/tenant`);
  const stored = await draft.put('routeSet', key, routeSetRow(number, tenant, body), noteOf(body), options.at);
  const old = before === null ? [] : await rulesOf(draft, number);
  const rules = await putRules(draft, number, body.rules ?? [], old, options.at);
  if (rules.length !== old.length || rules.some((rule, index) => rule !== old[index])) draft.touch('routeSet', key);
  if (before !== null && before.row.tenant !== tenant) await recheckRules(draft, rules, options.at);
  return ok(() => presentRouteSet(draft.of('routeSet').get(key)?.current ?? stored, rules, body.tenant ?? null));
}

export async function patchRouteSet(draft: Draft, number: number, patch: unknown, check: BodyCheck, options: EditOptions): Edited<RouteSet> {
  const before = await draft.find('routeSet', String(number));
  if (before === null) return notFound(`There is no route set ${number}.`);
  const { name, family, failover } = before.row;
  const tenant = before.row.tenant === null ? null : await tenantKey(draft, before.row.tenant);
  const rules = (await rulesOf(draft, number)).map(presentRule);
  const body = patchBody(check, RouteSetBody, { name, tenant, family, failover, rules, ...before.note }, patch, options.at);
  return body.ok ? putRouteSet(draft, number, body.value, options) : body;
}

export async function removeRouteSet(draft: Draft, number: number, options: EditOptions): Edited<null> {
  const before = await draft.find('routeSet', String(number));
  if (before === null) return notFound(`There is no route set ${number}.`);
  const stale = refuseStale(`Route set ${number}`, before, options);
  if (stale !== null) return err(stale);
  for (const rule of await rulesOf(draft, number)) await draft.remove('rule', rule.key, options.at);
  await draft.remove('routeSet', before.key, options.at);
  return ok(() => null);
}

/** The rules of a set as they will be, in order. */
async function rulesOf(draft: Draft, number: number): Promise<Stored<'rule'>[]> {
  await loadOwned(draft, 'rule', [String(number)]);
  return [...draft.inGroup('rule', String(number))]
    .sort((one, other) => one.row.position - other.row.position || one.row.id - other.row.id);
}

async function putRules(draft: Draft, number: number, bodies: readonly RuleBody[], old: readonly Stored<'rule'>[], at: string): Promise<Stored<'rule'>[]> {
  const byId = new Map(old.map((rule) => [rule.row.id, rule]));
  const claimed = new Set(bodies.flatMap((body) => (body.id === undefined ? [] : [body.id])));
  const bySense = Map.groupBy(old.filter((rule) => !claimed.has(rule.row.id)), (rule) => sense(rule.row.match, rule.row.methods));
  const rules: Stored<'rule'>[] = [];
  const used = new Set<number>();
  for (const [position, body] of bodies.entries()) {
    const where = `${at}/rules/${position}`;
    if (body.id !== undefined && (!byId.has(body.id) || used.has(body.id))) {
      draft.fault(`${where}/id`, used.has(body.id) ? 'duplicate' : 'not-found', used.has(body.id) ? 'must not be listed twice' : `route set ${number} has no rule ${body.id}`);
      continue;
    }
    refuseOddPrices(draft, body, where);
    const id = body.id ?? bySense.get(sense(body.match, body.methods ?? []))?.shift()?.row.id ?? await draft.newId('rule');
    used.add(id);
    rules.push(await draft.put('rule', String(id), ruleRow(id, number, position, body), { comment: body.comment ?? '', externalId: null }, where));
  }
  for (const rule of old) if (!used.has(rule.row.id)) await draft.remove('rule', rule.key, at);
  return rules;
}

function refuseOddPrices(draft: Draft, { sets = [], prices = [] }: RuleBody, at: string): void {
  const message = 'must have at most six decimals';
  for (const [index, one] of sets.entries()) if (typeof one !== 'number' && !isPrice(one.price)) draft.fault(`${at}/sets/${index}/price`, 'format', message);
  for (const [index, price] of prices.entries()) if (!isPrice(price)) draft.fault(`${at}/prices/${index}`, 'format', message);
}

/** Two rules of the same sense are the same rule with another target. */
const sense = (match: unknown, methods: readonly string[]): string => canonicalJson([match, methods]);

/** Rules that did not change themselves must fit their set's new tenant, too. */
async function recheckRules(draft: Draft, rules: readonly Stored<'rule'>[], at: string): Promise<void> {
  const owner = draft.of('routeSet').get(String(rules[0]?.row.routeSet))?.current?.row.tenant ?? null;
  await draft.load('dispatcherSet', rules.flatMap((rule) => rule.row.sets.map(String)));
  for (const [position, rule] of rules.entries()) {
    if (draft.of('rule').get(rule.key)?.original !== rule) continue;
    for (const [index, set] of rule.row.sets.entries()) {
      const tenant = draft.of('dispatcherSet').get(String(set))?.current?.row.tenant ?? null;
      if (tenant !== null && tenant !== owner) draft.fault(`${at}/rules/${position}/sets/${index}`, 'mismatch', `dispatcher set ${set} belongs to another tenant`);
    }
  }
}
