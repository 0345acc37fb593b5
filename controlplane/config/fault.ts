/** Why a configuration write is refused. Nothing of it was stored. */
import type { ProblemField, ProblemReference } from '../contract/problem.ts';

export type ConfigFault =
  | { readonly code: 'invalid'; readonly errors: readonly ProblemField[] }
  | { readonly code: 'not-found'; readonly detail: string }
  | { readonly code: 'conflict'; readonly detail: string }
  /** What was to be new has a key that somebody else has; `pointer` names it in the request. */
  | { readonly code: 'taken'; readonly detail: string; readonly pointer: string }
  | { readonly code: 'gone'; readonly detail: string }
  | { readonly code: 'version-mismatch'; readonly detail: string }
  | { readonly code: 'in-use'; readonly detail: string; readonly references: readonly ProblemReference[] };
