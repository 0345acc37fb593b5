/** Waiting in tests: always for an event, always with a deadline that names what was waited for. */
import { setTimeout as tick } from 'node:timers/promises';

/** The value of `promise`, or an Error naming `what` after `ms`. */
export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Thrown by a check of `until` when waiting longer cannot help. */
export class Hopeless extends Error {}

type Truthy<T> = Exclude<T, false | null | undefined | 0 | ''>;

/**
 * Asks `check` again and again until it is truthy, and returns that value.
 * A check that throws counts as "not yet" (unless it throws Hopeless); its last error is part of the failure.
 */
export async function until<T>(what: string, ms: number, check: () => T | Promise<T>): Promise<Truthy<T>> {
  const deadline = Date.now() + ms;
  let lastError: unknown;
  for (;;) {
    try {
      const value = await check();
      if (value) return value as Truthy<T>;
    } catch (error) {
      if (error instanceof Hopeless) throw error;
      lastError = error;
    }
    if (Date.now() >= deadline) {
      const why = lastError instanceof Error ? ` (last error: ${lastError.message})` : '';
      throw new Error(`${what}: not within ${ms} ms${why}`);
    }
    await tick(20);
  }
}
