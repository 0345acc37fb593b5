/** One side of a relayed stream: its two ports, who is heard there, and what is known of what it sends. */
import type { DirectionFigures } from '../figures.ts';
import { meanOpinionScore, Reception } from '../quality.ts';
import type { OffloadCount } from '../offload.ts';
import type { Endpoint, Expectation, PortPair } from '../relay.ts';
import { SideReports } from '../reports.ts';
import { Channel } from './channel.ts';
import type { Datagrams } from './datagrams.ts';

/** Sums of all streams of a relay. */
export interface Totals {
  packetsIn: number;
  packetsOut: number;
  strangers: number;
  invalid: number;
  sendFailures: number;
}

/** What a leg has to say to its stream. */
export interface LegOwner {
  /** Another source is heard on the RTP port. */
  learned(leg: Leg, at: Endpoint): void;
  /** Media flows from the learned source. */
  settled(): void;
  /** More goes to this side, a port of ours, than any stream has: it is muted. */
  circles(leg: Leg): void;
  /** How long the kernel has forwarded nothing of this side; -1 = it does not forward. */
  kernelIdleMs(leg: Leg): number;
}

/** RTP's port and the next one (RFC 3550 §11). */
const beside = (at: Endpoint | null): Endpoint | null => (at === null || at.port >= 65_535 ? null : { address: at.address, port: at.port + 1 });

export class Leg {
  readonly totals: Totals;
  readonly reception = new Reception();
  readonly reports = new SideReports();
  readonly rtp: Channel;
  readonly #rtcp: Channel;
  readonly #owner: LegOwner;
  readonly #datagrams: Datagrams;
  #peer: Leg = this;
  #pair: PortPair = { family: 4, rtp: 0 };
  #expectation: Expectation | null = null;
  /** Of media alone, seen here. */
  packets = 0;
  bytes = 0;
  strangers = 0;
  /** Any packet passes: it is no RTP (T.38 over UDPTL). */
  opaque = false;
  #invalid = 0;

  constructor(owner: LegOwner, datagrams: Datagrams, totals: Totals) {
    this.#owner = owner;
    this.#datagrams = datagrams;
    this.totals = totals;
    this.rtp = new Channel(this, false);
    this.#rtcp = new Channel(this, true);
  }

  /** The two sides of a stream know each other. */
  static join(a: Leg, b: Leg): void {
    [a.#peer, b.#peer] = [b, a];
    [a.reports.peer, b.reports.peer] = [b.reports, a.reports];
  }

  get pair(): PortPair {
    return this.#pair;
  }

  get peer(): Leg {
    return this.#peer;
  }

  get expectation(): Expectation | null {
    return this.#expectation;
  }

  /** Where RTCP is sent from: with rtcp-mux that is the RTP port (RFC 5761). */
  get control(): Channel {
    return this.#expectation?.mux === true ? this.rtp : this.#rtcp;
  }

  /** Any packet has come, be it a stranger's, or had before this process. */
  get heard(): boolean {
    return this.strangers + this.#invalid > 0 || this.rtp.lastMs >= 0 || this.#rtcp.lastMs >= 0 || this.rtp.latch.learned !== null;
  }

  now(): number {
    return this.#datagrams.now();
  }

  /** Opens the pair and leaves the former one. @returns false = one of the ports is not to be had; nothing changed */
  attach(pair: PortPair): boolean {
    const rtp = this.#datagrams.open(pair.family, pair.rtp, this.rtp);
    if (rtp === null) return false;
    const rtcp = this.#datagrams.open(pair.family, pair.rtp + 1, this.#rtcp);
    if (rtcp === null) {
      rtp.close();
      return false;
    }
    this.#pair = pair;
    this.rtp.attach(rtp, pair.family);
    this.#rtcp.attach(rtcp, pair.family);
    return true;
  }

  close(): void {
    this.rtp.close();
    this.#rtcp.close();
  }

  expect(expectation: Expectation): void {
    this.#expectation = expectation;
    this.opaque = expectation.protocol === 'other';
    const { rtp, hosts, latching, ours } = expectation;
    this.rtp.expect({ place: rtp, hosts, latching }, null, ours === true);
    this.#expectRtcp(expectation);
  }

  /** Where a former process had heard the side. */
  restore(at: Endpoint): void {
    this.rtp.restore(at);
  }

  /** A channel hears another source. */
  learned(channel: Channel): void {
    channel.apply(null);
    const at = channel.latch.learned;
    if (channel !== this.rtp || at === null) return;
    if (this.#expectation !== null) this.#expectRtcp(this.#expectation);
    this.#owner.learned(this, at);
    this.#owner.settled();
  }

  circles(): void {
    this.#owner.circles(this);
  }

  confirmed(): void {
    this.#owner.settled();
  }

  refuse(): void {
    this.#invalid++;
    this.totals.invalid++;
  }

  /** How long the learned source of a channel has sent nothing. */
  silentMs(channel: Channel): number {
    const here = channel.lastMs < 0 ? Number.POSITIVE_INFINITY : this.now() - channel.lastMs;
    const kernel = channel === this.rtp ? this.#owner.kernelIdleMs(this) : -1;
    return kernel < 0 ? here : Math.min(here, kernel);
  }

  /**
   * @param seesAll false = the kernel forwards or has forwarded some of it: loss and jitter are what the peer reports
   * @param kernel what it has forwarded
   * @param roundTripMs between the two ends
   */
  figures(nowMs: number, seesAll: boolean, kernel: OffloadCount, roundTripMs: number): DirectionFigures {
    const { reception, reports } = this;
    const packets = this.packets + kernel.packets;
    const clock = reception.codec?.clock ?? 0;
    const reported = reports.lost;
    const rtp = reception.packets > 0;
    const lost = seesAll && rtp ? reception.lost : reported;
    const jitterMs = seesAll ? reception.jitterMs : clock > 0 ? reports.jitterMs(clock) : -1;
    const missing = Math.max(0, lost, reported);
    const last = Math.max(this.rtp.lastMs, this.#rtcp.lastMs);
    const here = last < 0 ? -1 : Math.max(0, nowMs - last);
    const inKernel = this.#owner.kernelIdleMs(this);
    return {
      packets, bytes: this.bytes + kernel.bytes, lost, jitterMs,
      // What passed unseen and of which nobody reports may all be lost: no score is better than a good one.
      mos: rtp && (seesAll || reported >= 0) ? meanOpinionScore(reception.codec, missing / (packets + missing), jitterMs, roundTripMs) : 0,
      strangers: this.strangers, invalid: this.#invalid,
      idleMs: here < 0 || inKernel < 0 ? Math.max(here, inKernel) : Math.min(here, inKernel),
    };
  }

  /**
   * RTCP follows RTP: a side behind NAT has it beside the RTP that was learned, and once RTP is learned, RTCP comes from that
   * host only, or from the one that a=rtcp names.
   */
  #expectRtcp({ rtp, rtcp, mux, hosts, latching, ours }: Expectation): void {
    const learned = this.rtp.latch.learned;
    const place = mux ? null : (rtcp ?? beside(rtp));
    const elsewhere = learned !== null && rtp !== null && (learned.address !== rtp.address || learned.port !== rtp.port);
    const narrowed = latching !== 'strict' && learned !== null;
    const narrow = narrowed ? [learned.address, ...(rtcp === null ? [] : [rtcp.address])] : hosts;
    this.#rtcp.expect({ place, hosts: narrow, latching: narrowed ? 'sdp' : latching }, elsewhere && !mux && latching !== 'strict' ? beside(learned) : null, ours === true);
  }
}
