/**
 * What a SIP worker and a media thread say to each other about an SDP that passes through us. A session is one pass of one
 * call: an INVITE that comes by twice has two.
 */
import { sessionLength } from '../security/tokens.ts';
import type { Family } from './relay.ts';

/** How a side's media address is learned: only the one that its SDP names, from the hosts that SDP and signalling name, or from anywhere. */
export type Latching = 'strict' | 'sdp' | 'loose';

/** An SDP on its way (RFC 3264). Structured-cloned between threads. */
export interface SdpPassage {
  /** See `newSessionId`. */
  readonly session: string;
  readonly tenant: number;
  readonly callId: string;
  /** From tag of the INVITE that began the session. */
  readonly callerTag: string;
  /** Tag of the callee that the message is of or for; '' = nobody has answered yet. */
  readonly calleeTag: string;
  readonly fromCaller: boolean;
  /** A PRACK carries an answer if an offer came in the response that it acknowledges, else an offer (RFC 3262 §5). */
  readonly kind: 'offer' | 'answer' | 'prack';
  /** Of a 2xx to an INVITE. */
  readonly final: boolean;
  /** It begins no session: an offer in a response that is not the first SDP which an INVITE without one gets back (a 2xx that comes again after the BYE, say). */
  readonly joins?: boolean;
  /** Whoever sent the request is where it seems to be (see proxy/proven.ts). Said by the first passage of a session that can; others leave it out. */
  readonly proven: boolean;
  readonly sdp: string;
  /** Numeric address that the message came from: a side behind NAT sends its media from there. */
  readonly source: string;
  /** Family of the way to the receiver, and our numeric address as the receiver sees it; '' = our listeners show a name. */
  readonly family: Family;
  readonly ownAddress: string;
  readonly latching: Latching;
  /** o= too shows our address: the tenant hides its topology. */
  readonly hideOrigin: boolean;
}

export type PassageOutcome =
  /** Send this instead. */
  | { readonly t: 'edited'; readonly sdp: string }
  /** It goes on as it came: nothing that we understand, or a session of a node that is gone. */
  | { readonly t: 'untouched'; readonly why: 'malformed' | 'unknown session' | 'no engine' }
  /** No ports are left, or the engine cannot take more. */
  | { readonly t: 'refused'; readonly why: 'ports' | 'sessions' | 'engine' };

/** Whether a passage begins a session that is not there: an offer takes up a call, too, whose session is gone, as both sides hear of new ports before it is agreed. */
export const beginsSession = ({ kind, joins }: SdpPassage): boolean => kind === 'offer' && joins !== true;

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/**
 * A session id of `sessionLength` characters: the first says the media thread, the others are random.
 * @param thread which media thread serves it
 * @param random nine random bytes
 */
export const newSessionId = (thread: number, random: Buffer): string => (digits[thread & 63] ?? 'A') + random.toString('base64url').slice(0, sessionLength - 1);

/** The media thread that serves a session: the one that its id names, as long as there are so many. */
export const threadOfSession = (session: string, threads: number): number => Math.max(0, digits.indexOf(session.charAt(0))) % threads;

/** Whether a text may be a session id: one that was left on disk or in the kernel is read again. */
export const isSessionId = (text: string): boolean => text.length === sessionLength && /^[A-Za-z0-9_-]+$/.test(text);
