/** Splices over a forwarded request beyond those of RFC 3261 §16.6: what depends on the branch. */
import { H } from '../sip/header-names.ts';
import type { Branch } from './branch.ts';
import type { ProxyEnvironment } from './environment.ts';
import { editMaxBreadth } from './max-breadth.ts';

/** Adds to `env.edits`, which holds the edits of the request already; splices must not overlap. */
export function addExtraEdits(env: ProxyEnvironment, branch: Branch): void {
  const { request } = branch.ctx;
  if (branch.breadth > 0 || request.has(H.maxBreadth)) editMaxBreadth(env.edits, request, branch.breadth);
}
