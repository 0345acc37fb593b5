/** What tests expect of audio that one end heard of the other. */
import { expect } from 'vitest';
import { converse, type MediaPeer, type OneWay } from '../../harness/media-peer.ts';
import { hostPort } from '../../harness/sip-text.ts';

/** Expects that nothing was lost, doubled or changed, and that it came from where the end that heard it sends to (RFC 4961). */
function expectClean(heard: OneWay, at: MediaPeer, what: string): void {
  const { to } = at.media;
  expect(heard, `${what}: said ${heard.said} packets, heard ${heard.packets} at ${hostPort(at.media.host, at.media.port)}; ${JSON.stringify(heard)}`)
    .toMatchObject({ lost: 0, missing: 0, duplicates: 0, damaged: 0, sources: to === null ? [] : [hostPort(to.host, to.port)] });
}

/**
 * Expects that a call with audio goes on through what happens to the data plane: by the ports that the ends were told, and without loss
 * once both hear each other again.
 */
export async function expectGoesOn(caller: MediaPeer, callee: MediaPeer, happens: () => Promise<unknown>): Promise<void> {
  await expectAudio(caller, callee);
  const told = [caller.media.to, callee.media.to];
  caller.media.talk();
  callee.media.talk();
  await happens();
  const marks = [caller.media.mark, callee.media.mark];
  await Promise.all([caller.media.hears(callee.media, 20, marks[0]), callee.media.hears(caller.media, 20, marks[1])]);
  caller.media.hush();
  callee.media.hush();
  await expectAudio(caller, callee);
  expect([caller.media.to, callee.media.to]).toEqual(told);
}

/** Has both ends talk and expects that each hears the other as it should. */
export async function expectAudio(caller: MediaPeer, callee: MediaPeer, packets = 20): Promise<void> {
  const { atA, atB } = await converse(caller, callee, packets);
  expectClean(atB, callee, 'caller to callee');
  expectClean(atA, caller, 'callee to caller');
}
