/** Sessions that our own relay serves: takes SDPs, gives streams their ports, and tells them what to expect. */
import { familyOf } from '../contract/address.ts';
import type { RtpRange } from '../media-setting.ts';
import { scanSdp } from '../sip/sdp.ts';
import { describe, type Described, type DescribedLine } from './described.ts';
import type { EndReason, SessionEngine } from './engine.ts';
import type { SessionFigures } from './figures.ts';
import { beginsSession, type PassageOutcome, type SdpPassage } from './passage.ts';
import { PortBook } from './port-book.ts';
import { bothSides, ofFamily, otherSide, type ByFamily, type Family, type Relay, type Side } from './relay.ts';
import { editSdp, type OwnAddress, type OwnTransport } from './sdp-edit.ts';
import { accept, awaitsAnswerOnly, awaitsNothing, calleeFamily, expectsFrom, findDialog, formerStreams, isConfirmed, leave, neededStreams, newSession, reject, sideOf, streamKey, streamTerms, take, type MediaSession } from './session.ts';
import { recordOf, sessionOf, type SessionRecord } from './session-record.ts';
import { SessionStreams, type StreamsWatch } from './session-streams.ts';

export interface RelaySessionsSettings {
  /** Sessions at a time; more are refused. */
  readonly maxSessions: number;
  /** For sides that SIP reaches by the other family. */
  readonly addresses: ByFamily;
  /** All ports of the node for media, those of other threads too, and by which addresses it reaches them itself. */
  readonly ports: RtpRange;
  readonly local: ByFamily;
  /** Whether media must never go to an address that an SDP names. */
  readonly forbidden: (address: string) => boolean;
  /** An answered call without a packet for so long ends. */
  readonly idleMs: number;
  /** The same for calls on hold, and for those that are not answered. */
  readonly heldMs: number;
}

/** Who wants to hear what becomes of sessions. */
export interface SessionWatch {
  /** What would have to be written down has changed. */
  changed(record: SessionRecord): void;
  ended(session: string, why: EndReason, callId: string): void;
  /** Nothing comes from one side, while the other sends. Told once, until that side sends again. */
  silent(session: string, side: Side, callId: string): void;
  /** Packets went round between sessions; what would go on to this side is dropped. */
  circles(session: string, side: Side, callId: string): void;
}

/** How often a session is looked at of which one side is silent. */
const silentCheckMs = 5_000;

/** Streams of a call that nobody has accepted: a stranger's INVITE takes ports before a PBX has asked for a password. */
const maxEarlyStreams = 8;

/** Longer than timer C (RFC 3261 §16.6 step 11): a call of a former process that rang has its end by then. */
const orphanedMs = 300_000;

interface Held {
  readonly state: MediaSession;
  readonly streams: SessionStreams;
  /** When the session last began to count as idle: an SDP passed, or the call was answered. */
  sinceMs: number;
  /** When it can be idle or silent at the earliest. */
  dueMs: number;
  /** Of a former process: the INVITE of a call that still rings may have failed there, and nobody tells. */
  readonly restored: boolean;
  silent: Side | null;
}

const unknown: PassageOutcome = { t: 'untouched', why: 'unknown session' };
const noPorts: PassageOutcome = { t: 'refused', why: 'ports' };

export class RelaySessions implements SessionEngine {
  readonly name = 'relay';
  readonly #relay: Relay;
  readonly #settings: RelaySessionsSettings;
  readonly #watch: SessionWatch;
  readonly #now: () => number;
  readonly #sessions = new Map<string, Held>();
  /** What sides were told that our address is. */
  readonly #own: Set<string>;
  readonly #book = new PortBook();
  #idleMs: number;

  /** @param now milliseconds of a monotonic clock */
  constructor(relay: Relay, settings: RelaySessionsSettings, watch: SessionWatch, now: () => number) {
    this.#relay = relay;
    this.#settings = settings;
    this.#watch = watch;
    this.#now = now;
    this.#idleMs = settings.idleMs;
    this.#own = new Set([settings.addresses.v4, settings.addresses.v6]);
  }

  get size(): number {
    return this.#sessions.size;
  }

  has(session: string): boolean {
    return this.#sessions.has(session);
  }

  /** Another idle time holds from now on, for sessions that are there, too. */
  setIdleMs(idleMs: number): void {
    this.#idleMs = idleMs;
    for (const held of this.#sessions.values()) held.dueMs = 0;
  }

  pass(passage: SdpPassage, done: (outcome: PassageOutcome) => void): void {
    done(this.#pass(passage));
  }

  #pass(passage: SdpPassage): PassageOutcome {
    const sdp = scanSdp(passage.sdp);
    if (sdp === null) return { t: 'untouched', why: 'malformed' };
    const known = this.#sessions.get(passage.session);
    if (known === undefined && !beginsSession(passage)) return unknown;
    if (known === undefined && this.size >= this.#settings.maxSessions) return { t: 'refused', why: 'sessions' };
    const held = known ?? this.#begin(newSession(passage));
    const { latching, source, ownAddress } = passage;
    this.#own.add(ownAddress);
    if (passage.proven || passage.final) held.streams.prove();
    const described = describe(sdp, { source, latching, former: formerStreams(held.state, passage), forbidden: this.#settings.forbidden, ours: (address, port) => this.#ours(address, port) });
    const own = this.#ownTransports(held, passage, described);
    if (own === null) {
      if (known === undefined) this.#sessions.delete(passage.session);
      return noPorts;
    }
    take(held.state, passage, described);
    this.#settle(held);
    return { t: 'edited', sdp: editSdp(sdp, own, passage.hideOrigin ? this.#hiding(passage) : null) };
  }

  #begin(state: MediaSession, restored = false): Held {
    const watch: StreamsWatch = { changed: () => this.#tellChanged(held), circles: (side) => this.#watch.circles(state.session, side, state.callId) };
    const held: Held = { state, streams: new SessionStreams(state.session, this.#relay, this.#own, this.#book, watch), sinceMs: this.#now(), dueMs: 0, restored, silent: null };
    this.#sessions.set(state.session, held);
    return held;
  }

  /** By m-line: where the receiver reaches us; null = no ports are left, and what was opened is closed again: nobody was told of it. */
  #ownTransports({ state, streams }: Held, passage: SdpPassage, { lines }: Described): (OwnTransport | null)[] | null {
    const way = calleeFamily(state, passage);
    const opened: number[] = [];
    const own: (OwnTransport | null)[] = [];
    for (const [i, line] of lines.entries()) {
      const stream = streamKey(line.stream, way);
      if (line.live && !streams.has(stream)) {
        if (streams.size >= maxEarlyStreams && !isConfirmed(state)) break;
        if (!streams.open(stream, line.kind, this.#families(state, passage, line, i))) break;
        opened.push(stream);
      }
      const transport = line.live ? this.#ownTransport(state, streams, stream, passage, i) : null;
      if (line.live && transport === null) break;
      own.push(transport);
    }
    if (own.length === lines.length) return own;
    for (const stream of opened) streams.close(stream, true);
    return null;
  }

  /** Families of a new stream: that which each side's SDP shows, or SIP reaches it by. */
  #families(state: MediaSession, passage: SdpPassage, line: DescribedLine, index: number): Record<Side, Family> {
    const bySip = familyOf(passage.source) || passage.family;
    const sender = line.family !== 0 && (line.family === bySip || this.#address(line.family) !== '') ? line.family : bySip;
    const receiver = this.#receiverFamily(state, passage, index) || passage.family;
    return passage.fromCaller ? { caller: sender, callee: receiver } : { caller: receiver, callee: sender };
  }

  /** What the receiver's own SDP asks for, where we can serve it; 0 = it does not say. */
  #receiverFamily(state: MediaSession, passage: SdpPassage, index: number): Family | 0 {
    const side = otherSide(sideOf(passage));
    const dialog = findDialog(state, passage.calleeTag);
    const said = dialog?.offers[side] ?? dialog?.agreed[side] ?? (side === 'caller' ? state.offer : null);
    const family = said?.lines[index]?.family ?? 0;
    return family !== 0 && this.#ownAddress(passage, family) !== '' ? family : 0;
  }

  /** Our port as the receiver is told it. It moves where the receiver has come to another family. */
  #ownTransport(state: MediaSession, streams: SessionStreams, stream: number, passage: SdpPassage, index: number): OwnTransport | null {
    const side = otherSide(sideOf(passage));
    const port = streams.port(stream, side);
    if (port === null) return null;
    const wanted = this.#receiverFamily(state, passage, index) || (this.#ownAddress(passage, port.family) === '' ? passage.family : port.family);
    const address = this.#ownAddress(passage, wanted);
    if (address === '' || (wanted !== port.family && !streams.rehome(stream, side, wanted))) return null;
    return { family: wanted, address, rtp: streams.port(stream, side)?.rtp ?? port.rtp };
  }

  #ownAddress({ family, ownAddress }: SdpPassage, wanted: Family): string {
    return family === wanted && ownAddress !== '' ? ownAddress : this.#address(wanted);
  }

  #address(family: Family): string {
    return ofFamily(this.#settings.addresses, family);
  }

  #ours(address: string, port: number): string {
    const { ports: { first, last }, local } = this.#settings;
    return this.#own.has(address) && port >= first && port <= last ? ofFamily(local, familyOf(address) || 4) : '';
  }

  #hiding(passage: SdpPassage): OwnAddress | null {
    const address = this.#ownAddress(passage, passage.family);
    return address === '' ? null : { family: passage.family, address };
  }

  /** Streams hear what holds now; those that nobody uses are closed. */
  #settle(held: Held): void {
    const { state, streams } = held;
    if (isConfirmed(state)) streams.prove();
    for (const [stream, terms] of streamTerms(state)) {
      for (const side of bothSides) {
        const said = terms[side];
        if (said !== null) streams.tell(stream, side, said);
      }
    }
    streams.keepOnly(neededStreams(state));
    held.sinceMs = this.#now();
    held.dueMs = held.sinceMs + this.#idleMs;
    this.#tellChanged(held);
  }

  #tellChanged({ state, streams }: Held): void {
    if (this.#sessions.has(state.session)) this.#watch.changed(recordOf(state, streams.records()));
  }

  answered(session: string, calleeTag: string): void {
    const held = this.#sessions.get(session);
    if (held === undefined) return;
    accept(held.state, calleeTag);
    held.streams.prove();
    this.#settle(held);
  }

  rejected(session: string, calleeTag: string, fromCaller: boolean): void {
    const held = this.#sessions.get(session);
    if (held === undefined) return;
    reject(held.state, { fromCaller, calleeTag });
    if (awaitsNothing(held.state)) this.#close(held, 'call');
    else this.#settle(held);
  }

  end(session: string, calleeTag: string, declined = false): void {
    const held = this.#sessions.get(session);
    if (held === undefined) return;
    if (leave(held.state, calleeTag)) this.#close(held, 'call', declined);
    else this.#settle(held);
  }

  #close({ state, streams }: Held, why: EndReason, declined = false): void {
    this.#sessions.delete(state.session);
    streams.closeAll(declined);
    this.#watch.ended(state.session, why, state.callId);
  }

  figures(session: string): SessionFigures | null {
    const held = this.#sessions.get(session);
    return held === undefined ? null : { session, streams: held.streams.figures() };
  }

  /** Ends sessions that are idle, and tells of sides that fell silent. To be called every few seconds. */
  sweep(): void {
    const now = this.#now();
    for (const held of this.#sessions.values()) if (now >= held.dueMs) this.#check(held, now);
  }

  /** Figures of all streams at once would hold packets up: a session is looked at again when it can be idle. */
  #check(held: Held, now: number): void {
    const { state, streams } = held;
    const sinceMs = now - held.sinceMs;
    const idle = streams.idleMs();
    const idleMs = (side: Side): number => (idle[side] < 0 ? sinceMs : Math.min(idle[side], sinceMs));
    const awaited = isConfirmed(state) ? bothSides.filter((side) => expectsFrom(state, side)) : [];
    const lastMs = Math.min(idleMs('caller'), idleMs('callee'));
    // No transaction takes longer, and no limit of a tenant counts what was taken up so.
    const leftMs = awaitsAnswerOnly(state) ? this.#idleMs - sinceMs : (awaited.length > 0 ? this.#idleMs : held.restored && !isConfirmed(state) ? orphanedMs : this.#settings.heldMs) - lastMs;
    if (leftMs <= 0) {
      this.#close(held, 'idle');
      return;
    }
    const silent = awaited.find((side) => idleMs(side) >= this.#idleMs) ?? null;
    if (silent !== null && silent !== held.silent) this.#watch.silent(state.session, silent, state.callId);
    held.silent = silent;
    held.dueMs = now + (silent !== null ? silentCheckMs : Math.min(leftMs, ...awaited.map((side) => this.#idleMs - idleMs(side))));
  }

  /**
   * Takes up sessions of an earlier process.
   * @returns how many: those whose ports are taken are over, and those whose record is damaged
   */
  restore(records: readonly SessionRecord[]): number {
    return records.filter((record) => this.#restore(record)).length;
  }

  #restore(record: SessionRecord): boolean {
    const held = this.#begin(sessionOf(record), true);
    let restored = false;
    try {
      if (isConfirmed(held.state)) held.streams.prove();
      restored = record.streams.every((stream) => held.streams.reopen(stream));
      if (restored) this.#settle(held);
    } catch {
      // One bad line of a journal must not keep the node from starting: what it is of ends as lost, which is told.
      restored = false;
    }
    if (!restored) this.#close(held, 'lost');
    return restored;
  }
}
