/** Clock and robustness of the codecs that a payload type names without an SDP (RFC 3551 §6). Pure. */

export interface Codec {
  /** Units of the RTP timestamp a second. */
  readonly clock: number;
  readonly voice: boolean;
  /** Equipment impairment without loss, and how well it bears loss (ITU-T G.113 appendix I). */
  readonly impairment: number;
  readonly robustness: number;
}

const voice = (clock: number, impairment: number, robustness: number): Codec => ({ clock, voice: true, impairment, robustness });
const video: Codec = { clock: 90_000, voice: false, impairment: 0, robustness: 0 };

/** G.711 with loss concealment, as phones have it. G.722's clock is 8,000 by an old mistake (RFC 3551 §4.5.2). */
const byType = new Map<number, Codec>([
  [0, voice(8_000, 0, 25.1)], [8, voice(8_000, 0, 25.1)], [9, voice(8_000, 0, 25.1)], [13, voice(8_000, 0, 25.1)],
  [3, voice(8_000, 20, 10)], [4, voice(8_000, 15, 16.1)], [15, voice(8_000, 7, 17)], [18, voice(8_000, 11, 19)],
  [25, video], [26, video], [28, video], [31, video], [32, video], [33, video], [34, video],
]);

/** Clocks that codecs with dynamic payload types have. */
const clocks = [8_000, 12_000, 16_000, 24_000, 32_000, 44_100, 48_000, 90_000];

/** @returns null for payload types that only an SDP explains */
export const staticCodec = (payloadType: number): Codec | null => byType.get(payloadType) ?? null;

/**
 * The codec of a dynamic payload type, by the pace of its timestamps: the nearest clock, within 10 %; a voice codec that
 * conceals loss (Opus, AMR, EVRC), or video at 90 kHz.
 * @param units RTP clock units that passed in `elapsedMs`
 * @returns null = no known clock
 */
export function codecByPace(units: number, elapsedMs: number): Codec | null {
  const pace = (units / elapsedMs) * 1_000;
  const best = clocks.reduce((near, clock) => (Math.abs(clock - pace) < Math.abs(near - pace) ? clock : near));
  if (Math.abs(best - pace) > best * 0.1) return null;
  return best === 90_000 ? video : voice(best, 0, 20);
}
