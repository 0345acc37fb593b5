/**
 * INVITE server transaction: RFC 3261 §17.2.1 with the Accepted state of RFC 6026 §7.1.
 *
 *   Proceeding ──2xx──► Accepted ──────────────────L──► Terminated
 *       └──300-699──► Completed ──ACK──► Confirmed ──I──► Terminated
 *                          └───────────H──────────────► Terminated
 *
 * Timers: `retransmit` is the wait for our own 100 in Proceeding and G in Completed; `deadline` is
 * L in Accepted, H in Completed, I in Confirmed. Transport errors change no state (RFC 6026 §8.8).
 */
import { compileTable, effect } from './step.ts';

export const inviteServerState = { proceeding: 0, accepted: 1, completed: 2, confirmed: 3, terminated: 4 } as const;
export const inviteServerEvent = {
  /** A retransmission of the INVITE. */
  request: 0,
  ack: 1,
  /** The user answers: 1xx, 2xx, 300-699. */
  provisional: 2,
  success: 3,
  failure: 4,
  /** Timers. */
  retransmit: 5,
  deadline: 6,
} as const;

const S = inviteServerState;
const E = inviteServerEvent;
const { send, keep, resend, trying, deliver, retransmit, quiet, deadline, release, end } = effect;

const table = compileTable(5, 7, {
  [S.proceeding]: {
    [E.request]: S.proceeding | resend,
    [E.provisional]: S.proceeding | quiet | keep | send,
    [E.success]: S.accepted | quiet | release | send | deadline,
    [E.failure]: S.completed | keep | send | retransmit | deadline,
    [E.retransmit]: S.proceeding | quiet | trying,
  },
  [S.accepted]: {
    // A proxy passes every 2xx on, retransmissions included, and never repeats one by itself (RFC 6026 §7.1).
    [E.success]: S.accepted | send,
    [E.ack]: S.accepted | deliver,
    [E.deadline]: S.terminated | end,
  },
  [S.completed]: {
    [E.request]: S.completed | resend,
    [E.ack]: S.confirmed | quiet | release | deadline,
    // Any 2xx goes on at once, even behind another final (RFC 3261 §16.7 step 5).
    [E.success]: S.completed | send,
    [E.retransmit]: S.completed | resend | retransmit,
    [E.deadline]: S.terminated | end,
  },
  [S.confirmed]: {
    [E.success]: S.confirmed | send,
    [E.deadline]: S.terminated | end,
  },
});

/** Next state and effects (see step.ts); combinations the table does not name change nothing. */
export const stepInviteServer = (state: number, event: number): number => table[state * 7 + event] ?? state;
