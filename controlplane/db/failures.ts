/** Tells a database that is away from a fault of ours: the first is 503 and may pass, the second is 500. */

/** Prisma: cannot reach, timed out, closed, no connection free, transaction could not start. */
const prismaCodes: ReadonlySet<string> = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028']);
const socketCodes: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH']);
/** PostgreSQL: connection exceptions (class 08), shutting down or starting, too many connections. */
const serverCodes = /^(08...|57P0[1-5]|53300)$/;
const phrases = /connection (is )?(terminated|closed)|terminating connection|timeout exceeded when trying to connect|cannot use a pool after/i;

/** True when asking again later may work. Looks at the error and its causes. */
export function isDatabaseAway(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    const code = 'code' in at && typeof at.code === 'string' ? at.code : '';
    if (prismaCodes.has(code) || socketCodes.has(code) || serverCodes.test(code) || phrases.test(at.message)) return true;
    if (at instanceof AggregateError && at.errors.some(isDatabaseAway)) return true;
  }
  return false;
}
