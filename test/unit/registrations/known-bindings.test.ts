import { describe, expect, it } from 'vitest';
import { KnownBindings, newKnownBindings } from '../../../dataplane/registrations/known-bindings.ts';

describe('known bindings', () => {
  it('are seen by every reader of the same memory', () => {
    const buffer = newKnownBindings();
    const [writer, reader] = [new KnownBindings(buffer), new KnownBindings(buffer)];
    writer.add('a', []);
    expect([reader.has('a'), reader.has('b')]).toEqual([true, false]);
    writer.delete('a');
    expect(reader.has('a')).toBe(false);
  });

  it('hold 200,000 and survive more removals than they have room for', () => {
    const known = new KnownBindings(newKnownBindings());
    const live = new Set<string>();
    for (let n = 0; n < 400_000; n++) {
      if (n >= 200_000) {
        const gone = `key ${n - 200_000}`;
        live.delete(gone);
        known.delete(gone);
      }
      live.add(`key ${n}`);
      known.add(`key ${n}`, live);
    }
    let wrong = 0;
    for (let n = 0; n < 400_000; n++) if (known.has(`key ${n}`) !== live.has(`key ${n}`)) wrong += 1;
    expect(wrong).toBe(0);
  });
});
