/** One end of an audio stream: says numbered packets of G.711 as a phone does, and keeps what it hears. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { until } from './deadline.ts';
import { freePortPairs } from './ports.ts';
import { kindOf, packetMs, packetSamples, readRtp, writeDtls, writeRtp, writeSenderReport, writeStun, type PacketKind, type RtpPacket } from './rtp-packets.ts';
import { hostPort } from './sip-text.ts';
import type { Endpoint } from './sip-wires.ts';

export interface HeardPacket {
  readonly kind: PacketKind;
  readonly data: Buffer;
  /** null = no RTP. */
  readonly rtp: RtpPacket | null;
  /** `address:port` that it came from, and the one that it came to. */
  readonly from: string;
  readonly at: string;
  readonly atMs: number;
}

/** What came of one source (ssrc) since a point in time. */
export interface Hearing {
  readonly packets: number;
  /** Of sequence numbers between the first and the last that came. */
  readonly missing: number;
  readonly duplicates: number;
  /** Payloads that are not the ones that were sent. */
  readonly damaged: number;
  /** Longest time between two packets. */
  readonly silenceMs: number;
  readonly first: number;
  readonly last: number;
  /** Where they came from. */
  readonly sources: readonly string[];
}

export interface RtpStreamOptions {
  readonly host?: string;
  /** Even; any free pair when left out. */
  readonly port?: number;
  /** It can take RTCP by the port of RTP (RFC 5761), and does when the other side can. */
  readonly mux?: boolean;
  readonly payloadType?: number;
}

async function bound(host: string, port: number): Promise<Socket> {
  const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 1024 * 1024 });
  socket.bind(port, host);
  await once(socket, 'listening');
  // Nobody there shows as packets that do not arrive.
  socket.on('error', () => undefined);
  return socket;
}

/** Who was late for long says no more than this at once: rtpengine leaves what is beyond 50 packets in a socket's queue until the next one comes. */
const mostAtOnce = 10;

/** Sequence numbers start anywhere and wrap. */
const distance = (from: number, to: number): number => ((to - from) << 16) >> 16;

export class RtpStream {
  readonly ssrc = randomBytes(4).readUInt32BE(0);
  readonly offersMux: boolean;
  /** RTCP goes by the port of RTP. */
  mux: boolean;
  readonly payloadType: number;
  host: string;
  port = 0;
  /** Where it sends to; null = nowhere yet. */
  to: Endpoint | null = null;
  rtcpTo: Endpoint | null = null;
  /** Everything that came, in order. */
  readonly heard: HeardPacket[] = [];
  /** RTP packets said so far. */
  sent = 0;
  /** The longest time that the machine has kept this end from its work while it talked. */
  heldMs = 0;
  readonly #firstSeq = randomBytes(2).readUInt16BE(0);
  readonly #firstTimestamp = randomBytes(4).readUInt32BE(0);
  #sockets: readonly Socket[] = [];
  #timer: NodeJS.Timeout | null = null;

  private constructor(options: RtpStreamOptions) {
    this.host = options.host ?? '127.0.0.1';
    this.offersMux = options.mux ?? false;
    this.mux = this.offersMux;
    this.payloadType = options.payloadType ?? 8;
  }

  static async open(options: RtpStreamOptions = {}): Promise<RtpStream> {
    const stream = new RtpStream(options);
    await stream.#bind(stream.host, options.port ?? (await freePortPairs(1)));
    return stream;
  }

  get rtcpPort(): number {
    return this.mux ? this.port : this.port + 1;
  }

  get sequence(): number {
    return (this.#firstSeq + this.sent) & 0xffff;
  }

  async #bind(host: string, port: number): Promise<void> {
    const sockets = [await bound(host, port), await bound(host, port + 1)];
    for (const [index, socket] of sockets.entries()) {
      socket.on('message', (data, from) => {
        const kind = kindOf(data);
        this.heard.push({ kind, data, rtp: kind === 'rtp' && data.length >= 12 ? readRtp(data) : null, from: hostPort(from.address, from.port), at: hostPort(host, port + index), atMs: performance.now() });
      });
    }
    this.#sockets = sockets;
    this.host = host;
    this.port = port;
  }

  /** Goes on at another place, with the same ssrc and sequence, as a phone does that changes its network. */
  async move(to: { readonly host?: string; readonly port?: number } = {}): Promise<void> {
    const former = this.#sockets;
    await this.#bind(to.host ?? this.host, to.port ?? (await freePortPairs(1)));
    for (const socket of former) socket.close();
  }

  /** Sends bytes from the RTP port (or the RTCP one) to where this end sends, or elsewhere. */
  sendRaw(data: Buffer, to: Endpoint | null = this.to, fromRtcp = false): void {
    if (to === null) return;
    const socket = fromRtcp && !this.mux ? this.#sockets[1] : this.#sockets[0];
    socket?.send(data, to.port, to.host);
  }

  /** One packet of audio. */
  say(to: Endpoint | null = this.to): void {
    this.sendRaw(writeRtp({ ssrc: this.ssrc, seq: this.sequence, timestamp: this.#firstTimestamp + this.sent * packetSamples, payloadType: this.payloadType }, this.sent === 0), to);
    this.sent += 1;
  }

  /** Says a packet every 20 ms from now on, catching up where the machine was late. */
  talk(): void {
    if (this.#timer !== null) return;
    const startedMs = performance.now() - packetMs;
    let lastMs = performance.now();
    let said = 0;
    const tick = (): void => {
      const nowMs = performance.now();
      this.heldMs = Math.max(this.heldMs, nowMs - lastMs);
      lastMs = nowMs;
      for (const due = Math.min(Math.floor((nowMs - startedMs) / packetMs), said + mostAtOnce); said < due; said++) this.say();
    };
    tick();
    this.#timer = setInterval(tick, packetMs / 2);
  }

  hush(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  sendRtcp(): Buffer {
    const last = this.heard.findLast(({ rtp }) => rtp !== null)?.rtp;
    const report = writeSenderReport(this.ssrc, this.sent, { ssrc: last?.ssrc ?? 0, lost: 0, highest: last?.seq ?? 0 });
    this.sendRaw(report, this.rtcpTo, true);
    return report;
  }

  sendStun(): Buffer {
    const request = writeStun();
    this.sendRaw(request);
    return request;
  }

  sendDtls(): Buffer {
    const record = writeDtls();
    this.sendRaw(record);
    return record;
  }

  /** A point in time to count from. */
  get mark(): number {
    return this.heard.length;
  }

  /**
   * What came of `ssrc` since a mark.
   * @param notBefore sequence number: packets said before that one do not count, however late they come
   */
  hearing(ssrc: number, since = 0, notBefore?: number): Hearing {
    const packets = this.heard.slice(since).filter(({ rtp }) => rtp?.ssrc === ssrc && (notBefore === undefined || distance(notBefore, rtp.seq) >= 0));
    const seen = new Set<number>();
    const sources = new Set<string>();
    let [duplicates, damaged, silenceMs, span] = [0, 0, 0, 0];
    const first = packets[0]?.rtp?.seq ?? -1;
    for (const [index, { rtp, from, atMs }] of packets.entries()) {
      if (rtp === null) continue;
      const offset = distance(first, rtp.seq);
      if (seen.has(offset)) duplicates += 1;
      seen.add(offset);
      sources.add(from);
      span = Math.max(span, offset + 1);
      if (!rtp.whole) damaged += 1;
      if (index > 0) silenceMs = Math.max(silenceMs, atMs - (packets[index - 1]?.atMs ?? atMs));
    }
    return { packets: packets.length, missing: span - [...seen].filter((offset) => offset >= 0).length, duplicates, damaged, silenceMs: Math.round(silenceMs), first, last: packets.at(-1)?.rtp?.seq ?? -1, sources: [...sources] };
  }

  /** Waits until `count` packets of `other` came since a mark. */
  async hears(other: RtpStream, count: number, since = this.mark, ms = 15_000): Promise<Hearing> {
    const what = (): string => `${count} packets of ${hostPort(other.host, other.port)} at ${hostPort(this.host, this.port)}: ${other.account()} ${this.account(other)}`;
    await until(`${count} packets`, ms, () => this.hearing(other.ssrc, since).packets >= count).catch((error: unknown) => {
      throw new Error(`${what()} (waited ${ms} ms)`, { cause: error });
    });
    return this.hearing(other.ssrc, since);
  }

  /** Waits for a datagram with just these bytes. */
  async gets(data: Buffer, what: string, ms = 15_000): Promise<HeardPacket> {
    return until(what, ms, () => this.heard.find((packet) => packet.data.equals(data)) ?? null).catch((error: unknown) => {
      throw new Error(`${what}: did not come to ${hostPort(this.host, this.port)} within ${ms} ms. ${this.account()}`, { cause: error });
    });
  }

  /** What was said and heard, for failure messages. */
  account(of?: RtpStream): string {
    const kinds = new Map<string, number>();
    for (const { kind, rtp, from } of this.heard) {
      const key = `${kind}${rtp === null ? '' : ` ssrc ${rtp.ssrc.toString(16)}`} from ${from}`;
      kinds.set(key, (kinds.get(key) ?? 0) + 1);
    }
    const heard = [...kinds].map(([key, count]) => `${count} ${key}`).join(', ');
    const detail = of === undefined ? '' : ` Of ssrc ${of.ssrc.toString(16)}: ${JSON.stringify(this.hearing(of.ssrc))}.`;
    return `${hostPort(this.host, this.port)} (ssrc ${this.ssrc.toString(16)}) said ${this.sent} to ${this.to === null ? 'nobody' : hostPort(this.to.host, this.to.port)} and heard ${heard || 'nothing'}.${detail}`;
  }

  close(): Promise<void> {
    this.hush();
    for (const socket of this.#sockets) socket.close();
    this.#sockets = [];
    return Promise.resolve();
  }
}
