import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WebFrames } from '../../../dataplane/transport/web-frames.ts';

interface Frame {
  readonly opcode: number;
  readonly fin: boolean;
  readonly length: number;
  readonly masked: boolean;
  /** The longest form of the length, needed or not. */
  readonly long: boolean;
}

function bytesOf({ opcode, fin, length, masked, long }: Frame): Buffer {
  const head = [opcode | (fin ? 0x80 : 0)];
  const mask = masked ? 0x80 : 0;
  const extended = Buffer.alloc(long ? 8 : length > 125 ? 2 : 0);
  if (long) extended.writeBigUInt64BE(BigInt(length));
  else if (length > 125) extended.writeUInt16BE(length);
  head.push(mask | (long ? 127 : length > 125 ? 126 : length));
  // Bytes that would mean something in a header.
  return Buffer.concat([Buffer.from(head), extended, Buffer.alloc(masked ? 4 : 0, 0x81), Buffer.alloc(length, 0x01)]);
}

const lengths = fc.oneof(fc.constantFrom(0, 1, 125, 126, 127, 300), fc.integer({ min: 0, max: 65_535 }));
const frames = fc.array(fc.record({
  opcode: fc.constantFrom(0, 1, 2, 8, 9, 10), fin: fc.boolean(), length: lengths, masked: fc.boolean(), long: fc.boolean(),
}).map((frame) => (frame.opcode >= 8 ? { ...frame, fin: true, length: frame.length % 126 } : frame)), { minLength: 1, maxLength: 8 });

describe('the frames of a WebSocket', () => {
  it('are partial exactly where a frame, or a message in fragments, is not over, however the bytes are cut', () => {
    fc.assert(fc.property(frames, fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 20 }), (sent, cuts) => {
      /** Where in the bytes nothing is half: behind the last fragment of a message, or a control frame outside of any. */
      const rests = new Set<number>([0]);
      let end = 0;
      let fragmented = false;
      for (const frame of sent) {
        end += bytesOf(frame).length;
        if (frame.opcode < 8) fragmented = !frame.fin;
        if (!fragmented) rests.add(end);
      }
      const bytes = Buffer.concat(sent.map(bytesOf));
      const followed = new WebFrames();
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const to = Math.min(bytes.length, at + (cuts[turn % cuts.length] ?? 1) * (turn < 40 ? 1 : 1_000));
        const ended = followed.read(bytes.subarray(at, to));
        expect([ended, followed.partial]).toEqual([[...rests].some((rest) => rest > at && rest <= to), !rests.has(to)]);
        at = to;
      }
    }));
  });

  it('of any length that the header can say cost no more than their bytes', () => {
    const followed = new WebFrames();
    expect(followed.read(Buffer.from([0x81, 0xff, ...new Array<number>(12).fill(0xff), 0x00]))).toBe(false);
    expect(followed.partial).toBe(true);
  });
});
