/** What RTCP that passes tells of both directions of a stream: loss and jitter at the far end, and round trips. Pure. */
import { readReports, type ReportReader } from './rtcp.ts';

/** Sources of one side that are kept apart (several in a bundle); more are passed over. */
const maxSources = 16;

interface Heard {
  cumulative: number;
  jitter: number;
}

/** The reports of one side. Set `peer` before use. */
export class SideReports implements ReportReader {
  peer: SideReports | null = null;
  /** From us to this side and back, -1 = not known. */
  roundTripMs = -1;
  /** What the peer says of what it hears from this side, by source. */
  readonly #heardByPeer = new Map<number, Heard>();
  #senderReport = 0;
  #senderReportMs = 0;
  #nowMs = 0;

  /** Reads RTCP of this side. */
  read(data: Uint8Array, length: number, nowMs: number): void {
    this.#nowMs = nowMs;
    readReports(data, length, this);
  }

  /** Packets of this side that the peer misses, -1 = it has not said. */
  get lost(): number {
    if (this.#heardByPeer.size === 0) return -1;
    let sum = 0;
    for (const { cumulative } of this.#heardByPeer.values()) sum += Math.max(0, cumulative);
    return sum;
  }

  /**
   * The jitter at which the peer hears this side, -1 = it has not said.
   * @param clock of the side's codec, in Hz
   */
  jitterMs(clock: number): number {
    let most = -1;
    for (const { jitter } of this.#heardByPeer.values()) most = Math.max(most, (jitter * 1_000) / clock);
    return most;
  }

  sender(_ssrc: number, ntp: number): void {
    this.#senderReport = ntp;
    this.#senderReportMs = this.#nowMs;
  }

  reception(_from: number, ssrc: number, cumulative: number, _highest: number, jitter: number, lastReport: number, delay: number): void {
    const { peer } = this;
    if (peer === null) return;
    peer.#heard(ssrc, cumulative, jitter);
    const sent = lastReport === 0 ? -1 : peer.#sentMs(lastReport);
    if (sent >= 0) this.roundTripMs = Math.max(0, this.#nowMs - sent - (delay * 1_000) / 65_536);
  }

  #heard(ssrc: number, cumulative: number, jitter: number): void {
    const known = this.#heardByPeer.get(ssrc);
    if (known !== undefined) {
      known.cumulative = cumulative;
      known.jitter = jitter;
    } else if (this.#heardByPeer.size < maxSources) {
      this.#heardByPeer.set(ssrc, { cumulative, jitter });
    }
  }

  /** When the newest sender report of this side passed, -1 = another one is meant. */
  #sentMs(report: number): number {
    return report === this.#senderReport ? this.#senderReportMs : -1;
  }
}
