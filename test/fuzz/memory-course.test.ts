import { describe, expect, it } from 'vitest';
import { maxGrowth, MemoryCourse } from './memory-course.ts';

/** Ten minutes, a sample a second. */
function course(held: (second: number) => number, resident: (second: number) => number = () => 3e8): MemoryCourse {
  const memory = new MemoryCourse();
  for (let second = 0; second < 600; second++) memory.note({ atMs: second * 1_000, heldBytes: held(second), residentBytes: resident(second) });
  return memory;
}

describe('the memory of a fuzzed process', () => {
  it('that is held and let go again is no growth', () => expect(course((s) => 4e7 + (s % 40) * 1e6).growth()).toBeNull());
  it('that comes with the first transactions is no growth', () => expect(course((s) => 2e7 + Math.min(s, 45) * 1e6).growth()).toBeNull());
  it('that a leak of a few bytes a message holds is growth', () => {
    const bytesASecond = (3 * maxGrowth.heldBytes) / 600;
    expect(course((s) => 4e7 + s * bytesASecond).growth()).toMatch(/^heldBytes grew from [\d.]+ MB to [\d.]+ MB$/);
  });
  it('outside the heap may wander but not grow', () => {
    expect(course(() => 4e7, (s) => 3e8 + (s % 100) * 1e6).growth()).toBeNull();
    expect(course(() => 4e7, (s) => 3e8 + s * 3e5).growth()).toMatch(/^residentBytes grew/);
  });
  it('is not judged after too short a run', () => {
    const memory = new MemoryCourse();
    for (let second = 0; second < 90; second++) memory.note({ atMs: second * 1_000, heldBytes: second * 1e7, residentBytes: 3e8 });
    expect(memory.growth()).toBeNull();
  });
});
