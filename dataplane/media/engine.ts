/** What serves sessions inside a media thread: our own relay, or a pool of rtpengines. */
import type { SessionFigures } from './figures.ts';
import type { PassageOutcome, SdpPassage } from './passage.ts';

export interface SessionEngine {
  readonly name: 'relay' | 'rtpengine';
  /** Sessions that it has. */
  readonly size: number;
  has(session: string): boolean;
  /** Takes an SDP; `done` is called exactly once, at once or later, within `passageTimeoutMs`. */
  pass(passage: SdpPassage, done: (outcome: PassageOutcome) => void): void;
  /** A callee has answered with a 2xx that carries no SDP: its early dialog holds. */
  answered(session: string, calleeTag: string): void;
  /** What a side offered last within a dialog was not taken: what was agreed before holds, and what only that offer needed goes. */
  rejected(session: string, calleeTag: string, fromCaller: boolean): void;
  /**
   * A dialog is over; '' = all of them, as the INVITE failed. A session whose last callee has left ends.
   * @param declined every callee that got the INVITE has refused it itself
   */
  end(session: string, calleeTag: string, declined?: boolean): void;
  /** null = it has no such session. */
  figures(session: string): SessionFigures | null;
}

/** `call` = the SIP call is over, `idle` = no packets, `lost` = its rtpengine does not know it any more, or its ports were taken while no process was there. */
export type EndReason = 'call' | 'idle' | 'lost';

/** Sessions of one media thread and engine; more are refused. */
export const maxSessions = 50_000;
/** What takes the place of the idle time of the settings for calls on hold and those that are not answered. */
export const heldMs = 3_600_000;
/** An engine that does not answer in time is taken for dead: the call goes on by its policy. */
export const passageTimeoutMs = 2_000;
