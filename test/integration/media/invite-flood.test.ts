/** The ports of the real data plane under a flood of cheap INVITEs: what a stranger can hold, and for how long. */
import { afterEach, describe, expect, it } from 'vitest';
import type { MediaState } from '../../../dataplane/media/messages.ts';
import { until } from '../../harness/deadline.ts';
import { connect, converse, hangUp, MediaPeer } from '../../harness/media-peer.ts';
import { freePortPairs } from '../../harness/ports.ts';
import { RtpStream } from '../../harness/rtp-stream.ts';
import { writeSdp } from '../../harness/sdp-text.ts';
import { SipSocket, type Received } from '../../harness/sip-socket.ts';
import { answerTo, callIdOf, headerOf, toTagOf } from '../../harness/sip-text.ts';
import { Peer, Rig } from '../dataplane/rig.ts';

const pairs = 200;
const strangersHost = '127.0.0.66';
const floodTag = 'flood';
/** INVITEs of a flood that wait for their fate; a socket's buffer holds more. */
const underWay = 20;

let flood: Flood;
afterEach(() => flood.stop());

/** A node, a PBX behind it, and a stranger that sends INVITEs with SDP by UDP. */
class Flood {
  readonly rig: Rig;
  readonly pbx: SipSocket;
  readonly #stranger: Peer;
  /** By Call-ID: what became of it; 0 = it waits at the PBX. */
  readonly fates = new Map<string, number>();
  readonly #waiting = new Map<string, Received>();
  #sent = 0;

  private constructor(rig: Rig, pbx: SipSocket, stranger: Peer, answer: number) {
    this.rig = rig;
    this.pbx = pbx;
    this.#stranger = stranger;
    pbx.onMessage = (received) => {
      const { message } = received;
      if (message.method !== 'INVITE' || message.status !== 0 || !headerOf(message, 'from').includes(floodTag)) return;
      this.#waiting.set(callIdOf(message), received);
      if (answer !== 0) this.#answer(received, answer);
      else this.fates.set(callIdOf(message), 0);
    };
    stranger.socket.onMessage = ({ message }) => {
      if (message.status < 200 || message.method !== 'INVITE') return;
      const callId = callIdOf(message);
      this.fates.set(callId, message.status);
      stranger.send(stranger.request('ACK', 'sip:1001@acme.example', { callId, branch: branchOf(callId), fromTag: floodTag, toTag: toTagOf(message) })).catch(() => undefined);
    };
  }

  /** @param answer status that the PBX has for the stranger at once; 0 = it is silent */
  static async start(answer: number): Promise<Flood> {
    const first = await freePortPairs(pairs);
    const pbx = await SipSocket.open();
    const rig = await Rig.start([{ key: 'acme', destinations: [`sip:127.0.0.1:${pbx.port}`], policies: { media: 'relay' }, failover: { frMs: 60_000, frInviteMs: 60_000 }, trunk: ['127.0.0.77'] }], {
      env: { SIGNALBOX_MEDIA: 'worker', SIGNALBOX_MEDIA_THREADS: '1', SIGNALBOX_RTP: `${first}-${first + 2 * pairs - 1}` },
    });
    return new Flood(rig, pbx, new Peer(await SipSocket.open({ host: strangersHost, keep: false }), rig), answer);
  }

  /** Sends so many INVITEs, each when there is room for it, and waits for the fate of all. */
  async invites(count: number): Promise<void> {
    const last = this.#sent + count;
    const body = writeSdp({ address: strangersHost, port: 40_000, version: 1, formats: '8' });
    await until(`the fate of ${count} INVITEs`, 60_000, async () => {
      while (this.#sent < last && this.#sent - this.fates.size < underWay) {
        const callId = `flood-${++this.#sent}`;
        await this.#stranger.send(this.#stranger.request('INVITE', 'sip:1001@acme.example', { callId, branch: branchOf(callId), fromTag: floodTag, headers: ['Content-Type: application/sdp'], body }));
      }
      return this.fates.size === last;
    });
  }

  /** How many INVITEs had that fate. */
  count(status: number): number {
    return [...this.fates.values()].filter((fate) => fate === status).length;
  }

  /** The PBX answers all that waits there. */
  answerAll(status: number): void {
    for (const received of this.#waiting.values()) this.#answer(received, status);
  }

  /** The PBX accepts all that waits there. */
  acceptAll(): void {
    const body = writeSdp({ address: '127.0.0.1', port: 40_000, version: 1, formats: '8' });
    for (const received of this.#waiting.values()) {
      received.reply(answerTo(received.message, 200, 'OK', { toTag: 'pbx', headers: [`Contact: <sip:127.0.0.1:${this.pbx.port}>`, 'Content-Type: application/sdp'], body }));
    }
  }

  #answer(received: Received, status: number): void {
    received.reply(answerTo(received.message, status, 'No', { toTag: 'pbx' }));
  }

  async state(): Promise<MediaState> {
    const [state] = (await this.rig.inspect())['media'] as readonly MediaState[];
    if (state === undefined) throw new Error('no media thread tells');
    return state;
  }

  async stop(): Promise<void> {
    await this.#stranger.socket.close();
    await this.pbx.close();
    await this.rig.stop();
  }
}

const branchOf = (callId: string): string => `z9hG4bK-${callId}`;

describe('a flood of INVITEs with SDP', () => {
  it('that a PBX answers with 401 at once leaves nobody without ports', async () => {
    flood = await Flood.start(401);
    await flood.invites(2_000);
    expect([flood.count(401), flood.count(503)]).toEqual([2_000, 0]);
    await until('no port in use', 10_000, async () => (await flood.state()).portsUsed === 0);
  }, 120_000);

  it('that a PBX never answers takes half of the ports: trunks and connections still get media, and all comes back', async () => {
    flood = await Flood.start(0);
    await flood.invites(2_000);
    // Two pairs a call, half of the pairs.
    expect([flood.count(0), flood.count(503)]).toEqual([pairs / 4, 2_000 - pairs / 4]);
    await until('what the node tells', 10_000, async () => {
      const { portsUsed, portsUnproven, unprovenRefused } = await flood.state();
      return portsUsed === pairs && portsUnproven === pairs && unprovenRefused === 2_000 - pairs / 4;
    });
    expect(await flood.rig.metric('media_unproven_refused_total')).toBe(2_000 - pairs / 4);
    for (const sip of [{ host: '127.0.0.77' }, { host: strangersHost, transport: 'tcp' }] as const) {
      const caller = await MediaPeer.open(flood.rig, { sip });
      const callee = new MediaPeer(new Peer(flood.pbx, flood.rig), await RtpStream.open());
      try {
        await connect(caller, callee, 'sip:1001@acme.example');
        const { atA, atB } = await converse(caller, callee);
        expect([atA.lost, atB.lost]).toEqual([0, 0]);
        await hangUp(caller, callee);
      } finally {
        await caller.close();
        await callee.media.close();
      }
    }
    flood.answerAll(403);
    await until('every caller to hear of it', 20_000, () => flood.count(403) === pairs / 4);
    await until('no port in use', 10_000, async () => {
      const { portsUsed, portsUnproven, portsResting, sessions } = await flood.state();
      // Those of the two calls rest.
      return portsUsed === 0 && portsUnproven === 0 && sessions === 0 && portsResting === 8;
    });
    await flood.invites(1);
    expect(flood.count(0)).toBe(1);
  }, 120_000);

  it('of calls that somebody has accepted holds what it needs: the share is for those that wait', async () => {
    flood = await Flood.start(0);
    for (let round = 0; round < 2; round++) {
      await flood.invites(pairs / 4);
      flood.acceptAll();
      await until('their answers', 20_000, () => flood.count(200) === (round + 1) * (pairs / 4));
    }
    expect(flood.count(503)).toBe(0);
    await until('all ports in use, none of them on trial', 10_000, async () => {
      const { portsUsed, portsUnproven } = await flood.state();
      return portsUsed === 2 * pairs && portsUnproven === 0;
    });
  }, 120_000);
});
