/** An instance's answer to `query` or `delete` → figures of a session. Pure. Lost packets, jitter and MOS come from RTCP of the ends. */
import type { DirectionFigures, SessionFigures } from '../figures.ts';
import { dictionariesAt, dictionaryAt, numberAt, textAt, type BencodeDictionary } from './bencode.ts';

/** @param nowSeconds UNIX time, as rtpengine counts */
export function readFigures(session: string, answer: BencodeDictionary, nowSeconds: number): SessionFigures {
  const quality = dictionaryAt(answer, 'SSRC');
  const [caller, callee] = ['caller', 'callee'].map((tag) => dictionariesAt(dictionaryAt(dictionaryAt(answer, 'tags'), tag), 'medias')) as [readonly BencodeDictionary[], readonly BencodeDictionary[]];
  const streams = Array.from({ length: Math.max(caller.length, callee.length) }, (_, n) => {
    const ends = [caller[n], callee[n]] as const;
    const rtp = ends.map((media) => rtpOf(media));
    const reports = rtp.map((stream) => dictionaryAt(quality, String(numberAt(stream, 'SSRC'))));
    return {
      kind: ends.map((media) => (media === undefined ? '' : textAt(media, 'type'))).find((type) => type !== '') ?? '',
      engine: 'rtpengine' as const,
      roundTripMs: roundTrip(reports),
      caller: direction(rtp[0] ?? none, reports[0] ?? none, nowSeconds),
      callee: direction(rtp[1] ?? none, reports[1] ?? none, nowSeconds),
    };
  });
  return { session, streams };
}

/** Seconds since a packet of any kind came from any end; since the call began when none came. */
export function idleSeconds(answer: BencodeDictionary, nowSeconds: number): number {
  let lastSeconds = numberAt(answer, 'created');
  for (const end of dictionaryAt(answer, 'tags').values()) {
    if (!(end instanceof Map)) continue;
    for (const media of dictionariesAt(end, 'medias')) {
      for (const stream of dictionariesAt(media, 'streams')) lastSeconds = Math.max(lastSeconds, numberAt(stream, 'last packet'));
    }
  }
  return Math.max(0, nowSeconds - lastSeconds);
}

const none: BencodeDictionary = new Map();

/** The first stream of a media is its RTP. */
const rtpOf = (media: BencodeDictionary | undefined): BencodeDictionary => (media === undefined ? none : dictionariesAt(media, 'streams')[0] ?? none);

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
    idleMs: packets === 0 ? -1 : Math.max(0, nowSeconds - numberAt(stream, 'last packet')) * 1_000,
  };
}

/** In microseconds there. */
function roundTrip(reports: readonly BencodeDictionary[]): number {
  const found = reports.map((report) => numberAt(dictionaryAt(report, 'average MOS'), 'round-trip time')).find((micros) => micros > 0);
  return found === undefined ? -1 : found / 1_000;
}
