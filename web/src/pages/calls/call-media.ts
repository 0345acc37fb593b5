/** The figures of a call's media in words. */
import type { CallDirection, CallMedia, CallStream } from '../../../../controlplane/contract/index.ts';
import type { Tone } from '../../components/tone.ts';
import { count, duration, percent, plural } from '../../lib/figures.ts';

export interface Verdict {
  readonly tone: Tone;
  readonly word: string;
}

/** A side that sent nothing for so long is silent: RTP comes every 20 ms, comfort noise and RTCP every few seconds. */
const silentMs = 5_000;

/** Listening quality by what ITU-T G.107 (Annex B) expects users to say of it. */
export function quality(mos: number): Verdict {
  const shown = `MOS ${mos.toFixed(1)}`;
  if (mos >= 4.0) return { tone: 'up', word: `${shown}, good` };
  return mos >= 3.6 ? { tone: 'probing', word: `${shown}, fair` } : { tone: 'down', word: `${shown}, poor` };
}

const sends = ({ idleMs }: CallDirection): boolean => idleMs !== null && idleMs < silentMs;

/** What one side hears of the other, as state: nothing, or how well. */
export function directionVerdict(direction: CallDirection): Verdict {
  if (direction.packets === 0) return { tone: 'disabled', word: 'nothing yet' };
  if (!sends(direction)) return { tone: 'probing', word: 'silent' };
  return direction.mos === null ? { tone: 'up', word: 'flows' } : quality(direction.mos);
}

/** A whole call at a glance: its worst direction. */
export function callVerdict({ streams }: CallMedia): Verdict {
  const directions = streams.flatMap(({ caller, callee }) => [caller, callee]);
  if (directions.every(({ packets }) => packets === 0)) return { tone: 'disabled', word: 'no packet yet' };
  const caller = streams.some((stream) => sends(stream.caller));
  const callee = streams.some((stream) => sends(stream.callee));
  if (!caller && !callee) return { tone: 'probing', word: 'silent' };
  if (caller !== callee) return { tone: 'probing', word: caller ? 'only the caller sends' : 'only the callee sends' };
  const known = directions.flatMap(({ mos }) => mos ?? []);
  return known.length === 0 ? { tone: 'up', word: 'flows' } : quality(Math.min(...known));
}

/** "kernel", or of several streams "kernel, worker". */
export const engines = ({ streams }: CallMedia): string => [...new Set(streams.map(({ engine }) => engine))].join(', ');

/** "12,034 packets, 0.1 % lost, jitter 3.2 ms"; what is not known is left out. */
export function directionText({ packets, lost, jitterMs, idleMs, strangers, invalid }: CallDirection): string {
  const parts = [
    ...(packets === 0 ? ['no packet has come'] : [plural(packets, 'packet')]),
    ...(packets === 0 || lost === null ? [] : [`${percent(lost / (packets + lost))} lost`]),
    ...(packets === 0 || jitterMs === null ? [] : [`jitter ${duration(jitterMs)}`]),
    ...(packets === 0 || idleMs === null || idleMs < silentMs ? [] : [`the last one ${duration(idleMs)} ago`]),
    ...(strangers === 0 ? [] : [`${count(strangers)} from other sources dropped`]),
    ...(invalid === 0 ? [] : [`${count(invalid)} that are no media dropped`]),
  ];
  return parts.join(', ');
}

/** "kernel, round trip 41 ms". */
export const streamText = ({ engine, roundTripMs }: CallStream): string => (roundTripMs === null ? engine : `${engine}, round trip ${duration(roundTripMs)}`);
