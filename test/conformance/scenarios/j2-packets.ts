/** Media packets through an edge that relays them. */
import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { until } from '../../harness/deadline.ts';
import { hangUp, type MediaPeer } from '../../harness/media-peer.ts';
import { writeSenderReport } from '../../harness/rtp-packets.ts';
import { callIdOf } from '../../harness/sip-text.ts';
import { backendOf, connectThrough, exchange, expectOwnPort, expectPassed, mediaPortsOf, phoneOf, strangerOf } from '../media-ends.ts';
import { row } from '../row.ts';
import type { World } from '../world.ts';

/** A call between a phone and the backend. */
async function call(w: World, mux = false): Promise<readonly [MediaPeer, MediaPeer]> {
  const ends = [await phoneOf(w, { media: { mux } }), await backendOf(w, { media: { mux } })] as const;
  await connectThrough(w, ...ends);
  return ends;
}

row(150, { media: ['relay'] }, async (w) => {
  const ends = await call(w);
  await exchange(...ends, 50);
  await hangUp(...ends);
});

row(151, { media: ['relay'] }, async (w) => {
  // RTCP one above RTP, and on the port of RTP.
  for (const mux of [false, true]) {
    const ends = await call(w, mux);
    await exchange(...ends);
    for (const [from, to] of [ends, ends.toReversed() as [MediaPeer, MediaPeer]]) {
      const audio = to.remote?.media[0];
      expectOwnPort(w, audio?.port ?? 0);
      expect(audio?.attributes.includes('rtcp-mux')).toBe(mux);
      expect(to.media.rtcpTo?.port).toBe((audio?.port ?? 0) + (mux ? 0 : 1));
      const heard = await to.media.gets(from.media.sendRtcp(), 'a sender report');
      expect([heard.at, heard.from]).toEqual([`${to.media.host}:${to.media.rtcpPort}`, `${to.media.rtcpTo?.host}:${to.media.rtcpTo?.port}`]);
    }
    await hangUp(...ends);
  }
  // Where a=rtcp says (RFC 3605).
  const rtcp = await strangerOf(w, '127.0.0.1');
  const [phone, backend] = [await phoneOf(w, { says: { lines: [`a=rtcp:${rtcp.port} IN IP4 127.0.0.1`] } }), await backendOf(w)];
  const { offer } = await connectThrough(w, phone, backend);
  const { port = 0, attributes } = offer?.media[0] ?? {};
  expect(attributes).toContain(`rtcp:${port + 1} IN IP4 127.0.0.1`);
  await exchange(phone, backend);
  const [report, answer] = [writeSenderReport(phone.media.ssrc, 10, { ssrc: backend.media.ssrc, lost: 0, highest: 0 }), backend.media.sendRtcp()];
  expect((await rtcp.gets(answer, 'a report of the backend')).at).toBe(`127.0.0.1:${rtcp.port}`);
  rtcp.sendRaw(report, phone.media.rtcpTo);
  expect((await backend.media.gets(report, 'a report of the phone')).at).toBe(`127.0.0.1:${backend.media.rtcpPort}`);
  await hangUp(phone, backend);
});

row(152, { media: ['relay'] }, async (w) => {
  for (const hidden of ['phone', 'backend'] as const) {
    const behindNat = { says: { address: '192.168.77.7', port: 40_000 } };
    const phone = await phoneOf(w, hidden === 'phone' ? behindNat : {});
    const backend = await backendOf(w, hidden === 'backend' ? behindNat : {});
    await connectThrough(w, phone, backend);
    const [first, other] = hidden === 'phone' ? [phone, backend] : [backend, phone];
    first.media.say();
    await other.media.hears(first.media, 1, 0);
    await exchange(phone, backend);
    expect((await first.media.gets(other.media.sendRtcp(), 'RTCP beside the RTP that was learned')).at).toBe(`127.0.0.1:${first.media.rtcpPort}`);
    await hangUp(phone, backend);
  }
});

/** RTP packets that a third party sends to each port of a call. */
const tries = 20;

row(153, { media: ['relay'] }, async (w) => {
  // Whoever sends first from its named hosts is heard; the phone sends from where it signals, and names another address.
  const [phone, backend] = [await phoneOf(w, { says: { address: '127.0.0.66' } }), await backendOf(w)];
  await connectThrough(w, phone, backend);
  phone.media.say();
  await backend.media.hears(phone.media, 1, 0);
  await exchange(phone, backend);
  for (const [from, to] of [[phone, backend], [backend, phone]] as const) await to.media.gets(from.media.sendRtcp(), 'a sender report');
  for (const host of ['127.0.0.67', '127.0.0.66', '127.0.0.1']) {
    const stranger = await strangerOf(w, host);
    const intrude = (): void => {
      for (const { media } of [phone, backend]) {
        for (let i = 0; i < tries; i++) stranger.say(media.to);
        stranger.sendRaw(writeSenderReport(stranger.ssrc, tries, { ssrc: media.ssrc, lost: 0, highest: 0 }), media.rtcpTo);
      }
    };
    // Once more, as the first attempt may have moved something.
    for (let round = 0; round < 2; round++) await exchange(phone, backend, 10, intrude);
    expect(stranger.heard.length, `bleed: ${stranger.account()}`).toBe(0);
  }
  await hangUp(phone, backend);
});

const calls = 30;
/** Ports that a call holds: two for each side. */
const portsOfCall = 4;

row(158, { media: ['relay'], alone: true }, async (w) => {
  const { held } = mediaPortsOf(w);
  // Calls of other rows, should one have failed.
  const before = held();
  const taken = (): number[] => [...held()].filter((port) => !before.has(port));
  const allFree = (): Promise<unknown> => until('all ports to be free again', 5_000, () => taken().length === 0).catch((error: unknown) => {
    throw new Error(`ports that nobody gave back: ${taken().join(', ')}`, { cause: error });
  });

  const up: (readonly [MediaPeer, MediaPeer])[] = [];
  for (let i = 0; i < calls; i++) up.push(await call(w));
  expect(taken().length).toBe(calls * portsOfCall);
  for (const ends of up) await exchange(...ends, 1);
  // Either end hangs up.
  for (const [index, [phone, backend]] of up.entries()) await (index % 2 === 0 ? hangUp(phone, backend) : hangUp(backend, phone));
  await allFree();

  // Busy, busy after early media, and given up by the caller.
  for (let i = 0; i < calls; i++) await (i % 3 === 2 ? cancelled(w) : busy(w, i % 3 === 1));
  await allFree();
});

async function busy(w: World, early: boolean): Promise<void> {
  const [phone, backend] = [await phoneOf(w), await backendOf(w)];
  await phone.invite(w.uri);
  expectPassed(w, phone.describe({ version: 1 }), (await backend.isCalled(phone.callId)).message.body);
  if (early) {
    backend.answers(183);
    await phone.hears(183);
    await exchange(phone, backend, 1);
  }
  backend.answers(486);
  await phone.hears(486);
}

async function cancelled(w: World): Promise<void> {
  const description = (await phoneOf(w)).describe();
  const { caller, callId, invite, cancel } = await w.invite({ headers: ['Content-Type: application/sdp'], body: description });
  expectPassed(w, description, invite.message.body);
  w.backend.answer(invite, 180);
  await caller.hears(180, callId);
  await cancel();
  w.backend.answer(await w.backend.socket.waitFor('CANCEL', (m) => m.method === 'CANCEL' && callIdOf(m) === callId), 200);
  w.backend.answer(invite, 487);
  await caller.hears(487, callId);
}

/** One RTCP packet (RFC 3550 §6.1) of a type, its sender and a body of whole words. */
function rtcpOf(type: number, count: number, ssrc: number, body: Buffer): Buffer {
  const head = Buffer.from([0x80 | count, type, 0, 0, 0, 0, 0, 0]);
  head.writeUInt16BE((head.length + body.length) / 4 - 1, 2);
  head.writeUInt32BE(ssrc, 4);
  return Buffer.concat([head, body]);
}

/** A receiver reference time block and a VoIP metrics block (RFC 3611 §4.4, §4.7). */
const extended = (ssrc: number): Buffer => rtcpOf(207, 0, ssrc, Buffer.concat([Buffer.from([4, 0, 0, 2]), randomBytes(8), Buffer.from([7, 0, 0, 8]), randomBytes(32)]));

row(159, { media: ['relay'] }, async (w) => {
  for (const mux of [false, true]) {
    const ends = await call(w, mux);
    await exchange(...ends);
    for (const [from, to] of [ends, ends.toReversed() as [MediaPeer, MediaPeer]]) {
      const { ssrc } = from.media;
      const receiverReport = rtcpOf(201, 0, ssrc, Buffer.alloc(0));
      // APP, feedback, XR and types that nobody has defined, each by itself and behind a report; a block of XR that nobody knows.
      const odd = [204, 205, 206, 209, 212, 222].map((type) => rtcpOf(type, 3, ssrc, randomBytes(16)));
      const unknownBlock = rtcpOf(207, 0, ssrc, Buffer.concat([Buffer.from([0xee, 0, 0, 1]), randomBytes(4)]));
      for (const packet of [extended(ssrc), unknownBlock, ...odd]) {
        for (const data of [packet, Buffer.concat([receiverReport, packet])]) {
          from.media.sendRaw(data, from.media.rtcpTo, true);
          expect((await to.media.gets(data, `RTCP of type ${packet[1]}`)).at).toBe(`${to.media.host}:${to.media.rtcpPort}`);
        }
      }
    }
    await hangUp(...ends);
  }
});

row(160, { media: ['direct', 'relay'] }, async (w) => {
  const [phone, backend] = [await phoneOf(w), await backendOf(w)];
  await phone.invite(w.uri);
  await backend.isCalled(phone.callId);
  const early = backend.describe();
  backend.answers(183, early);
  expectPassed(w, early, (await phone.hears(183)).message.body);
  await exchange(phone, backend);
  backend.answers(200, early);
  expectPassed(w, early, (await phone.hears(200)).message.body);
  await phone.acknowledges();
  await backend.takes('ACK');
  await exchange(phone, backend);
  await hangUp(phone, backend);
});
