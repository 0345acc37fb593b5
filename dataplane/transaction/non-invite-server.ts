/**
 * Non-INVITE server transaction: RFC 3261 §17.2.2 as RFC 4320 restricts it.
 *
 *   Trying ──100──► Proceeding ──final──► Completed ──J──► Terminated
 *      └────────────final / silence────────────▲
 *
 * RFC 4320 §4.1: no provisional but 100, and 100 only over an unreliable transport once the client's
 * timer E has reached T2 (`retransmit` in Trying is that wait). RFC 4320 §4.2: no 408, ever; `silence`
 * is the answer instead: retransmissions are absorbed without a word until J.
 */
import { compileTable, effect } from './step.ts';

export const nonInviteServerState = { trying: 0, proceeding: 1, completed: 2, terminated: 3 } as const;
export const nonInviteServerEvent = {
  /** A retransmission of the request. */
  request: 0,
  /** The user answers 200-699 (but 408). */
  final: 1,
  /** The user has no answer that may be sent. */
  silence: 2,
  /** Timers. */
  retransmit: 3,
  deadline: 4,
} as const;

const S = nonInviteServerState;
const E = nonInviteServerEvent;
const { send, keep, resend, trying, quiet, deadline, release, end } = effect;

const table = compileTable(4, 5, {
  [S.trying]: {
    [E.final]: S.completed | quiet | keep | send | deadline,
    [E.silence]: S.completed | quiet | release | deadline,
    [E.retransmit]: S.proceeding | quiet | trying,
  },
  [S.proceeding]: {
    [E.request]: S.proceeding | resend,
    [E.final]: S.completed | keep | send | deadline,
    [E.silence]: S.completed | release | deadline,
  },
  [S.completed]: {
    [E.request]: S.completed | resend,
    [E.deadline]: S.terminated | end,
  },
});

/** Next state and effects (see step.ts); combinations the table does not name change nothing. */
export const stepNonInviteServer = (state: number, event: number): number => table[state * 5 + event] ?? state;
