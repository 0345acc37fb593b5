import { describe, expect, it } from 'vitest';
import { Type } from 'typebox';
import type { TSchema } from 'typebox';
import { RouteSetBody, TenantBody } from '../../../../controlplane/contract/index.ts';
import { mergePatchOf } from '../../../../controlplane/contract/merge-patch-schema.ts';
import { checkBody } from '../../../../controlplane/plugins/validation.ts';

const say = (schema: TSchema, value: unknown): string[] => checkBody(schema, value).map((error) => `${error.pointer} ${error.code}: ${error.message}`);

describe('what is said of a body', () => {
  it('is nothing when it fits', () => {
    expect(say(TenantBody, { name: 'x', limits: { calls: 1 } })).toEqual([]);
  });

  it('names the field, the kind of fault and what is accepted', () => {
    expect(say(TenantBody, { name: 'x'.repeat(200), enabled: 1, limits: { calls: -1 }, policies: { media: 'tape' } })).toEqual([
      '/name too-long: must be text of 0 to 128 characters',
      '/enabled type: must be true or false',
      '/limits/calls out-of-range: must be a whole number of 0 to 10000000',
      '/policies/media not-allowed: must be relay, direct or auto',
    ]);
    expect(say(TenantBody, { 'a/b~c': 1 })[0]).toMatch(/^\/a~1b~0c unknown-field: unknown field; accepted: name, enabled, /);
  });

  it('is about the branch of a union that was meant', () => {
    expect(say(RouteSetBody, { rules: [{ match: { type: 'range', from: '1' }, sets: [1] }] })).toEqual(['/rules/0/match/to required: is required']);
    expect(say(RouteSetBody, { rules: [{ match: { type: 'prefix', value: '' }, sets: [1] }, { match: { type: 'any' }, sets: ['1'] }] })).toEqual([
      '/rules/0/match/value too-short: must be text of 1 to 64 characters', '/rules/1/sets/0 not-allowed: must be a whole number of 0 to 2147483647 or an object',
    ]);
    expect(say(RouteSetBody, { tenant: 5 })).toEqual(['/tenant not-allowed: must be text of 1 to 64 characters or null']);
    expect(say(RouteSetBody, { failover: { on: ['busy', 200] } })).toEqual([
      '/failover/on/0 not-allowed: must be timeout, transport or a whole number of 300 to 699', '/failover/on/1 out-of-range: must be a whole number of 300 to 699',
    ]);
  });

  it('stays within a hundred lines', () => {
    expect(checkBody(Type.Array(Type.Integer()), Array.from({ length: 5_000 }, () => 'x'))).toHaveLength(100);
  });
});

describe('the schema of a merge patch', () => {
  const Patch = mergePatchOf(TenantBody);
  it('takes nothing, null anywhere, and parts', () => {
    for (const patch of [{}, { name: null, limits: null }, { limits: { calls: null, cps: 3 } }]) expect(say(Patch, patch)).toEqual([]);
  });
  it('still refuses unknown fields and wrong values', () => {
    expect(say(Patch, { limits: { calls: 'many', foo: 1 } })).toEqual([
      expect.stringMatching(/^\/limits\/foo unknown-field/), '/limits/calls not-allowed: must be a whole number of 0 to 10000000 or null',
    ]);
    expect(say(Patch, [])).toEqual([' type: must be an object']);
  });
  it('names the field with a choice that is wrong, not the object around it', () => {
    expect(say(Patch, { policies: { media: 'tape', redirects: 'pass' } })).toEqual(['/policies/media not-allowed: must be relay, direct, auto or null']);
  });
});

describe('a body with a fault in every item', () => {
  it('is refused in no time, not in the square of its items', () => {
    const rules = Array.from({ length: 200_000 }, () => ({ match: 1 }));
    const before = performance.now();
    expect(checkBody(RouteSetBody, { rules }).length).toBeGreaterThan(0);
    expect(performance.now() - before).toBeLessThan(5_000);
  });
});
