/**
 * What is doubtful about the rules of one route set: rules that never decide, ranges that overlap, sets that cannot serve.
 * One sentence each, for people; nothing here is an error. Work grows as n log n, so 10,000 rules take milliseconds.
 */
import type { RuleRow } from '../contract/rows.ts';
import { ruleOrder } from './dial-tree.ts';
import { overlappingRanges } from './range-findings.ts';
import { ruleName } from './rule-text.ts';
import { Takers } from './takers.ts';

export interface RuleFinding {
  /**
   * `unreachable`: other rules take everything that it could. `shadowed`: a range takes a part that a longer prefix seems
   * to be for, or longer rules every number of a prefix (what is no number may still get there). `overlap`: two ranges hold the same numbers, the first by order takes them. `no-set`: none of its sets can
   * serve. `set`: one of its sets cannot. `never`: its time windows never hold.
   */
  readonly kind: 'unreachable' | 'shadowed' | 'overlap' | 'no-set' | 'set' | 'never';
  /** Ids of the rules it is about, the one with the problem first. */
  readonly rules: readonly number[];
  readonly text: string;
}

export interface RuleReport {
  readonly findings: readonly RuleFinding[];
  /** Findings beyond what a report holds. */
  readonly more: number;
}

/** What a report holds. */
export const mostFindings = 1_000;

/** Whether a dispatcher set can serve: it exists, and has destinations. */
export type SetState = 'usable' | 'empty' | 'missing';

/** Looks at the rules of one route set, in any order. */
export function reportRules(rules: Iterable<RuleRow>, stateOf: (set: number) => SetState): RuleReport {
  const ordered = [...rules].sort(ruleOrder);
  const findings: RuleFinding[] = [];
  for (const rule of ordered) {
    const sets = setFinding(rule, stateOf);
    if (sets !== null) findings.push(sets);
    if (neverHolds(rule)) findings.push({ kind: 'never', rules: [rule.id], text: `${sentence(rule)} never holds: none of its time windows names a day.` });
  }
  findings.push(...hiddenRules(ordered));
  findings.push(...overlappingRanges(ordered.filter((rule) => !neverHolds(rule))));
  findings.sort((a, b) => severity[a.kind] - severity[b.kind]);
  return { findings: findings.slice(0, mostFindings), more: Math.max(0, findings.length - mostFindings) };
}

const severity: Readonly<Record<RuleFinding['kind'], number>> = { unreachable: 0, 'no-set': 1, never: 2, shadowed: 3, overlap: 4, set: 5 };

/** How a sentence about a rule begins. */
const sentence = (rule: RuleRow): string => `R${ruleName(rule).slice(1)}`;

const neverHolds = (rule: RuleRow): boolean => rule.windows.length > 0 && rule.windows.every((window) => window.days.length === 0);

function setFinding(rule: RuleRow, stateOf: (set: number) => SetState): RuleFinding | null {
  const faulty = rule.sets.filter((set) => stateOf(set) !== 'usable');
  if (faulty.length === 0) return null;
  const why = faulty.map((set) => `set ${set} ${stateOf(set) === 'missing' ? 'does not exist' : 'has no destinations'}`).join(', ');
  const alone = faulty.length === rule.sets.length && rule.rates === 0 && rule.enumSuffix === '';
  return alone
    ? { kind: 'no-set', rules: [rule.id], text: `${sentence(rule)} has nowhere to send to: ${why}.` }
    : { kind: 'set', rules: [rule.id], text: `${sentence(rule)} names sets that cannot serve: ${why}.` };
}

/** Rules of which earlier ones with the same match take every request: the same exact number, prefix or `any`. */
function hiddenRules(ordered: readonly RuleRow[]): RuleFinding[] {
  const findings: RuleFinding[] = [];
  const byMatch = new Map<string, Takers>();
  for (const rule of ordered) {
    if (neverHolds(rule) || rule.match.type === 'range') continue;
    const key = rule.match.type === 'any' ? 'any' : `${rule.match.type} ${rule.match.value}`;
    const takers = byMatch.get(key) ?? new Takers();
    byMatch.set(key, takers);
    const by = takers.whoTakes(rule);
    if (by !== null) findings.push({ kind: 'unreachable', rules: [rule.id, ...by], text: `${sentence(rule)} never decides: rule${by.length === 1 ? '' : 's'} ${by.join(' and ')} before it take${by.length === 1 ? 's' : ''} the same requests.` });
    takers.add(rule);
  }
  return findings;
}
