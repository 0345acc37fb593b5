/** The syntax of `SIGNALBOX_RTP`, and the names of `SIGNALBOX_MEDIA`: who moves the media, and by which ports. */
import { err, ok, type Result } from './contract/result.ts';

/** First and last UDP port for media; RTP takes even ones, RTCP the next. */
export interface RtpRange {
  readonly first: number;
  readonly last: number;
}

/** `auto` = in the kernel where its self-test passes, else in worker threads; `off` = every tenant's media goes direct. */
export const wantedEngines = ['auto', 'kernel', 'worker', 'rtpengine', 'off'] as const;
export type WantedEngine = (typeof wantedEngines)[number];

/** A call with one stream takes four ports: two a side. */
const minPorts = 64;
export const rtpForm = `first-last, at least ${minPorts} ports from 1024 on, the first one even, like 30000-39999`;

/** @returns the range, or the text that is none */
export function parseRtpRange(text: string): Result<RtpRange, string> {
  const [, first = 0, last = 0] = (/^(\d{4,5})-(\d{4,5})$/.exec(text.trim()) ?? []).map(Number);
  return first < 1_024 || first % 2 !== 0 || last > 65_535 || last - first + 1 < minPorts ? err(text) : ok({ first, last });
}
