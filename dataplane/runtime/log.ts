/** The node's log: JSON lines on standard output, made readable on a terminal. */
import { pino, type Logger } from 'pino';
import pretty from 'pino-pretty';

export type { Logger };

/**
 * @param level pino level name, checked by the settings
 * @param terminal whether standard output is a terminal
 */
export function createLog(level: string, terminal: boolean): Logger {
  const options = { level, base: { plane: 'data' } };
  return terminal ? pino(options, pretty({ sync: true, ignore: 'plane,pid,hostname' })) : pino(options);
}

/** Gives a promise that nobody waits for one owner of its failure. */
export function fireAndLog(log: Logger, what: string, promise: Promise<unknown>): void {
  promise.catch((error: unknown) => log.error({ err: error }, what));
}
