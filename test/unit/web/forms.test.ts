import { afterEach, describe, expect, it, vi } from 'vitest';
import { ApiProblem, formErrors, formPath } from '../../../web/src/api/problem.ts';
import { trunks } from '../../../web/src/api/resources.ts';
import { keyFromName } from '../../../web/src/lib/key-from-name.ts';
import { parseSearch, stringifySearch, validateSearch } from '../../../web/src/lib/search.ts';
import { fieldDiff } from '../../../web/src/pages/changes/field-diff.ts';
import { attrsPatch, attrsText } from '../../../web/src/pages/dispatcher/attrs.ts';
import { algorithms } from '../../../web/src/pages/dispatcher/algorithms.ts';
import { algorithmNames } from '../../../dataplane/contract/algorithms.ts';
import { setBody, setValues } from '../../../web/src/pages/dispatcher/set-form.ts';
import { findingsByRule } from '../../../web/src/pages/route-sets/findings.ts';
import { matchText, newRule, routeSetBody, routeSetValues, withSets } from '../../../web/src/pages/route-sets/route-set-form.ts';

describe('problem details', () => {
  it('become errors of form fields', () => {
    expect(formPath('/rules/0/match/from')).toBe('rules.0.match.from');
    expect(formPath('/attrs/a~1b~0c')).toBe('attrs.a/b~c');
    expect(formPath('')).toBe('');
    const problem = new ApiProblem({
      status: 400,
      errors: [
        { pointer: '/limits/calls', code: 'x', message: 'must be 0 or more' },
        { pointer: '/limits/calls', code: 'y', message: 'a second one' },
      ],
    });
    expect(formErrors(problem)).toEqual({ 'limits.calls': 'Must be 0 or more' });
  });
});

describe('addresses', () => {
  it('keep known names, drop empty and unknown ones, and stay plain', () => {
    expect(validateSearch({ q: 'a', open: '', other: 'x', tenant: 7 })).toEqual({ q: 'a' });
    const search = { open: '*.acme.example', q: 'a b&c' };
    expect(parseSearch(stringifySearch(search))).toEqual(search);
    expect(stringifySearch({ q: '', open: undefined })).toBe('');
  });
});

describe('keys', () => {
  it('come from names as the API accepts them', () => {
    expect(keyFromName('Acme Ltd.')).toBe('acme-ltd');
    expect(keyFromName('  Café Zürich & Co ')).toMatch(/^[a-z0-9][a-z0-9._-]*$/);
    expect(keyFromName('…')).toBe('');
  });
});

describe('saving what was edited', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('merges into what is there instead of replacing it, if nobody was faster', async () => {
    const asked: Request[] = [];
    vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
      asked.push(new Request(`http://edge.example${url}`, init));
      return Response.json({ rev: 7 });
    });
    await trunks.edit('carrier', { tenant: 'acme', routeSet: 1, sources: ['192.0.2.1'] }, 4);
    expect(asked.map(({ method, headers }) => [method, headers.get('content-type'), headers.get('if-match')])).toEqual([['PATCH', 'application/merge-patch+json', '"4"']]);
  });
});

describe('the dispatcher-set form', () => {
  it('leaves out lines that were never filled in and the number that was not chosen', () => {
    const values = setValues(null, 'acme');
    const [line] = values.destinations;
    if (line !== undefined) line.uri = ' sip:10.0.0.1 ';
    const body = setBody(values, null);
    expect(body.destinations?.map((each) => each.uri)).toEqual(['sip:10.0.0.1']);
    expect(body).not.toHaveProperty('id');
    expect(body).toMatchObject({ tenant: 'acme', algorithm: 4, probing: { codes: [200] } });
  });
});

describe('attributes of a destination', () => {
  it('are lines of name=value; what is taken out is removed, what stays is sent', () => {
    const before = { duid: 'a', obproxy: 'sip:192.0.2.1;transport=tcp', word: '' };
    expect(attrsText(before)).toBe('duid=a\nobproxy=sip:192.0.2.1;transport=tcp\nword=');
    expect(attrsPatch(attrsText(before), before)).toEqual(before);
    expect(attrsPatch(' maxload = 5 \n\nword\n', before)).toEqual({ duid: null, obproxy: null, word: '', maxload: '5' });
  });
});

describe('algorithms', () => {
  it('are all of the data plane, by the same numbers and names', () => {
    expect(Object.fromEntries(Object.entries(algorithms).map(([number, { name }]) => [number, name]))).toEqual({ ...algorithmNames });
  });
});

describe('findings about rules', () => {
  it('stand at their rule and count rules as the list does', () => {
    const found = findingsByRule([
      { kind: 'unreachable', rules: [12, 7], text: 'Rule 12 never decides: rules 7 and 9 before it take the same requests, such as 12.' },
      { kind: 'set', rules: [9], text: 'Rule 9 names sets that cannot serve: 44 is missing.' },
    ], [7, 9, null, 12]);
    expect([...found]).toEqual([
      [12, ['Rule 4 never decides: rules 1 and 2 before it take the same requests, such as 12.']],
      [9, ['Rule 2 names sets that cannot serve: 44 is missing.']],
    ]);
  });
});

describe('the route-set form', () => {
  it('keeps prices with their sets, and shows the API a price that is missing', () => {
    const rule = { ...newRule('any', [10, 11]), prices: [0.5, 0.25] };
    expect(withSets(rule, [11, 10]).prices).toEqual([0.25, 0.5]);
    expect(withSets(rule, [11]).prices).toEqual([0.25]);
    const more = withSets(rule, [10, 11, 12]);
    const body = routeSetBody({ ...routeSetValues(null, undefined), rules: [more] }, null);
    expect(JSON.parse(JSON.stringify(body.rules?.[0]?.prices))).toEqual([0.5, 0.25, null]);
    expect(withSets({ ...rule, prices: [] }, [10, 11, 12]).prices).toEqual([]);
  });

  it('sends of a match only what its type has', () => {
    const values = routeSetValues(null, undefined);
    const range = newRule('range', [10]);
    range.match = { type: 'range', value: 'left over', from: ' 1000', to: '1999' };
    values.rules = [range, newRule('any', [4])];
    expect(routeSetBody(values, null).rules?.map((rule) => rule.match)).toEqual([{ type: 'range', from: '1000', to: '1999' }, { type: 'any' }]);
    expect(values.rules.map((rule) => matchText(rule.match))).toEqual([' 1000–1999', 'any number']);
  });
});

describe('differences of a row', () => {
  it('are the fields that changed, nested ones by their path', () => {
    expect(fieldDiff({ a: 1, b: { c: [1], d: 'x' } }, { a: 1, b: { c: [1, 2], d: 'x' }, e: null })).toEqual([
      { path: 'b.c', before: '[1]', after: '[1,2]' },
      { path: 'e', before: null, after: 'null' },
    ]);
  });

  it('are all fields of a new or removed row', () => {
    expect(fieldDiff(null, { a: 1 })).toEqual([{ path: 'a', before: null, after: '1' }]);
    expect(fieldDiff({ a: 1 }, null)).toEqual([{ path: 'a', before: '1', after: null }]);
  });
});
