/** Durations of RFC 3261 table 4 and RFC 6026, in milliseconds; everything else is derived from these. */
export interface TimerValues {
  /** Round-trip estimate. */
  readonly t1Ms: number;
  /** Longest interval between retransmissions of non-INVITE requests and of INVITE responses. */
  readonly t2Ms: number;
  /** Longest time a message stays in the network. */
  readonly t4Ms: number;
  /** How long a 100 Trying waits for the proxy's own answer: §17.2.1 allows 200 ms, of which a tick of the wheel may take 20. */
  readonly tryingMs: number;
}

export const defaultTimers: TimerValues = { t1Ms: 500, t2Ms: 4_000, t4Ms: 5_000, tryingMs: 180 };

/** Timers B, D, F, H, J, L, M: 64·T1. */
export const transactionLifeMs = (timers: TimerValues): number => 64 * timers.t1Ms;

/**
 * When a non-INVITE may be answered with 100 on an unreliable transport (RFC 4320 §4.1): once the
 * client's timer E has reached T2, i.e. the sum of its doubling intervals below T2.
 */
export const nonInviteTryingMs = (timers: TimerValues): number => {
  let at = 0;
  for (let interval = timers.t1Ms; interval < timers.t2Ms; interval *= 2) at += interval;
  return at;
};
