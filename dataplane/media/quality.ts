/** How well a flow of RTP arrives: loss and jitter (RFC 3550 appendix A), and what a listener makes of it (ITU-T G.107). Pure. */
import { codecByPace, staticCodec, type Codec } from './codecs.ts';
import { payloadTypeOf, sequenceOf, sourceOf, timestampOf } from './rtp.ts';

/** A sequence number further on than this is a restart of the sender, not loss (RFC 3550 A.1). */
const maxDropout = 3_000;
const maxMisorder = 100;
/** How long a dynamic payload type is watched before its clock is believed. */
const paceMs = 2_000;

/** What one side sends us, as long as we see each packet. */
export class Reception {
  /** Packets seen. */
  packets = 0;
  payloadType = -1;
  codec: Codec | null = null;
  #source = 0;
  #begun = false;
  #base = 0;
  #highest = 0;
  #received = 0;
  /** Lost in flows that ended: another SSRC, or a restart. */
  #lostBefore = 0;
  #transit = Number.NaN;
  #jitterMs = 0;
  #jitterKnown = false;
  #paceTimestamp = 0;
  #paceSince = 0;

  /** Takes a packet in that `packetKind` calls RTP. */
  packet(data: Uint8Array, nowMs: number): void {
    this.packets++;
    const sequence = sequenceOf(data);
    const source = sourceOf(data);
    if (!this.#begun || source !== this.#source) {
      this.#restart(sequence, source);
    } else {
      const ahead = (sequence - this.#highest) & 0xffff;
      if (ahead < maxDropout) this.#highest += ahead;
      else if (ahead < 0x1_0000 - maxMisorder) this.#restart(sequence, source);
    }
    this.#received++;
    const type = payloadTypeOf(data);
    if (type !== this.payloadType) this.#changed(type, timestampOf(data), nowMs);
    if (this.codec === null) this.#watchPace(timestampOf(data), nowMs);
    else this.#jitter(timestampOf(data), nowMs, this.codec.clock);
  }

  /** Packets between the first and the highest that have not come; late and doubled ones count against it. */
  get lost(): number {
    return this.#lostBefore + this.#lostNow();
  }

  /** -1 = not known (yet). */
  get jitterMs(): number {
    return this.#jitterKnown ? this.#jitterMs : -1;
  }

  #lostNow(): number {
    return this.#begun ? Math.max(0, this.#highest - this.#base + 1 - this.#received) : 0;
  }

  #restart(sequence: number, source: number): void {
    this.#lostBefore += this.#lostNow();
    this.#begun = true;
    this.#source = source;
    this.#base = sequence;
    this.#highest = sequence;
    this.#received = 0;
    this.#transit = Number.NaN;
  }

  /** Timestamps of another payload type may run by another clock, or stand still (RFC 4733). */
  #changed(type: number, timestamp: number, nowMs: number): void {
    this.payloadType = type;
    this.codec = staticCodec(type);
    this.#transit = Number.NaN;
    this.#paceTimestamp = timestamp;
    this.#paceSince = nowMs;
  }

  #watchPace(timestamp: number, nowMs: number): void {
    const elapsed = nowMs - this.#paceSince;
    if (elapsed < paceMs) return;
    this.codec = codecByPace((timestamp - this.#paceTimestamp) | 0, elapsed);
    this.#paceTimestamp = timestamp;
    this.#paceSince = nowMs;
  }

  /** RFC 3550 A.8, in milliseconds. The timestamp's wrap would be one wild jump: it is left out. */
  #jitter(timestamp: number, nowMs: number, clock: number): void {
    const transit = nowMs - (timestamp * 1_000) / clock;
    const change = Math.abs(transit - this.#transit);
    this.#transit = transit;
    // NaN: nothing to compare with. Seconds: the sender jumped, as after silence without packets.
    if (!(change < 1_000)) return;
    this.#jitterMs += (change - this.#jitterMs) / 16;
    this.#jitterKnown = true;
  }
}

/** Milliseconds from mouth to ear beside the network: packets of 20 ms, look-ahead, and a playout buffer of twice the jitter. */
const codecDelayMs = 25;

/**
 * The mean opinion score of a listener by the E-model (ITU-T G.107) with default values for all but delay and loss.
 * @param lossRatio of the packets, 0 to 1
 * @param jitterMs below 0 = not known
 * @param roundTripMs below 0 = not known
 * @returns 1.0 to 4.5, 0 for what is no voice
 */
export function meanOpinionScore(codec: Codec | null, lossRatio: number, jitterMs: number, roundTripMs: number): number {
  if (codec === null || !codec.voice) return 0;
  const delay = codecDelayMs + 2 * Math.max(0, jitterMs) + Math.max(0, roundTripMs) / 2;
  const delayImpairment = 0.024 * delay + (delay > 177.3 ? 0.11 * (delay - 177.3) : 0);
  const loss = 100 * Math.min(1, Math.max(0, lossRatio));
  const lossImpairment = codec.impairment + ((95 - codec.impairment) * loss) / (loss + codec.robustness);
  const rating = 93.2 - delayImpairment - lossImpairment;
  if (rating <= 0) return 1;
  return Math.min(4.5, Math.max(1, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6));
}
