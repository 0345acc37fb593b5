import { describe, expect, it } from 'vitest';
import { rolePermissions } from '../../../controlplane/contract/permissions.ts';
import { newToken, tokenBody, userPatch, userValues } from '../../../web/src/pages/access/access-form.ts';
import { rolePermissions as shown } from '../../../web/src/lib/roles.ts';

it('the console offers for a token what the control plane lets its role do', () => {
  expect(shown).toEqual(rolePermissions);
});

describe('a user', () => {
  const user = { id: '1', email: 'eve@edge.example', name: 'Eve', role: 'viewer', disabled: false, createdAtMs: 1, lastSignInAtMs: null } as const;

  it('is sent only what changed: anything more would end sessions', () => {
    expect(userPatch(user, userValues(user))).toEqual({});
    expect(userPatch(user, { ...userValues(user), name: 'Eva' })).toEqual({ name: 'Eva' });
    expect(userPatch(user, { ...userValues(user), role: 'operator', disabled: true, password: 'another long one' })).toEqual({ role: 'operator', disabled: true, password: 'another long one' });
  });
});

describe('a token', () => {
  it('with all permissions of its role is not narrowed, and with less is', () => {
    expect(tokenBody({ ...newToken, name: ' deploy ' }, 1_000)).toEqual({ name: 'deploy', role: 'operator', scopes: null, expiresAtMs: null });
    expect(tokenBody({ ...newToken, name: 'deploy', scopes: ['config.read'], days: '30' }, 1_000)).toEqual({ name: 'deploy', role: 'operator', scopes: ['config.read'], expiresAtMs: 2_592_001_000 });
  });
});
