/**
 * Health of one destination (design 02 "Health"). States:
 *   unknown  nobody has a verdict yet; used only if its set says so
 *   up       usable
 *   probing  was up, now in doubt: failures began but are fewer than `downAfter`; still usable
 *   down     not usable until `upAfter` probes in a row succeed
 * Probes and calls are counted apart: a PBX that answers OPTIONS but fails every call goes down by its calls.
 */
import type { HealthReason, HealthState } from '../contract/health.ts';

export interface HealthPolicy {
  /** `never`: no probes, so neither calls nor a probe by hand may take down what nothing would bring back. */
  readonly mode: 'always' | 'failing' | 'never';
  readonly downAfter: number;
  readonly upAfter: number;
}

export type HealthEvent =
  /** The probe was answered with an accepted code. */
  | { readonly kind: 'probe-ok'; readonly code: number }
  /** The probe was answered with another code. */
  | { readonly kind: 'probe-code'; readonly code: number }
  | { readonly kind: 'probe-timeout' }
  /** Unreachable or refused: nobody listens there. Counts at once. */
  | { readonly kind: 'icmp'; readonly detail: string }
  /** The host name has no address. */
  | { readonly kind: 'dns'; readonly detail: string }
  /** A call attempt timed out, met 503 or a transport error. */
  | { readonly kind: 'passive-failure'; readonly detail: string }
  | { readonly kind: 'passive-ok' }
  | { readonly kind: 'operator'; readonly to: HealthState; readonly detail: string };

export interface HealthRecord {
  readonly state: HealthState;
  /** Why it is in this state. */
  readonly reason: HealthReason;
  readonly sinceMs: number;
  /** Failed probes in a row. */
  readonly failures: number;
  /** Good probes in a row while down. */
  readonly successes: number;
  /** Failed calls in a row. */
  readonly failedCalls: number;
}

/** Calls that must fail in a row before they count as a verdict, however low `downAfter` is: one 503 is not a dead PBX. */
export const leastFailedCalls = 3;

/** What speaks against a destination. */
const failures: ReadonlySet<HealthEvent['kind']> = new Set(['probe-code', 'probe-timeout', 'icmp', 'dns', 'passive-failure']);

/** True for a verdict of probes or calls that would stand for ever, because probing was switched off since. */
export function isStale({ state, reason }: Pick<HealthRecord, 'state' | 'reason'>, { mode }: Pick<HealthPolicy, 'mode'>): boolean {
  return mode === 'never' && (state === 'down' || state === 'probing') && reason.kind !== 'operator';
}

/** Health of a destination that has just appeared. */
export function newHealth(nowMs: number): HealthRecord {
  return { state: 'unknown', reason: { kind: 'new' }, sinceMs: nowMs, failures: 0, successes: 0, failedCalls: 0 };
}

/**
 * One event. The record itself comes back when nothing changed at all; `sinceMs` and `reason` move only with the state.
 */
export function stepHealth(record: HealthRecord, event: HealthEvent, policy: HealthPolicy, nowMs: number): HealthRecord {
  if (policy.mode === 'never' && failures.has(event.kind)) return record;
  switch (event.kind) {
    case 'probe-ok': return good(record, event.code, policy, nowMs);
    case 'probe-code': return bad(record, { kind: 'code', code: event.code }, policy, nowMs);
    case 'probe-timeout': return bad(record, { kind: 'timeout' }, policy, nowMs);
    case 'dns': return bad(record, { kind: 'dns', detail: event.detail }, policy, nowMs);
    case 'icmp': {
      const counted = { ...record, failures: record.failures + 1, successes: 0 };
      return record.state === 'down' ? counted : enter(counted, 'down', { kind: 'icmp', detail: event.detail }, nowMs);
    }
    case 'passive-failure': return failedCall(record, event.detail, policy, nowMs);
    case 'passive-ok': return record.failedCalls === 0 ? record : { ...record, failedCalls: 0 };
    case 'operator': return { ...newHealth(nowMs), state: event.to, reason: { kind: 'operator', detail: event.detail } };
  }
}

function enter(record: HealthRecord, state: HealthState, reason: HealthReason, nowMs: number): HealthRecord {
  return { ...record, state, reason, sinceMs: nowMs };
}

function good(record: HealthRecord, code: number, policy: HealthPolicy, nowMs: number): HealthRecord {
  switch (record.state) {
    case 'up': return record.failures === 0 ? record : { ...record, failures: 0 };
    // Nothing speaks against a destination that has never failed: the first answer is a verdict.
    case 'unknown':
    case 'probing': return enter({ ...record, failures: 0, successes: 0 }, 'up', { kind: 'code', code }, nowMs);
    case 'down': {
      const successes = record.successes + 1;
      if (successes < policy.upAfter) return { ...record, failures: 0, successes };
      // Calls get a fresh chance, too.
      return enter({ ...record, failures: 0, successes: 0, failedCalls: 0 }, 'up', { kind: 'code', code }, nowMs);
    }
  }
}

function bad(record: HealthRecord, reason: HealthReason, policy: HealthPolicy, nowMs: number): HealthRecord {
  const counted = { ...record, failures: record.failures + 1, successes: 0 };
  if (record.state === 'down') return counted;
  if (counted.failures >= policy.downAfter) return enter(counted, 'down', reason, nowMs);
  // What was never up cannot be in doubt: unknown stays unknown until there is a verdict.
  return record.state === 'up' ? enter(counted, 'probing', reason, nowMs) : counted;
}

function failedCall(record: HealthRecord, detail: string, policy: HealthPolicy, nowMs: number): HealthRecord {
  if (record.state === 'down') return record;
  const failedCalls = record.failedCalls + 1;
  const counted = { ...record, failedCalls };
  if (failedCalls >= Math.max(leastFailedCalls, policy.downAfter)) return enter(counted, 'down', { kind: 'passive', detail }, nowMs);
  // Without regular probes the first failed call is what starts them.
  return policy.mode === 'failing' && record.state === 'up' ? enter(counted, 'probing', { kind: 'passive', detail }, nowMs) : counted;
}

/** Whether regular probes are due in this state. A destination without a verdict always gets its first ones. */
export function wantsProbes(state: HealthState, mode: HealthPolicy['mode']): boolean {
  return mode === 'always' || (mode === 'failing' && state !== 'up');
}
