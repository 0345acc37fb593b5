/** Ends of media for scenarios, and what must hold of descriptions and packets that pass between them. */
import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { until } from '../harness/deadline.ts';
import { connect, MediaPeer, type Connected, type MediaPeerOptions } from '../harness/media-peer.ts';
import { RtpStream } from '../harness/rtp-stream.ts';
import { writeRtp } from '../harness/rtp-packets.ts';
import { readSdp } from '../harness/sdp-text.ts';
import { hostPort } from '../harness/sip-text.ts';
import type { MediaPorts } from './edge.ts';
import type { World } from './world.ts';

/** Address of the edge as all ends see it. */
export const edgeHost = '127.0.0.1';

export async function phoneOf(w: World, options: MediaPeerOptions = {}): Promise<MediaPeer> {
  const peer = await MediaPeer.open(w.edge, options);
  w.defer(() => peer.close());
  return peer;
}

/** A new end of media behind the first backend. */
export async function backendOf(w: World, { media, says }: Pick<MediaPeerOptions, 'media' | 'says'> = {}): Promise<MediaPeer> {
  const stream = await RtpStream.open(media);
  w.defer(() => stream.close());
  return new MediaPeer(w.backend, stream, says);
}

/** Somebody who has no part in any call. */
export async function strangerOf(w: World, host: string): Promise<RtpStream> {
  const stranger = await RtpStream.open({ host });
  w.defer(() => stranger.close());
  return stranger;
}

export function mediaPortsOf({ edge: { mediaPorts, name } }: World): MediaPorts {
  if (mediaPorts === null) throw new Error(`${name} relays no media`);
  return mediaPorts;
}

/** Expects an even port with its neighbour in the range by which the edge relays (RFC 3550 §11). */
export function expectOwnPort(w: World, port: number): void {
  const { first, last } = mediaPortsOf(w);
  expect(port >= first && port < last && port % 2 === 0, `port ${port}, an even one of ${first} to ${last} wanted`).toBe(true);
}

/**
 * Expects that a description came through a relay: the edge's address in each c=, a port of its own for each stream that is on,
 * and every other line, o= too, as it was said.
 * @returns the ports by m-line
 */
export function expectRelayed(w: World, said: string, got: string): readonly number[] {
  const ports = readSdp(got).media.map(({ port }) => port);
  let stream = 0;
  const wanted = said.split('\r\n').map((line) => {
    if (line.startsWith('c=')) return `c=IN IP4 ${edgeHost}`;
    if (!line.startsWith('m=')) return line;
    const port = ports[stream++] ?? 0;
    return line.replace(/ [1-9]\d* /, ` ${port} `);
  });
  expect(got).toBe(wanted.join('\r\n'));
  const used = ports.filter((port) => port !== 0);
  for (const port of used) expectOwnPort(w, port);
  expect(new Set(used).size, `each stream has ports of its own: ${got}`).toBe(used.length);
  return ports;
}

/** Expects what the policy of the world asks for: a description that came through a relay, or as it was said. */
export function expectPassed(w: World, said: string, got: string): void {
  if (w.plan.media === 'relay') expectRelayed(w, said, got);
  else expect(got).toBe(said);
}

/** A call between two ends that are both told to send their media to the edge: packets between them can go no other way. */
export async function connectThrough(w: World, phone: MediaPeer, backend: MediaPeer): Promise<Connected> {
  const connected = await connect(phone, backend, w.uri);
  for (const { media } of [phone, backend]) {
    expect(media.to?.host).toBe(edgeHost);
    expectOwnPort(w, media.to?.port ?? 0);
  }
  return connected;
}

/** A packet that no other is like, of a length of its own. */
const packet = (from: RtpStream, index: number): Buffer =>
  Buffer.concat([writeRtp({ ssrc: from.ssrc, seq: index, timestamp: index * 160, payloadType: from.payloadType }, index % 10 === 0).subarray(0, 12), randomBytes((index * 29) % 1_200)]);

/**
 * Sends packets each way and expects that each end hears just these, byte for byte and in order, from where it sends to (RFC 4961).
 * @param before happens right before them: what it sends must reach neither end
 */
export async function exchange(one: MediaPeer, other: MediaPeer, packets = 10, before: () => void = () => undefined): Promise<void> {
  const ways = [[one, other], [other, one]].map(([from, to]) => ({ from: from!.media, to: to!.media, mark: to!.media.mark, sent: Array.from({ length: packets }, (_, i) => packet(from!.media, i)) }));
  before();
  for (let i = 0; i < packets; i++) for (const { from, sent } of ways) from.sendRaw(sent[i]!);
  for (const { from, to, mark, sent } of ways) {
    await until('the packets', 3_000, () => to.heard.length >= mark + packets).catch(() => false);
    const heard = to.heard.slice(mark);
    const account = `${from.account()} ${to.account()}`;
    expect(heard.map(({ data }) => data.toString('hex')), account).toEqual(sent.map((data) => data.toString('hex')));
    expect([...new Set(heard.map((one) => one.from))], account).toEqual([hostPort(to.to?.host ?? '', to.to?.port ?? 0)]);
  }
}
