/** Which requests rules with one and the same match take already: by method, always or in given time windows. */
import type { RuleRow } from '../contract/rows.ts';

/** Stands for every method; none is called so. */
export const every = '';

/** Windows as a text that is the same for the same windows; '' = always. */
export function windowsKey(rule: RuleRow): string {
  const texts = rule.windows.map(({ timezone, days, from, to }) => `${timezone} ${days.toSorted((a, b) => a - b).join('')} ${from} ${to}`);
  return texts.sort().join(', ');
}

export class Takers {
  /** By windows, then by method, the first rule that takes it. */
  readonly #byWindows = new Map<string, Map<string, number>>();

  add(rule: RuleRow): void {
    const key = windowsKey(rule);
    const methods = this.#byWindows.get(key) ?? new Map<string, number>();
    this.#byWindows.set(key, methods);
    for (const method of rule.methods.length === 0 ? [every] : rule.methods) if (!methods.has(method)) methods.set(method, rule.id);
  }

  /** The rules that take all that `rule` could, each once; null when something is left for it. */
  whoTakes(rule: RuleRow): readonly number[] | null {
    const ids = new Set<number>();
    const key = windowsKey(rule);
    for (const method of rule.methods.length === 0 ? [every] : rule.methods) {
      const id = this.#taker('', method) ?? this.#taker(key, method);
      if (id === undefined) return null;
      ids.add(id);
    }
    return [...ids];
  }

  #taker(windows: string, method: string): number | undefined {
    const methods = this.#byWindows.get(windows);
    return methods?.get(every) ?? methods?.get(method);
  }
}
