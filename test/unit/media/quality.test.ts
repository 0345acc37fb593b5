import { describe, expect, test } from 'vitest';
import { codecByPace, staticCodec } from '../../../dataplane/media/codecs.ts';
import { meanOpinionScore, Reception } from '../../../dataplane/media/quality.ts';
import { writeRtp } from '../../harness/rtp-packets.ts';

interface Said { readonly seq: number; readonly ssrc?: number; readonly payloadType?: number; readonly timestamp?: number; readonly atMs?: number }

/** Packets of 20 ms of G.711, on time where nothing else is said. */
function receive(packets: readonly Said[]): Reception {
  const reception = new Reception();
  for (const { seq, ssrc = 1, payloadType = 0, timestamp = seq * 160, atMs = seq * 20 } of packets) reception.packet(writeRtp({ ssrc, seq, timestamp, payloadType }), atMs);
  return reception;
}
const sequence = (...seqs: readonly number[]): Said[] => seqs.map((seq) => ({ seq }));
const run = (from: number, count: number): Said[] => Array.from({ length: count }, (_, index) => ({ seq: from + index }));

describe('loss (RFC 3550 A.3)', () => {
  test('is what lacks between the first and the highest', () => {
    expect(receive(sequence(1, 2, 5, 6)).lost).toBe(2);
  });

  test('is none when packets come late, and never negative when they come twice', () => {
    expect(receive(sequence(1, 3, 2, 4)).lost).toBe(0);
    expect(receive(sequence(1, 2, 2, 2)).lost).toBe(0);
  });

  test('goes on over the wrap of sequence numbers', () => {
    const reception = receive([...run(65_530, 6), ...sequence(65_536, 65_538).map(({ seq }) => ({ seq }))]);
    expect(reception.lost).toBe(1);
  });

  test('is kept when the source changes, and the new one starts without any', () => {
    expect(receive([...sequence(1, 3), { seq: 900, ssrc: 2 }, { seq: 902, ssrc: 2 }]).lost).toBe(2);
  });

  test('is not what a sender leaps over that starts anew', () => {
    expect(receive(sequence(1, 2, 3, 30_000, 30_001)).lost).toBe(0);
    expect(receive(sequence(30_000, 30_001, 5, 6)).lost).toBe(0);
  });
});

describe('jitter (RFC 3550 A.8)', () => {
  test('is nothing for packets on time', () => {
    expect(receive(run(1, 100)).jitterMs).toBeCloseTo(0, 6);
  });

  test('is not known of a single packet', () => {
    expect(receive(run(1, 1)).jitterMs).toBe(-1);
  });

  test('comes near to how far packets are from their pace', () => {
    const reception = receive(run(1, 400).map(({ seq }) => ({ seq, atMs: seq * 20 + (seq % 2) * 5 })));
    expect(reception.jitterMs).toBeGreaterThan(4.9);
    expect(reception.jitterMs).toBeLessThan(5.1);
  });

  test('is in the clock of the payload type: 90 kHz of video', () => {
    const reception = receive(run(1, 200).map(({ seq }) => ({ seq, payloadType: 34, timestamp: seq * 3_000, atMs: (seq * 100) / 3 })));
    expect(reception.jitterMs).toBeLessThan(0.001);
  });

  test('finds the clock of a dynamic payload type by its pace', () => {
    const opus = run(1, 150).map(({ seq }) => ({ seq, payloadType: 111, timestamp: seq * 960, atMs: seq * 20 }));
    expect(receive(opus.slice(0, 100)).jitterMs).toBe(-1);
    const reception = receive(opus);
    expect(reception.codec?.clock).toBe(48_000);
    expect(reception.jitterMs).toBeLessThan(0.001);
  });

  test('bears the wrap of the timestamp and a pause', () => {
    const wrapping = run(1, 50).map(({ seq }) => ({ seq, timestamp: (0xffff_ff00 + seq * 160) >>> 0 }));
    expect(receive(wrapping).jitterMs).toBeLessThan(0.001);
    const paused = [...run(1, 50), ...run(51, 50).map(({ seq }) => ({ seq, atMs: seq * 20 + 60_000 }))];
    expect(receive(paused).jitterMs).toBeLessThan(0.001);
  });

  test('is not spoiled by keys that are pressed meanwhile (RFC 4733)', () => {
    const keys = run(51, 10).map(({ seq }) => ({ seq, payloadType: 101, timestamp: 51 * 160 }));
    expect(receive([...run(1, 50), ...keys, ...run(61, 50)]).jitterMs).toBeLessThan(0.001);
  });
});

describe('codecByPace', () => {
  test.each([[8_050, 8_000], [15_900, 16_000], [47_000, 48_000], [91_000, 90_000]])('%d units a second are a clock of %d', (units, clock) => {
    expect(codecByPace(units, 1_000)?.clock).toBe(clock);
  });

  test.each([0, -8_000, 60_000, 1_000_000])('%d units a second are none', (units) => {
    expect(codecByPace(units, 1_000)).toBeNull();
  });
});

describe('meanOpinionScore', () => {
  const g711 = staticCodec(0);

  test('of perfect G.711 is what G.107 says: 4.4', () => {
    expect(meanOpinionScore(g711, 0, 0, 0)).toBeCloseTo(4.4, 1);
  });

  test('falls with loss, delay, jitter and the codec', () => {
    const perfect = meanOpinionScore(g711, 0, 0, 0);
    expect(meanOpinionScore(g711, 0.05, 0, 0)).toBeLessThan(perfect - 0.4);
    expect(meanOpinionScore(g711, 0, 0, 800)).toBeLessThan(perfect - 0.5);
    expect(meanOpinionScore(g711, 0, 60, 0)).toBeLessThan(perfect);
    expect(meanOpinionScore(staticCodec(18), 0, 0, 0)).toBeCloseTo(4.1, 1);
    expect(meanOpinionScore(g711, 0.2, 0, 0)).toBeLessThan(2.6);
  });

  test('is never below 1 or above 4.5', () => {
    expect(meanOpinionScore(g711, 1, 500, 5_000)).toBe(1);
    expect(meanOpinionScore(g711, -1, -1, -1)).toBeLessThanOrEqual(4.5);
  });

  test('is 0 of video and of what nobody knows', () => {
    expect(meanOpinionScore(staticCodec(34), 0, 0, 0)).toBe(0);
    expect(meanOpinionScore(null, 0, 0, 0)).toBe(0);
  });
});
