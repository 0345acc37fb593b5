import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkHeader, chunkHeaderBytes, parseChunk, parseRowLine, rowLine } from '../../../dataplane/contract/frames.ts';
import { tableNames } from '../../../dataplane/contract/rows.ts';

describe('row lines', () => {
  it('come back byte for byte', () => {
    fc.assert(fc.property(fc.constantFrom(...tableNames), fc.string({ unit: fc.constantFrom('a', 'ü', '"', '\\', '\n', '\0', '\u2028', '\ud83d\ude00', '\ud800', ',', ']') }), fc.oneof(fc.constant(null), fc.jsonValue()), (table, key, value) => {
      // A row is an object; any JSON text but null survives.
      const json = value === null ? null : JSON.stringify(value);
      const line = rowLine(table, key, json);
      expect(JSON.parse(line)).toHaveLength(3);
      expect(parseRowLine(line)).toEqual([table, key.isWellFormed() ? key : JSON.parse(JSON.stringify(key)), json]);
    }));
  });

  it('keep text that is no JSON for the decoder to judge', () => {
    expect(parseRowLine('["node","n",{"broken]')).toEqual(['node', 'n', '{"broken']);
  });

  it.each(['', '[]', '["node"]', '["nodes","n",{}]', '["node",1,{}]', '["node","n"]', '["node","n",]', '["node","n,{}]', '["node","n\\"', '{"node":1}', '["node","\\x",{}]'])('%s is none', (line) => {
    expect(parseRowLine(line)).toBeNull();
  });

  it('never throw', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom('[', ']', '"', ',', '\\', '{', '}', 'n', '1') }), (noise) => {
      parseRowLine(`["node","${noise}`);
    }));
  });
});

describe('chunk frames', () => {
  it('name their stream and place', () => {
    const frame = Buffer.concat([chunkHeader(7, 4_000_000_000), Buffer.from('body')]);
    expect(parseChunk(frame)).toEqual({ batch: 7, seq: 4_000_000_000, body: Buffer.from('body') });
  });

  it('of another kind or too short are none', () => {
    expect(parseChunk(Buffer.alloc(chunkHeaderBytes - 1, 1))).toBeNull();
    expect(parseChunk(Buffer.alloc(20, 2))).toBeNull();
  });
});
