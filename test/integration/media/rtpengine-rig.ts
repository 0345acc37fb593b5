/** Sessions of real rtpengines, asked as SIP workers ask. */
import { randomBytes } from 'node:crypto';
import type { RtpengineInstance, SettingRow } from '../../../dataplane/contract/rows.ts';
import { defaultSetting } from '../../../dataplane/contract/rows.ts';
import type { EndReason } from '../../../dataplane/media/engine.ts';
import type { SessionFigures } from '../../../dataplane/media/figures.ts';
import { newSessionId, type PassageOutcome, type SdpPassage } from '../../../dataplane/media/passage.ts';
import { RtpenginePool } from '../../../dataplane/media/rtpengine/pool.ts';
import { RtpengineSessions } from '../../../dataplane/media/rtpengine/rtpengine-sessions.ts';
import type { RtpengineRecord } from '../../../dataplane/media/rtpengine/session.ts';
import { until, within } from '../../harness/deadline.ts';
import { freePortPairs } from '../../harness/ports.ts';
import { Rtpengine } from '../../harness/rtpengine.ts';
import type { RtpStream } from '../../harness/rtp-stream.ts';
import { readSdp, writeSdp, type SdpPlan, type SdpText } from '../../harness/sdp-text.ts';

export const startDeadlineMs = 60_000;

export const instanceAt = (address: string, over: Partial<RtpengineInstance> = {}): RtpengineInstance => ({ address, weight: 1, enabled: true, ...over });

export async function startEngine(ngPort?: number): Promise<Rtpengine> {
  const first = await freePortPairs(20);
  return Rtpengine.start({ ports: { first, last: first + 39 }, ...(ngPort === undefined ? {} : { ngPort }) });
}

/** Engines are told of by `events`: `up 127.0.0.1:1`, `down 127.0.0.1:1 nobody listens there`. */
export class RtpengineRig {
  readonly events: string[] = [];
  readonly records = new Map<string, RtpengineRecord>();
  readonly ended: { readonly session: string; readonly why: EndReason; readonly figures: SessionFigures | null }[] = [];
  readonly sessions: RtpengineSessions;

  constructor(rtpengines: readonly RtpengineInstance[], over: Partial<SettingRow['media']> = {}) {
    const pool = new RtpenginePool({ up: (address) => this.events.push(`up ${address}`), down: (address, reason) => this.events.push(`down ${address} ${reason}`) });
    this.sessions = new RtpengineSessions(pool, { ...defaultSetting.media, rtpengines, ...over }, () => false, {
      changed: (record) => this.records.set(record.session, record),
      ended: (session, why, _callId, figures) => {
        this.records.delete(session);
        this.ended.push({ session, why, figures });
      },
      silent: (session, side) => this.events.push(`silent ${session} ${side}`),
    });
  }

  stateOf(address: string): string {
    return this.sessions.states().find((state) => state.address === address)?.state ?? 'none';
  }

  async become(address: string, state: string): Promise<void> {
    await until(`${address} ${state}`, 20_000, () => this.stateOf(address) === state);
  }

  pass(passage: Partial<SdpPassage> & Pick<SdpPassage, 'session' | 'sdp'>): Promise<PassageOutcome> {
    return within(4_000, 'a passage', new Promise((resolve) => {
      this.sessions.pass({
        tenant: 1, callId: 'call', callerTag: 'caller-tag', calleeTag: '', fromCaller: true, kind: 'offer', final: false, proven: true, source: '127.0.0.1', family: 4, ownAddress: '127.0.0.1', latching: 'sdp', hideOrigin: false,
        ...passage,
      }, resolve);
    }));
  }

  /** The SDP that goes on instead; throws when there is none. */
  async edited(passage: Partial<SdpPassage> & Pick<SdpPassage, 'session' | 'sdp'>): Promise<SdpText> {
    const outcome = await this.pass(passage);
    if (outcome.t !== 'edited') throw new Error(`not edited: ${JSON.stringify(outcome)}`);
    return readSdp(outcome.sdp);
  }

  async endedAs(session: string): Promise<RtpengineRig['ended'][number]> {
    return until(`the end of ${session}`, 20_000, () => this.ended.find((end) => end.session === session) ?? null);
  }

  close(): void {
    this.sessions.close();
  }
}

export const newSession = (): string => newSessionId(0, randomBytes(9));

export const describeEnd = (stream: RtpStream, over: Partial<SdpPlan> = {}): string => writeSdp({ address: stream.host, port: stream.port, ...over });

/** Sends where that SDP says. */
export function follow(stream: RtpStream, sdp: SdpText): void {
  const media = sdp.media[0];
  if (media === undefined) throw new Error('an SDP without media');
  stream.to = { host: media.address, port: media.port };
  stream.rtcpTo = media.rtcp;
}

export interface TestCall {
  readonly session: string;
  readonly caller: RtpStream;
  readonly callee: RtpStream;
}

/** A call whose both ends know where to send. */
export async function establish(rig: RtpengineRig, caller: RtpStream, callee: RtpStream, over: Partial<SdpPassage> = {}): Promise<TestCall> {
  const session = newSession();
  const calleeFamily = callee.host.includes(':') ? 6 : 4;
  follow(callee, await rig.edited({ session, sdp: describeEnd(caller), source: caller.host, family: calleeFamily, ...over }));
  follow(caller, await rig.edited({ session, sdp: describeEnd(callee), source: callee.host, family: caller.host.includes(':') ? 6 : 4, fromCaller: false, kind: 'answer', final: true, calleeTag: 'a', ...over }));
  return { session, caller, callee };
}
