import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readReports } from '../../../dataplane/media/rtcp.ts';
import { SideReports } from '../../../dataplane/media/reports.ts';

interface Block { readonly ssrc: number; readonly lost?: number; readonly jitter?: number; readonly lastReport?: number; readonly delay?: number }

/** A sender report (200) or receiver report (201) with report blocks (RFC 3550 §6.4). */
function report(type: 200 | 201, from: number, blocks: readonly Block[], ntp = 0): Buffer {
  const head = type === 200 ? 28 : 8;
  const data = Buffer.alloc(head + 24 * blocks.length);
  data.writeUInt8(0x80 | blocks.length, 0);
  data.writeUInt8(type, 1);
  data.writeUInt16BE(data.length / 4 - 1, 2);
  data.writeUInt32BE(from, 4);
  // The middle of 64 bits: the low half of the seconds, the high half of their fraction.
  if (type === 200) data.writeUInt32BE(ntp, 10);
  for (const [index, { ssrc, lost = 0, jitter = 0, lastReport = 0, delay = 0 }] of blocks.entries()) {
    const at = head + 24 * index;
    data.writeUInt32BE(ssrc, at);
    data.writeUInt32BE(lost & 0xff_ffff, at + 4);
    data.writeUInt32BE(jitter, at + 12);
    data.writeUInt32BE(lastReport, at + 16);
    data.writeUInt32BE(delay, at + 20);
  }
  return data;
}

const description = Buffer.from([0x81, 202, 0, 3, 0, 0, 0, 1, 1, 4, 0x61, 0x62, 0x63, 0x64, 0, 0]);

function told(data: Buffer): unknown[] {
  const heard: unknown[] = [];
  readReports(data, data.length, { sender: (...args) => heard.push(['sender', ...args]), reception: (...args) => heard.push(['reception', ...args]) });
  return heard;
}

describe('readReports', () => {
  test('reads all blocks of all reports of a compound', () => {
    const compound = Buffer.concat([report(200, 1, [{ ssrc: 2, lost: 5, jitter: 80, lastReport: 7, delay: 9 }], 0xabcd_1234), report(201, 1, [{ ssrc: 3 }, { ssrc: 4, lost: -2 }]), description]);
    expect(told(compound)).toEqual([['sender', 1, 0xabcd_1234], ['reception', 1, 2, 5, 0, 80, 7, 9], ['reception', 1, 3, 0, 0, 0, 0, 0], ['reception', 1, 4, -2, 0, 0, 0, 0]]);
  });

  test('reads nothing of what does not add up: it is encrypted, cut off, or made up', () => {
    const whole = report(201, 1, [{ ssrc: 2, lost: 1 }]);
    expect(told(Buffer.concat([whole, Buffer.alloc(14, 0x99)]))).toEqual([]);
    expect(told(whole.subarray(0, 28))).toEqual([]);
    expect(told(Buffer.alloc(0))).toEqual([]);
  });

  test('bears any bytes, and tells no more blocks than they have room for', () => {
    const part = fc.tuple(fc.integer({ min: 0x80, max: 0xbf }), fc.constantFrom(200, 201, 202, 206), fc.integer({ min: 0, max: 20 })).chain(([first, type, words]) =>
      fc.uint8Array({ minLength: 4 * words, maxLength: 4 * words }).map((body) => Buffer.concat([Buffer.from([first, type, 0, words]), body])));
    fc.assert(fc.property(fc.array(fc.oneof(part, fc.uint8Array({ maxLength: 12 })), { maxLength: 6 }), (parts) => {
      const data = Buffer.concat(parts);
      expect(told(data).length).toBeLessThanOrEqual(data.length / 8);
    }), { numRuns: 1_000 });
  });

  test('believes the length before the count of blocks', () => {
    const whole = report(201, 1, [{ ssrc: 2 }]);
    whole[0] = 0x9f;
    expect(told(whole)).toHaveLength(1);
  });

  test('reads no sender report that is too short for one', () => {
    expect(told(Buffer.from([0x80, 200, 0, 1, 0, 0, 0, 1]))).toEqual([]);
  });
});

describe('SideReports', () => {
  function sides(): { caller: SideReports; callee: SideReports } {
    const [caller, callee] = [new SideReports(), new SideReports()];
    [caller.peer, callee.peer] = [callee, caller];
    return { caller, callee };
  }
  const read = (side: SideReports, data: Buffer, nowMs = 0): void => side.read(data, data.length, nowMs);

  test('what a receiver misses counts for the sender', () => {
    const { caller, callee } = sides();
    expect([caller.lost, caller.jitterMs(8_000)]).toEqual([-1, -1]);
    read(callee, report(201, 9, [{ ssrc: 1, lost: 3, jitter: 160 }]));
    read(callee, report(201, 9, [{ ssrc: 1, lost: 5, jitter: 80 }]));
    expect([caller.lost, caller.jitterMs(8_000), callee.lost]).toEqual([5, 10, -1]);
  });

  test('sources of a bundle add up, and an attacker cannot make them endless', () => {
    const { caller, callee } = sides();
    for (let ssrc = 0; ssrc < 1_000; ssrc++) read(callee, report(201, 9, [{ ssrc, lost: 1 }]));
    expect(caller.lost).toBe(16);
  });

  test('the way to a side and back: from a sender report that passed to the report that names it', () => {
    const { caller, callee } = sides();
    read(caller, report(200, 1, [], 77), 1_000);
    // Half a second in the phone.
    read(callee, report(201, 9, [{ ssrc: 1, lastReport: 77, delay: 32_768 }]), 1_540);
    expect([callee.roundTripMs, caller.roundTripMs]).toEqual([40, -1]);
  });

  test('a report of another time, or of none, says nothing of the way', () => {
    const { caller, callee } = sides();
    read(caller, report(200, 1, [], 77), 1_000);
    read(callee, report(201, 9, [{ ssrc: 1, lastReport: 76 }, { ssrc: 1, lastReport: 0 }]), 1_100);
    expect(callee.roundTripMs).toBe(-1);
  });

  test('a phone that counts its delay too long makes no negative time', () => {
    const { caller, callee } = sides();
    read(caller, report(200, 1, [], 77), 1_000);
    read(callee, report(201, 9, [{ ssrc: 1, lastReport: 77, delay: 65_536 }]), 1_500);
    expect(callee.roundTripMs).toBe(0);
  });
});
