/**
 * Exact and prefix rules of one route set in one trie over the characters of the user part: one walk finds the exact
 * rule and the longest prefix. Persistent: a changed rule copies the nodes on its own path.
 */
import type { RuleRow } from '../contract/rows.ts';
import { windowHolds } from './time-window.ts';

interface Node {
  /** Next characters, one for each of `nodes`. */
  readonly codes: readonly number[];
  readonly nodes: readonly Node[];
  /** Rules that end here, in the order they are tried. */
  readonly exact: readonly RuleRow[];
  readonly prefix: readonly RuleRow[];
}

const none: readonly never[] = [];
const leaf: Node = { codes: none, nodes: none, exact: none, prefix: none };

/** Whether the rule takes requests of this method; no methods = all. */
export function takesMethod(rule: RuleRow, method: string): boolean {
  return rule.methods.length === 0 || rule.methods.includes(method);
}

/** When a request came; a RouteQuery is one. */
export interface Moment {
  /** Epoch milliseconds. Read only for rules with time windows. */
  readonly timeMs: number;
}

/** Whether the rule takes requests of this method at this time. */
export function takes(rule: RuleRow, method: string, when: Moment): boolean {
  return takesMethod(rule, method) && (rule.windows.length === 0 || windowHolds(rule.windows, when.timeMs));
}

/** Order of rules that match equally well: position, then age. */
export function ruleOrder(a: RuleRow, b: RuleRow): number {
  return a.position - b.position || a.id - b.id;
}

/** The list with a rule put in its place, or taken out; other entries keep their order. */
export function withRule(list: readonly RuleRow[], rule: RuleRow): readonly RuleRow[] {
  let at = list.length;
  while (at > 0 && ruleOrder(list[at - 1] as RuleRow, rule) > 0) at--;
  return list.toSpliced(at, 0, rule);
}

export function withoutRule(list: readonly RuleRow[], id: number): readonly RuleRow[] {
  const rest = list.filter((rule) => rule.id !== id);
  return rest.length === 0 ? none : rest;
}

export function firstFor(list: readonly RuleRow[], method: string, when: Moment): RuleRow | null {
  for (let i = 0; i < list.length; i++) {
    const rule = list[i] as RuleRow;
    if (takes(rule, method, when)) return rule;
  }
  return null;
}

function childAt(node: Node, code: number): number {
  const codes = node.codes;
  for (let i = 0; i < codes.length; i++) if (codes[i] === code) return i;
  return -1;
}

/** The tree below `node` with `edit` done to the node at the end of `text`; emptied branches are pruned to null. */
function edit(node: Node, text: string, at: number, change: (node: Node) => Node): Node | null {
  let changed: Node;
  if (at === text.length) {
    changed = change(node);
  } else {
    const code = text.charCodeAt(at);
    const index = childAt(node, code);
    const child = edit(index < 0 ? leaf : (node.nodes[index] as Node), text, at + 1, change);
    if (child === null) {
      changed = index < 0 ? node : { ...node, codes: node.codes.toSpliced(index, 1), nodes: node.nodes.toSpliced(index, 1) };
    } else if (index < 0) {
      changed = { ...node, codes: [...node.codes, code], nodes: [...node.nodes, child] };
    } else {
      changed = { ...node, nodes: node.nodes.with(index, child) };
    }
  }
  return changed.nodes.length === 0 && changed.exact.length === 0 && changed.prefix.length === 0 ? null : changed;
}

/** What the last `DialTree.find` came upon. One shared record, so that a look-up allocates nothing. */
export const dialled: { exact: RuleRow | null; prefix: RuleRow | null } = { exact: null, prefix: null };

/** One version of the exact and prefix rules. */
export class DialTree {
  private readonly root: Node;

  constructor(root: Node = leaf) {
    this.root = root;
  }

  with(kind: 'exact' | 'prefix', text: string, rule: RuleRow): DialTree {
    return new DialTree(edit(this.root, text, 0, (node) => ({ ...node, [kind]: withRule(node[kind], rule) })) ?? leaf);
  }

  without(kind: 'exact' | 'prefix', text: string, id: number): DialTree {
    return new DialTree(edit(this.root, text, 0, (node) => ({ ...node, [kind]: withoutRule(node[kind], id) })) ?? leaf);
  }

  /** Puts the exact rule and the longest prefix rule that take `method` now into `dialled`. */
  find(user: string, method: string, when: Moment): void {
    dialled.exact = null;
    dialled.prefix = null;
    let node = this.root;
    const length = user.length;
    for (let at = 0; ; at++) {
      if (node.prefix.length > 0) dialled.prefix = firstFor(node.prefix, method, when) ?? dialled.prefix;
      if (at === length) break;
      const index = childAt(node, user.charCodeAt(at));
      if (index < 0) return;
      node = node.nodes[index] as Node;
    }
    if (node.exact.length > 0) dialled.exact = firstFor(node.exact, method, when);
  }

  /** Every rule once. */
  *rules(): Generator<RuleRow> {
    const open: Node[] = [this.root];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      yield* node.exact;
      yield* node.prefix;
      open.push(...node.nodes);
    }
  }
}
