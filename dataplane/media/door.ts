/** The way from a SIP worker to the media of its calls. */
import type { PassageOutcome, SdpPassage } from './passage.ts';

export interface MediaDoor {
  /** false = all media goes direct. */
  readonly open: boolean;
  /** The name of a session that begins. */
  newSession(): string;
  /** `done` is called exactly once, later; at the latest when the engine has taken too long. */
  pass(passage: SdpPassage, done: (outcome: PassageOutcome) => void): void;
  /** A callee has answered with a 2xx without SDP. */
  answered(session: string, calleeTag: string): void;
  /** What a side offered last within a dialog was not taken: its request failed. */
  rejected(session: string, calleeTag: string, fromCaller: boolean): void;
  /**
   * A dialog is over; '' = the INVITE has failed.
   * @param declined every callee that got the INVITE has refused it itself: none will send media for it
   */
  end(session: string, calleeTag: string, declined?: boolean): void;
}
