/**
 * Non-INVITE client transaction: RFC 3261 §17.1.2.
 *
 *   Trying ──1xx──► Proceeding ──200-699──► Completed ──K──► Terminated
 *      │                └──F──► Terminated      ▲
 *      └─────────F──► Terminated; 200-699 ──────┘
 *
 * Timers: `retransmit` is E (doubling up to T2 in Trying, T2 in Proceeding); `deadline` is F (the
 * caller's `fr`) before a final response and K in Completed.
 */
import { compileTable, effect } from './step.ts';

export const nonInviteClientState = { trying: 0, proceeding: 1, completed: 2, terminated: 3 } as const;
export const nonInviteClientEvent = {
  /** Responses: 1xx, 200-699. */
  provisional: 0,
  final: 1,
  /** Timers. */
  retransmit: 2,
  deadline: 3,
  transportError: 4,
} as const;

const S = nonInviteClientState;
const E = nonInviteClientEvent;
const { resend, deliver, retransmit, quiet, deadline, timeout, failed, release, end } = effect;

const table = compileTable(4, 5, {
  [S.trying]: {
    [E.provisional]: S.proceeding | deliver,
    [E.final]: S.completed | quiet | release | deadline | deliver,
    [E.retransmit]: S.trying | resend | retransmit,
    [E.deadline]: S.terminated | timeout | end,
    [E.transportError]: S.terminated | failed | end,
  },
  [S.proceeding]: {
    [E.provisional]: S.proceeding | deliver,
    [E.final]: S.completed | quiet | release | deadline | deliver,
    [E.retransmit]: S.proceeding | resend | retransmit,
    [E.deadline]: S.terminated | timeout | end,
    [E.transportError]: S.terminated | failed | end,
  },
  [S.completed]: {
    [E.deadline]: S.terminated | end,
  },
});

/** Next state and effects (see step.ts); combinations the table does not name change nothing. */
export const stepNonInviteClient = (state: number, event: number): number => table[state * 5 + event] ?? state;
