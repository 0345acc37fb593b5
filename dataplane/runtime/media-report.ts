/** What the media threads tell of themselves, put together for metrics and for the report to the control plane. PURE. */
import { mediaReportBounds as bounds, type MediaReport, type RtpengineReport } from '../contract/media.ts';
import type { MediaState } from '../media/messages.ts';

/** Worst first: a thread that does not reach an instance fails the calls that it has there. */
const badness = { up: 0, unknown: 1, down: 2 } as const;

/** @returns null without any thread: the node relays no media */
export function reportMedia(states: readonly MediaState[]): MediaReport | null {
  // A thread that fell back has something to say; one that did not has the engine that was asked for.
  const speaker = states.find(({ sentence }) => sentence !== '') ?? states[0];
  if (speaker === undefined) return null;
  const sum = (of: (state: MediaState) => number): number => states.reduce((total, state) => total + of(state), 0);
  return {
    engine: speaker.engine, sentence: speaker.sentence.slice(0, bounds.sentence), sessions: sum((state) => state.sessions),
    portsUsed: sum((state) => state.portsUsed), portsFree: sum((state) => state.portsFree), portsResting: sum((state) => state.portsResting), portsUnproven: sum((state) => state.portsUnproven),
    kernelStreams: sum((state) => state.kernelStreams),
    rtpengines: rtpengines(states),
  };
}

/** Each address once: the worst that a thread sees of it, the sessions of all. */
function rtpengines(states: readonly MediaState[]): RtpengineReport[] {
  const found = new Map<string, RtpengineReport>();
  for (const { address, state, sessions, reason } of states.flatMap((one) => one.rtpengines)) {
    const known = found.get(address);
    const worse = known === undefined || badness[state] > badness[known.state];
    found.set(address, { address, ...(worse ? { state, reason: reason.slice(0, bounds.reason) } : { state: known.state, reason: known.reason }), sessions: sessions + (known?.sessions ?? 0) });
  }
  return [...found.values()].slice(0, bounds.rtpengines);
}
