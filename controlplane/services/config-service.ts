/** One configuration write from a request's point of view: write, wait for the nodes if asked, say what came of it. */
import type { WriteAnswer } from '../contract/query.ts';
import type { ConfigFault } from '../config/fault.ts';
import type { ConfigWriter, Plan, WriteContext } from '../config/writer.ts';
import type { Result } from '../../dataplane/contract/result.ts';
import { ok } from '../../dataplane/contract/result.ts';

/** The push gateway's waiting. */
export interface AppliedWaiter {
  waitApplied(rev: number, timeoutMs: number, sinceMs?: number): Promise<{
    readonly applied: readonly { readonly name: string; readonly ms: number }[];
    readonly missing: readonly { readonly name: string }[];
  }>;
}

export interface WriteRequest extends WriteContext {
  /** null = do not wait. */
  readonly waitMs: number | null;
}

export interface ConfigOutcome<T> {
  readonly value: T;
  readonly answer: WriteAnswer;
  readonly changed: boolean;
}

export class ConfigService {
  private readonly writer: ConfigWriter;
  private readonly waiter: AppliedWaiter;

  constructor(writer: ConfigWriter, waiter: AppliedWaiter) {
    this.writer = writer;
    this.waiter = waiter;
  }

  /** A write that changed nothing waits, too: the caller wants to know that the nodes run it. */
  async write<T>(request: WriteRequest, plan: Plan<T>): Promise<Result<ConfigOutcome<T>, ConfigFault>> {
    const written = await this.writer.write(request, plan);
    if (!written.ok) return written;
    const { value, rev, changed, changes, committedAtMs } = written.value;
    if (request.dryRun) return ok({ value, changed, answer: { rev, dryRun: true, changes: [...(changes ?? [])] } });
    if (request.waitMs === null) return ok({ value, changed, answer: { rev } });
    const { applied, missing } = await this.waiter.waitApplied(rev, request.waitMs, committedAtMs);
    return ok({
      value, changed,
      answer: { rev, applied: applied.map(({ name, ms }) => ({ node: name, ms })), missing: missing.map(({ name }) => name) },
    });
  }
}
