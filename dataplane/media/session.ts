/**
 * The offers and answers of one call as they stand (RFC 3264, RFC 6337): who has said what, which callee is the one that is
 * heard, and what follows for the relayed streams. Plain JSON and functions that change it; no ports, no clock.
 */
import { familyOf } from '../contract/address.ts';
import type { Described, DescribedLine } from './described.ts';
import type { SdpPassage } from './passage.ts';
import { otherSide, type Expectation, type Family, type Side } from './relay.ts';

/** The call as one callee has it. */
export interface MediaDialog {
  /** To tag of the callee. */
  readonly tag: string;
  /** Of the way by which the callee was called: each family has its own streams, as forks may go by both. */
  readonly family: Family;
  /** A 2xx has passed. */
  confirmed: boolean;
  /** What holds, of each side; null = not yet. */
  readonly agreed: Record<Side, Described | null>;
  /** Offers that nobody has answered. */
  readonly offers: Record<Side, Described | null>;
  /** By m-line: the stream that it uses, -1 = none. */
  streams: readonly number[];
}

export interface MediaSession {
  readonly session: string;
  readonly tenant: number;
  readonly callId: string;
  readonly callerTag: string;
  /** Offer of the INVITE; null = it had none. */
  offer: Described | null;
  /** Families of the ways on which that has gone out. */
  families: readonly Family[];
  /** By m-line: number of its stream as last offered. */
  numbers: readonly number[];
  dialogs: MediaDialog[];
  /** Tag of the callee whose media passes; null = nobody has answered. */
  current: string | null;
}

/** Callees of one call: of more, those that were heard first are forgotten. */
const maxDialogs = 16;

export const newSession = ({ session, tenant, callId, callerTag }: SdpPassage): MediaSession =>
  ({ session, tenant, callId, callerTag, offer: null, families: [], numbers: [], dialogs: [], current: null });

export const sideOf = ({ fromCaller }: Pick<SdpPassage, 'fromCaller'>): Side => (fromCaller ? 'caller' : 'callee');

export const findDialog = ({ dialogs }: MediaSession, tag: string | null): MediaDialog | null => dialogs.find((dialog) => dialog.tag === tag) ?? null;

/** Whether the passage is of the INVITE that begins the call: it is for every callee. */
const isFirst = ({ fromCaller, calleeTag }: SdpPassage): boolean => fromCaller && calleeTag === '';

/** PRACK answers an offer that came in the response which it acknowledges (RFC 3262 §5). */
export function isAnswer(session: MediaSession | null, passage: SdpPassage): boolean {
  if (passage.kind !== 'prack') return passage.kind === 'answer';
  return session !== null && (findDialog(session, passage.calleeTag)?.offers[otherSide(sideOf(passage))] ?? null) !== null;
}

/** Streams that the m-lines of the passage have, as far as they are known. */
export function formerStreams(session: MediaSession, passage: SdpPassage): readonly number[] {
  const offered = isAnswer(session, passage) ? findDialog(session, passage.calleeTag)?.offers[otherSide(sideOf(passage))] : null;
  return offered?.lines.map(({ stream }) => stream) ?? session.numbers;
}

/** Family of the callee's way that the passage belongs to. */
export function calleeFamily(session: MediaSession, passage: SdpPassage): Family {
  const known = findDialog(session, passage.calleeTag);
  if (known !== null) return known.family;
  if (passage.fromCaller) return passage.family;
  const from = familyOf(passage.source) || 4;
  return session.families.includes(from) ? from : session.families.at(-1) ?? from;
}

/** Number of a stream among all of a session: those to callees by IPv4 are even. */
export const streamKey = (number: number, family: Family): number => number * 2 + (family === 6 ? 1 : 0);

/** Takes note of an SDP that passes. */
export function take(session: MediaSession, passage: SdpPassage, described: Described): void {
  const side = sideOf(passage);
  const family = calleeFamily(session, passage);
  const answer = isAnswer(session, passage);
  if (!answer && isFirst(passage)) {
    session.offer = described;
    session.numbers = described.lines.map(({ stream }) => stream);
    if (!session.families.includes(family)) session.families = [...session.families, family];
    if (findDialog(session, '') === null) return;
  }
  const dialog = findDialog(session, passage.calleeTag) ?? addDialog(session, passage.calleeTag, family);
  dialog.confirmed ||= passage.final;
  if (answer) agree(session, dialog, side, described);
  else {
    dialog.offers[side] = described;
    if (session.numbers.length === 0) session.numbers = described.lines.map(({ stream }) => stream);
  }
  prefer(session, dialog, answer);
}

/** A callee has accepted the call with what was agreed before. */
export function accept(session: MediaSession, tag: string): void {
  const dialog = findDialog(session, tag) ?? addDialog(session, tag, session.families.at(-1) ?? 4);
  dialog.confirmed = true;
  prefer(session, dialog, true);
}

/** The request with a side's last offer has failed: what was agreed before holds (RFC 3261 §14.1, RFC 3311 §5.1). An offer that was answered before stays (RFC 6141 §3.1). */
export function reject(session: MediaSession, passage: Pick<SdpPassage, 'fromCaller' | 'calleeTag'>): void {
  const dialog = findDialog(session, passage.calleeTag);
  if (dialog !== null) dialog.offers[sideOf(passage)] = null;
}

/**
 * A dialog is over, or all of them with ''.
 * @returns whether the session is, too
 */
export function leave(session: MediaSession, tag: string): boolean {
  if (tag === '') return true;
  const dialog = findDialog(session, tag);
  if (dialog === null) return false;
  session.dialogs = session.dialogs.filter((other) => other !== dialog);
  // Callees that only rang have been cancelled by now.
  if (dialog.confirmed && !isConfirmed(session)) return true;
  // The INVITE may yet be answered by somebody else; its failure is told with ''.
  if (session.dialogs.length === 0) {
    session.current = null;
    return session.offer === null;
  }
  if (session.current === tag) session.current = (session.dialogs.findLast(({ confirmed }) => confirmed) ?? session.dialogs.at(-1))?.tag ?? null;
  return false;
}

export const isConfirmed = ({ dialogs }: MediaSession): boolean => dialogs.some(({ confirmed }) => confirmed);

function addDialog(session: MediaSession, tag: string, family: Family): MediaDialog {
  const dialog: MediaDialog = { tag, family, confirmed: false, agreed: { caller: null, callee: null }, offers: { caller: null, callee: null }, streams: [] };
  if (session.dialogs.length >= maxDialogs) {
    const others = session.dialogs.filter((other) => other.tag !== session.current);
    const first = others.find((other) => !other.confirmed) ?? others[0];
    session.dialogs = session.dialogs.filter((other) => other !== first);
  }
  session.dialogs.push(dialog);
  return dialog;
}

/**
 * Media goes to the callee that answered last, until one accepts the call: that has it as long as its dialog lasts. Whoever was
 * called and did not get the call could else take it over by a late 2xx, which passes at any time (see proxy/stray.ts).
 */
function prefer(session: MediaSession, dialog: MediaDialog, answered: boolean): void {
  const current = findDialog(session, session.current);
  if (current === null || (answered && !current.confirmed)) session.current = dialog.tag;
}

function agree(session: MediaSession, dialog: MediaDialog, side: Side, described: Described): void {
  const other = otherSide(side);
  const offered = dialog.offers[other] ?? dialog.agreed[other] ?? (other === 'caller' ? session.offer : null);
  if (dialog.offers[other] !== null) session.numbers = dialog.offers[other].lines.map(({ stream }) => stream);
  dialog.offers[other] = null;
  dialog.agreed[other] = offered;
  dialog.agreed[side] = described;
  dialog.streams = described.lines.map(({ live, stream }, i) => (live && offered?.lines[i]?.live === true ? stream : -1));
}

/** What a stream has to know, with the line that it is of. */
export interface StreamTerms {
  readonly line: DescribedLine;
  readonly caller: Expectation | null;
  readonly callee: Expectation | null;
}

/** What follows for the streams, by `streamKey`: what the current callee agreed to, and offers for streams that are new. */
export function streamTerms(session: MediaSession): Map<number, StreamTerms> {
  const terms = new Map<number, StreamTerms>();
  const dialog = findDialog(session, session.current);
  if (dialog === null) {
    for (const family of session.families) addOffer(terms, session.offer, 'caller', family);
    return terms;
  }
  dialog.streams.forEach((number, i) => {
    const caller = dialog.agreed.caller?.lines[i];
    const callee = dialog.agreed.callee?.lines[i];
    if (number < 0 || caller === undefined || callee === undefined) return;
    const key = streamKey(number, dialog.family);
    const former = terms.get(key);
    const mux = caller.expectation?.mux === true && callee.expectation?.mux === true;
    terms.set(key, { line: former?.line ?? callee, caller: merged(former?.caller ?? null, caller.expectation, mux), callee: merged(former?.callee ?? null, callee.expectation, mux) });
  });
  if (dialog.streams.length === 0 && dialog.offers.callee === null) addOffer(terms, session.offer, 'caller', dialog.family);
  addOffer(terms, dialog.offers.caller, 'caller', dialog.family);
  addOffer(terms, dialog.offers.callee, 'callee', dialog.family);
  return terms;
}

/** An offer counts for streams of which nothing is agreed: it may be rejected, and then the call goes on as it was. */
function addOffer(terms: Map<number, StreamTerms>, offer: Described | null, side: Side, family: Family): void {
  for (const line of offer?.lines ?? []) {
    const key = streamKey(line.stream, family);
    if (!line.live || terms.has(key)) continue;
    terms.set(key, { line, caller: side === 'caller' ? line.expectation : null, callee: side === 'callee' ? line.expectation : null });
  }
}

/** m-lines that share a transport are where the first is, and send from wherever one of them may. */
function merged(first: Expectation | null, next: Expectation | null, mux: boolean): Expectation | null {
  if (first === null || next === null) return next === null ? first : { ...next, mux };
  return { ...first, protocol: first.protocol === 'rtp' ? 'rtp' : next.protocol, hosts: [...new Set([...first.hosts, ...next.hosts])] };
}

/** Streams (`streamKey`) that the session still needs; null = all that it has, as the call is not answered. */
export function neededStreams(session: MediaSession): Set<number> | null {
  if (!isConfirmed(session)) return null;
  const needed = new Set<number>();
  for (const { confirmed, family, streams, offers } of session.dialogs) {
    if (!confirmed) continue;
    for (const number of streams) if (number >= 0) needed.add(streamKey(number, family));
    for (const offer of [offers.caller, offers.callee]) for (const { live, stream } of offer?.lines ?? []) if (live) needed.add(streamKey(stream, family));
  }
  return needed;
}

/** Nothing is agreed, and no INVITE that began a call waits for its answer: an offer within a dialog has taken the call up. */
export const awaitsAnswerOnly = ({ offer, dialogs }: MediaSession): boolean => offer === null && dialogs.every(({ streams }) => streams.length === 0);

/** The same when that offer was rejected: nobody waits for anything. */
export const awaitsNothing = (session: MediaSession): boolean => awaitsAnswerOnly(session) && session.dialogs.every(({ offers }) => offers.caller === null && offers.callee === null);

/** Whether packets should come from a side: some stream is agreed on which it sends and the other wants to hear. */
export function expectsFrom(session: MediaSession, side: Side): boolean {
  const dialog = findDialog(session, session.current);
  if (dialog === null) return false;
  const sender = dialog.agreed[side]?.lines;
  const receiver = dialog.agreed[otherSide(side)]?.lines;
  return dialog.streams.some((number, i) => number >= 0 && sender?.[i]?.sends === true && receiver?.[i]?.receives === true);
}
