/** Tells a database that is away from a fault of ours: the first is 503 and may pass, the second is 500. */

/** Prisma: cannot reach, timed out, closed, no connection free, transaction could not start. */
const prismaCodes: ReadonlySet<string> = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028']);
const socketCodes: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH']);
/**
 * PostgreSQL: connection exceptions (class 08), out of disk, memory or connections (class 53), shutting down or starting,
 * cancelled, and a server that takes reads only (a standby after a failover).
 */
const serverCodes = /^(08...|53...|57P0[1-5]|57014|25006)$/;
const phrases = /connection (is )?(terminated|closed)|terminating connection|timeout exceeded when trying to connect|cannot use a pool after|is not queryable|read-only transaction/i;

/** Causes that are looked at: they may go round in circles. */
const maxLooks = 12;

/** True when asking again later may work. Looks at the error, its causes, and what Prisma's driver adapters tuck away in `meta`. */
export function isDatabaseAway(error: unknown): boolean {
  const open: unknown[] = [error];
  for (let looks = 0; open.length > 0 && looks < maxLooks; looks += 1) {
    const at = open.shift();
    if (typeof at !== 'object' || at === null) continue;
    const words = [field(at, 'code'), field(at, 'originalCode')].filter((code) => typeof code === 'string');
    const message = field(at, 'message');
    if (words.some((code) => prismaCodes.has(code) || socketCodes.has(code) || serverCodes.test(code)) || (typeof message === 'string' && phrases.test(message))) return true;
    open.push(field(at, 'cause'), field(field(at, 'meta'), 'driverAdapterError'));
    if (at instanceof AggregateError) open.push(...at.errors.slice(0, maxLooks) as unknown[]);
  }
  return false;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}
