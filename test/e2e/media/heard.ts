/** What tests expect of audio that one end heard of the other. */
import { expect } from 'vitest';
import { converse, type MediaPeer, type OneWay } from '../../harness/media-peer.ts';
import { hostPort } from '../../harness/sip-text.ts';

/** Expects that nothing was lost, doubled or changed, and that it came from where the end that heard it sends to (RFC 4961). */
export function expectClean(heard: OneWay, at: MediaPeer, what: string): void {
  const { to } = at.media;
  expect(heard, `${what}: said ${heard.said} packets, heard ${heard.packets} at ${hostPort(at.media.host, at.media.port)}; ${JSON.stringify(heard)}`)
    .toMatchObject({ lost: 0, missing: 0, duplicates: 0, damaged: 0, sources: to === null ? [] : [hostPort(to.host, to.port)] });
}

/** Has both ends talk and expects that each hears the other as it should. */
export async function expectAudio(caller: MediaPeer, callee: MediaPeer, packets = 20): Promise<void> {
  const { atA, atB } = await converse(caller, callee, packets);
  expectClean(atB, callee, 'caller to callee');
  expectClean(atA, caller, 'callee to caller');
}
