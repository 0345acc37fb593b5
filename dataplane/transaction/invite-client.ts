/**
 * INVITE client transaction: RFC 3261 §17.1.1 with the Accepted state of RFC 6026 §7.2.
 *
 *   Calling ──1xx──► Proceeding ──300-699──► Completed ──D──► Terminated
 *      │   └─2xx─► Accepted ◄─2xx─┘ │ └─────────▲
 *      │                            C or cancel │ 300-699
 *      │                            ▼           │
 *      │                        Cancelling ─────┘
 *      └────────fr──────► Abandoned ◄─64·T1─┘  ──64·T1──► Terminated
 *
 * Timers: `retransmit` is A; `deadline` is `fr` (B by default) in Calling, `frInvite` (timer C) in Proceeding, D in
 * Completed, M in Accepted, 64·T1 in the two states of ours. Cancelling: CANCEL is out, and the final response that it
 * brings is waited for (§9.1, §16.8), so that no 2xx crosses an answer of our own. Abandoned: the user has been told of the
 * time-out and goes on elsewhere, while a late 1xx is cancelled, a late failure acknowledged, and a late 2xx still passed
 * up, so that no callee is left ringing or talking to nobody.
 */
import { compileTable, effect } from './step.ts';

export const inviteClientState = { calling: 0, proceeding: 1, completed: 2, accepted: 3, cancelling: 4, abandoned: 5, terminated: 6 } as const;
export const inviteClientEvent = {
  /** Responses: 100, 101-199, 2xx, 300-699. */
  trying: 0,
  provisional: 1,
  success: 2,
  failure: 3,
  /** Timers. */
  retransmit: 4,
  deadline: 5,
  transportError: 6,
  /** The user wants it cancelled. */
  cancel: 7,
} as const;

const S = inviteClientState;
const E = inviteClientEvent;
const { resend, ack, cancel, deliver, retransmit, quiet, deadline, timeout, failed, release, end } = effect;

const table = compileTable(7, 8, {
  [S.calling]: {
    [E.trying]: S.proceeding | quiet | deadline | deliver,
    [E.provisional]: S.proceeding | quiet | deadline | deliver,
    [E.success]: S.accepted | quiet | release | deadline | deliver,
    [E.failure]: S.completed | quiet | ack | release | deadline | deliver,
    [E.retransmit]: S.calling | resend | retransmit,
    [E.deadline]: S.abandoned | quiet | deadline | timeout,
    [E.transportError]: S.terminated | failed | end,
  },
  [S.proceeding]: {
    [E.trying]: S.proceeding | deliver,
    // RFC 3261 §16.7 step 2: every 101-199 starts timer C anew.
    [E.provisional]: S.proceeding | deadline | deliver,
    [E.success]: S.accepted | release | deadline | deliver,
    [E.failure]: S.completed | ack | release | deadline | deliver,
    // RFC 3261 §16.8: timer C behind a provisional cancels.
    [E.deadline]: S.cancelling | cancel | deadline,
    [E.cancel]: S.cancelling | cancel | deadline,
  },
  [S.cancelling]: {
    // They do not prolong the wait.
    [E.trying]: S.cancelling | deliver,
    [E.provisional]: S.cancelling | deliver,
    [E.success]: S.accepted | release | deadline | deliver,
    [E.failure]: S.completed | ack | release | deadline | deliver,
    // RFC 3261 §9.1: without a final response in 64·T1 the INVITE counts as cancelled.
    [E.deadline]: S.abandoned | deadline | timeout,
  },
  [S.completed]: {
    [E.failure]: S.completed | ack,
    [E.deadline]: S.terminated | end,
    [E.transportError]: S.terminated | end,
  },
  [S.accepted]: {
    [E.success]: S.accepted | deliver,
    [E.deadline]: S.terminated | end,
  },
  [S.abandoned]: {
    [E.trying]: S.abandoned | cancel | deadline,
    [E.provisional]: S.abandoned | cancel | deadline,
    [E.success]: S.accepted | release | deadline | deliver,
    [E.failure]: S.completed | ack | release | deadline,
    [E.deadline]: S.terminated | end,
    [E.transportError]: S.terminated | end,
  },
});

/** Next state and effects (see step.ts); combinations the table does not name change nothing. */
export const stepInviteClient = (state: number, event: number): number => table[state * 8 + event] ?? state;
