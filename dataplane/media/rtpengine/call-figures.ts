/** An instance's answer to `query` or `delete` → figures of a session. Pure. Lost packets, jitter and MOS come from RTCP of the ends. */
import type { DirectionFigures, SessionFigures } from '../figures.ts';
import type { Side } from '../relay.ts';
import { dictionariesAt, dictionaryAt, noDictionary, numberAt, textAt, type BencodeDictionary } from './bencode.ts';

/** @param nowSeconds UNIX time, as rtpengine counts */
export function readFigures(session: string, answer: BencodeDictionary, nowSeconds: number): SessionFigures {
  const quality = dictionaryAt(answer, 'SSRC');
  const [caller, callee] = [mediasOf(answer, 'caller'), mediasOf(answer, 'callee')];
  const streams = Array.from({ length: Math.max(caller.length, callee.length) }, (_, n) => {
    const ends = [caller[n], callee[n]] as const;
    const rtp = ends.map((media) => rtpOf(media));
    const reports = rtp.map((stream) => dictionaryAt(quality, String(numberAt(stream, 'SSRC'))));
    return {
      kind: ends.map((media) => (media === undefined ? '' : textAt(media, 'type'))).find((type) => type !== '') ?? '',
      engine: 'rtpengine' as const,
      roundTripMs: roundTrip(reports),
      caller: direction(rtp[0] ?? noDictionary, reports[0] ?? noDictionary, nowSeconds),
      callee: direction(rtp[1] ?? noDictionary, reports[1] ?? noDictionary, nowSeconds),
    };
  });
  return { session, streams };
}

export interface Activity {
  /** Since a packet of any kind came from the side, or since an SDP last passed. */
  readonly idleMs: number;
  /** The side said that it sends, and the other one wants to hear. */
  readonly awaited: boolean;
}

/** Whether packets come from the sides, and should. */
export function readActivity(answer: BencodeDictionary, nowSeconds: number): Readonly<Record<Side, Activity>> {
  const of = (side: Side): Activity => {
    const medias = mediasOf(answer, side);
    const last = medias.flatMap((media) => dictionariesAt(media, 'streams')).reduce((latest, stream) => Math.max(latest, numberAt(stream, 'last packet')), numberAt(answer, 'last signal'));
    // "recv" is what rtpengine does.
    const awaited = medias.some((media) => [media.get('flags')].flat().includes('recv'));
    return { idleMs: idleMs(nowSeconds, last), awaited };
  };
  return { caller: of('caller'), callee: of('callee') };
}

export interface Totals {
  readonly packets: number;
  readonly bytes: number;
  readonly strangers: number;
}

/** At least so long. It tells whole seconds: what came in the one that it names may have come at the end of it. */
const idleMs = (nowSeconds: number, last: number): number => Math.max(0, nowSeconds - last - 1) * 1_000;

/** Both directions of all streams. */
export function totalsOf(figures: SessionFigures | null): Totals {
  const directions = figures?.streams.flatMap(({ caller, callee }) => [caller, callee]) ?? [];
  const sum = (of: (direction: DirectionFigures) => number): number => directions.reduce((total, direction) => total + of(direction), 0);
  return { packets: sum(({ packets }) => packets), bytes: sum(({ bytes }) => bytes), strangers: sum(({ strangers }) => strangers) };
}

const mediasOf = (answer: BencodeDictionary, side: Side): readonly BencodeDictionary[] => dictionariesAt(dictionaryAt(dictionaryAt(answer, 'tags'), side), 'medias');

/** The first stream of a media is its RTP. */
const rtpOf = (media: BencodeDictionary | undefined): BencodeDictionary => (media === undefined ? noDictionary : dictionariesAt(media, 'streams')[0] ?? noDictionary);

function direction(stream: BencodeDictionary, report: BencodeDictionary, nowSeconds: number): DirectionFigures {
  const stats = dictionaryAt(stream, 'stats');
  const average = dictionaryAt(report, 'average MOS');
  const packets = numberAt(stats, 'packets');
  const reported = report.size > 0;
  return {
    packets,
    bytes: numberAt(stats, 'bytes'),
    lost: reported ? numberAt(report, 'cumulative loss') : -1,
    jitterMs: reported ? numberAt(average, 'jitter') : -1,
    // In tenths.
    mos: numberAt(average, 'MOS') / 10,
    // With "strict source" these are packets of others; it counts packets that it cannot read among them.
    strangers: numberAt(stats, 'errors'),
    invalid: 0,
    // A stream without packets has the time at which it was made.
    idleMs: packets === 0 ? -1 : idleMs(nowSeconds, numberAt(stream, 'last packet')),
  };
}

/** In microseconds there. */
function roundTrip(reports: readonly BencodeDictionary[]): number {
  const found = reports.map((report) => numberAt(dictionaryAt(report, 'average MOS'), 'round-trip time')).find((micros) => micros > 0);
  return found === undefined ? -1 : found / 1_000;
}
