import type { Problem, ProblemField, ProblemReference } from '../../../controlplane/contract/index.ts';

/** A refusal of the API (RFC 9457), or `status` 0 when the control plane could not be reached. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly requestId: string;
  readonly fields: readonly ProblemField[];
  readonly references: readonly ProblemReference[];

  constructor(problem: Partial<Problem> & { readonly status: number }) {
    const title = problem.title ?? 'The control plane refused the request';
    super(problem.detail === undefined || problem.detail === '' ? title : problem.detail);
    this.name = 'ApiProblem';
    this.status = problem.status;
    this.code = problem.code ?? 'unknown';
    this.title = title;
    this.requestId = problem.requestId ?? '';
    this.fields = problem.errors ?? [];
    this.references = problem.references ?? [];
  }
}

/** `/rules/0/match/from` → `rules.0.match.from`, the path that forms use (RFC 6901 escapes undone). */
export function formPath(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('.');
}

/** Field errors by form path; the first of several at one place wins. */
export function formErrors(problem: ApiProblem): Record<string, string> {
  const errors: Record<string, string> = {};
  for (const field of problem.fields) errors[formPath(field.pointer)] ??= sentence(field.message);
  return errors;
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The refusal as one or more lines for people. */
export function problemText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
