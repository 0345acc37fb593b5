/** What the control plane found about saved rules, by rule, in the numbers that the editor shows. Pure. */
import type { RuleFinding } from '../../../../controlplane/contract/index.ts';

/** Rule ids of a sentence: "Rule 12", "rules 12 and 14". */
const named = /\b(rules? )(\d+(?:(?:, | and )\d+)*)/gi;

/**
 * Sentences by the id of the rule that has the problem. Ids in them become places in the list, from 1: people count
 * what they see.
 */
export function findingsByRule(findings: readonly RuleFinding[], ids: readonly (number | null)[]): ReadonlyMap<number, readonly string[]> {
  const byRule = new Map<number, string[]>();
  for (const { rules, text } of findings) {
    const [first] = rules;
    if (first === undefined) continue;
    const sentence = text.replaceAll(named, (_whole, word: string, numbers: string) => word + numbers.replaceAll(/\d+/g, (id) => {
      const place = ids.indexOf(Number(id));
      return place < 0 ? id : String(place + 1);
    }));
    byRule.set(first, [...(byRule.get(first) ?? []), sentence]);
  }
  return byRule;
}
