import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../dataplane/contract/canonical.ts';

describe('canonical JSON', () => {
  it('has no white space, and keys in order at every depth', () => {
    expect(canonicalJson({ b: [{ z: 1, a: null }], a: 'ü"', c: true, left: undefined })).toBe('{"a":"ü\\"","b":[{"a":null,"z":1}],"c":true}');
  });

  it('reads back to the same value, and is the same for the same value', () => {
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const text = canonicalJson(value);
      const read: unknown = JSON.parse(text);
      expect(read).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(read)).toBe(text);
    }));
  });

  it.each([[Number.NaN], [Number.POSITIVE_INFINITY], [1n], [() => 1], [[undefined]]])('refuses %s', (value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError);
  });
});
