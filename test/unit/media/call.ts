/** A call whose SDPs go through sessions of a relay without sockets. */
import type { PassageOutcome, SdpPassage } from '../../../dataplane/media/passage.ts';
import { RelaySessions, type RelaySessionsSettings } from '../../../dataplane/media/relay-sessions.ts';
import type { Side } from '../../../dataplane/media/relay.ts';
import type { SessionRecord } from '../../../dataplane/media/session-record.ts';
import { FakeRelay, type FakeStream } from './fake-relay.ts';

export const callerAddress = '192.0.2.1';
export const calleeAddress = '203.0.113.1';
export const ourAddress = '198.51.100.1';
export const ourSixth = '2001:db8::1';

/** An SDP of one audio line; `lines` follow it. */
export const audio = (address: string, port: number, ...lines: readonly string[]): string =>
  ['v=0', `o=- 1 2 IN IP4 ${address}`, 's=-', `c=IN IP${address.includes(':') ? 6 : 4} ${address}`, 't=0 0', `m=audio ${port} RTP/AVP 0`, ...lines, ''].join('\r\n');

export class Call {
  readonly relay = new FakeRelay();
  readonly records: SessionRecord[] = [];
  readonly told: string[] = [];
  nowMs = 1_000;
  readonly sessions: RelaySessions;

  constructor(settings: Partial<RelaySessionsSettings> = {}) {
    this.sessions = new RelaySessions(this.relay, {
      maxSessions: 10, ports: { first: 30_000, last: 30_999 }, local: { v4: '127.0.0.1', v6: '::1' }, addresses: { v4: ourAddress, v6: ourSixth }, forbidden: () => false, idleMs: 60_000, heldMs: 3_600_000, ...settings,
    }, {
      changed: (record) => this.records.push(structuredClone(record)),
      ended: (session, why) => this.told.push(`${session} ${why}`),
      silent: (session, side) => this.told.push(`${session} ${side} is silent`),
      circles: (session, side) => this.told.push(`${session} ${side} circles`),
    }, () => this.nowMs);
  }

  pass(passage: Partial<SdpPassage>): PassageOutcome {
    const fromCaller = passage.fromCaller ?? true;
    let outcome: PassageOutcome | null = null;
    this.sessions.pass({
      session: 'Asession0001', tenant: 1, callId: 'call-1', callerTag: 'a', calleeTag: fromCaller ? '' : 'b', fromCaller, kind: fromCaller ? 'offer' : 'answer', final: false, proven: true, sdp: audio(callerAddress, 4000),
      source: fromCaller ? callerAddress : calleeAddress, family: 4, ownAddress: ourAddress, latching: 'sdp', hideOrigin: false, ...passage,
    }, (result) => {
      if (outcome !== null) throw new Error('told twice');
      outcome = result;
    });
    if (outcome === null) throw new Error('not told');
    return outcome;
  }

  /** The edited SDP; throws when there is none. */
  edited(passage: Partial<SdpPassage>): string {
    const outcome = this.pass(passage);
    if (outcome.t !== 'edited') throw new Error(`${outcome.t} ${outcome.why}`);
    return outcome.sdp;
  }

  /** The caller's offer. */
  offer(sdp = audio(callerAddress, 4000), more: Partial<SdpPassage> = {}): string {
    return this.edited({ sdp, ...more });
  }

  /** A callee's answer. */
  answer(tag = 'b', sdp = audio(calleeAddress, 5000), more: Partial<SdpPassage> = {}): string {
    return this.edited({ sdp, fromCaller: false, calleeTag: tag, final: true, ...more });
  }

  /** Another offer within the dialog. */
  reoffer(from: Side, sdp: string, more: Partial<SdpPassage> = {}): string {
    return this.edited({ sdp, fromCaller: from === 'caller', calleeTag: 'b', kind: 'offer', ...more });
  }

  stream(index = 0): FakeStream {
    const stream = this.relay.live[index];
    if (stream === undefined) throw new Error(`there is no stream ${index}`);
    return stream;
  }

  /** address:port that a stream expects a side at. */
  at(side: Side, index = 0): string {
    const rtp = this.stream(index).expected[side]?.rtp ?? null;
    return rtp === null ? 'nowhere' : `${rtp.address}:${rtp.port}`;
  }
}

/** Where an SDP says that the m-lines are. */
export function placesOf(sdp: string): string[] {
  let session = '';
  const places: { port: string; address: string }[] = [];
  for (const line of sdp.split(/\r?\n/)) {
    const last = places.at(-1);
    if (line.startsWith('m=')) places.push({ port: line.split(' ')[1] ?? '', address: session });
    else if (line.startsWith('c=') && last === undefined) session = line.split(' ')[2] ?? '';
    else if (line.startsWith('c=') && last !== undefined) last.address = line.split(' ')[2] ?? '';
  }
  return places.map(({ address, port }) => `${address}:${port}`);
}
