/** What a recorder says about the rules of a route set. */
import type { RuleRow } from '../contract/rows.ts';
import { ruleOrder, takesMethod } from './dial-tree.ts';
import type { Moment } from './dial-tree.ts';
import { isDialNumber } from './range-table.ts';
import type { Recorder } from './recorder.ts';
import type { RouteSet } from './rules.ts';
import { wallTime, windowHolds, windowText } from './time-window.ts';

/** Rules that did not decide are explained one by one up to this number, then summed up. */
const explainedRules = 40;

/** A rule's match as people write it. */
export function matchText(rule: RuleRow): string {
  const match = rule.match;
  switch (match.type) {
    case 'exact': return `exactly ${match.value}`;
    case 'range': return `${match.from} to ${match.to}`;
    case 'prefix': return `prefix ${match.value}`;
    case 'any': return 'any number';
  }
}

/** A rule inside of a sentence: `rule 7 (prefix +49)`. */
export const ruleName = (rule: RuleRow): string => `rule ${rule.id} (${matchText(rule)})`;

const precedence = { exact: 0, range: 1, prefix: 2, any: 3 } as const;

function tried(a: RuleRow, b: RuleRow): number {
  const kinds = precedence[a.match.type] - precedence[b.match.type];
  if (kinds !== 0) return kinds;
  if (a.match.type === 'prefix' && b.match.type === 'prefix' && a.match.value.length !== b.match.value.length) {
    return b.match.value.length - a.match.value.length;
  }
  return ruleOrder(a, b);
}

function whyNot(rule: RuleRow, user: string, shown: string, method: string, when: Moment): string {
  const match = rule.match;
  switch (match.type) {
    case 'exact':
      if (match.value !== user) return `${shown} is another number`;
      break;
    case 'range':
      if (!isDialNumber(user)) return `${shown} is not a number`;
      if (match.from.length !== user.length) return `${shown} has ${user.length} characters, the range ${match.from.length}`;
      if (user < match.from || user > match.to) return `${shown} lies outside`;
      break;
    case 'prefix':
      if (!user.startsWith(match.value)) return `${shown} begins otherwise`;
      break;
    case 'any':
      break;
  }
  if (!takesMethod(rule, method)) return `it takes ${rule.methods.join(', ')} only`;
  if (!windowHolds(rule.windows, when.timeMs)) return `it holds ${rule.windows.map(windowText).join(' or ')} only; there it is ${wallTime(rule.windows[0]?.timezone ?? '', when.timeMs)}`;
  return 'it matches too, but comes later';
}

/** Says which rule decided and why each of the others did not. */
export function describeRules(set: RouteSet, decided: RuleRow | null, user: string, method: string, when: Moment, recorder: Recorder): void {
  const name = `route set ${set.number} (${set.row.name})`;
  const shown = user === '' ? 'an empty user part' : user;
  recorder.add('rule', 'info', `${name} has ${set.size} rule${set.size === 1 ? '' : 's'}; looking for ${shown}, ${method}`);
  let left = 0;
  let listed = 0;
  const rest: RuleRow[] = [];
  for (const rule of set.rules()) {
    if (rule === decided) continue;
    // All rules of a set are looked at but only the first few of the order are worth reading.
    if (rest.length < 2_000) rest.push(rule);
    else left += 1;
  }
  for (const rule of rest.sort(tried)) {
    if (listed++ < explainedRules) {
      recorder.add('rule', 'skipped', `${ruleName(rule)}: ${whyNot(rule, user, shown, method, when)}`);
    } else {
      left += 1;
    }
  }
  if (left > 0) recorder.add('rule', 'skipped', `${left} more rules do not decide`);
  if (decided !== null) recorder.add('rule', 'matched', `${ruleName(decided)} matches ${shown}`);
  else recorder.add('rule', 'refused', `no rule of ${name} takes ${method} to ${shown}`);
}
