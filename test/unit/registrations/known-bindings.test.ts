import { describe, expect, it } from 'vitest';
import { KnownBindings, newKnownBindings } from '../../../dataplane/registrations/known-bindings.ts';

const secret = new Uint8Array(16).fill(9);
const halves = (buffer: SharedArrayBuffer): number[] => [...new Int32Array(buffer).subarray(0, -4).filter((word) => word !== 0)];

describe('known bindings', () => {
  it('are seen by every reader of the same memory', () => {
    const buffer = newKnownBindings(secret);
    const [writer, reader] = [new KnownBindings(buffer), new KnownBindings(buffer)];
    writer.add('a', []);
    expect([reader.has('a'), reader.has('b')]).toEqual([true, false]);
    writer.delete('a');
    expect(reader.has('a')).toBe(false);
  });

  it('lie where nobody can tell who has not the secret: no name collides, or crowds the set, on purpose', () => {
    const [one, same, other] = [secret, secret, new Uint8Array(16).fill(10)].map((bytes) => {
      const buffer = newKnownBindings(bytes);
      new KnownBindings(buffer).add('1 alice@acme.example\nsip:alice@192.0.2.1', []);
      return halves(buffer);
    });
    expect(one).toHaveLength(2);
    expect(same).toEqual(one);
    expect(one?.some((half) => other?.includes(half))).toBe(false);
  });

  it('hold 200,000 and survive more removals than they have room for', () => {
    const known = new KnownBindings(newKnownBindings(secret));
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
