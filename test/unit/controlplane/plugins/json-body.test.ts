import { describe, expect, it } from 'vitest';
import { parseJson } from '../../../../controlplane/plugins/json-body.ts';
import { RequestInvalid } from '../../../../controlplane/plugins/validation.ts';

function faults(text: string): string[] {
  try {
    parseJson(text);
    return [];
  } catch (error) {
    if (error instanceof RequestInvalid) return error.errors.map(({ pointer, code }) => `${pointer} ${code}`);
    throw error;
  }
}

describe('JSON bodies', () => {
  it('are read as they are; none is none', () => {
    expect(parseJson('')).toBeUndefined();
    expect(parseJson('{"a":[1,"\\u00e9 \\u0041 \\ud83d\\ude00"]}')).toEqual({ a: [1, '\u00e9 A \u{1f600}'] });
  });

  it.each(['{', '[', '{"a":1}}', '\u0000', '['.repeat(100_000)])('%s is no JSON', (text) => {
    expect(() => parseJson(text)).toThrow(/not valid JSON/);
  });

  it.each([
    ['{"name":"x\\u0000"}', ['/name format']],
    ['{"destinations":[{"uri":"sip:a"},{"comment":"\\u0000","attrs":{"a/b~c":"\\ud800"}}]}', ['/destinations/1/comment format', '/destinations/1/attrs/a~1b~0c format']],
    ['{"\\u0000":1}', ['/\uFFFD format']],
    ['["\\udc00"]', ['/0 format']],
    ['"\\u0000"', [' format']],
    ['{"__proto__":{}}', ['/__proto__ unknown-field']],
    ['{"a":{"\\u005f_proto__":1}}', ['/a/__proto__ unknown-field']],
    ['{"a":{"__p\\u0072oto__":1}}', ['/a/__proto__ unknown-field']],
  ])('%s is refused at %o', (text, expected) => {
    expect(faults(text)).toEqual(expected);
  });

  it('nested deeper than any stack are looked through all the same', () => {
    const depth = 200_000;
    expect(faults(`${'{"a":'.repeat(depth)}"\\u0000"${'}'.repeat(depth)}`)).toHaveLength(1);
  });

  it('with a fault everywhere name the first hundred', () => {
    expect(faults(`[${Array.from({ length: 1_000 }, () => '"\\u0000"').join(',')}]`)).toHaveLength(100);
  });
});
