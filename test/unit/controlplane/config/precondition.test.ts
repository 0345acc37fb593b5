import { describe, expect, it } from 'vitest';
import { noPrecondition, refuseStale } from '../../../../controlplane/config/precondition.ts';
import { emptyNote } from '../../../../controlplane/config/stored.ts';
import type { Stored } from '../../../../controlplane/config/stored.ts';

const stored: Stored<'node'> = { key: 'n', row: { id: 'n', draining: true, answerOptions: true }, json: '{}', note: emptyNote, version: 3, createdAtMs: 0, updatedAtMs: 0 };

describe('optimistic locking', () => {
  it.each([
    ['nothing asked, nothing there', null, noPrecondition, false],
    ['nothing asked', stored, noPrecondition, false],
    ['the right version', stored, { ifMatch: [3], ifNoneMatch: false }, false],
    ['one of several', stored, { ifMatch: [1, 3], ifNoneMatch: false }, false],
    ['any version', stored, { ifMatch: '*' as const, ifNoneMatch: false }, false],
    ['a former version', stored, { ifMatch: [2], ifNoneMatch: false }, true],
    ['any version of nothing', null, { ifMatch: '*' as const, ifNoneMatch: false }, true],
    ['a new one that is there', stored, { ifMatch: null, ifNoneMatch: true }, true],
    ['a new one', null, { ifMatch: null, ifNoneMatch: true }, false],
  ])('%s', (_what, row, condition, refused) => {
    const fault = refuseStale('Node n', row, condition);
    expect(fault === null).toBe(!refused);
    if (fault !== null) expect(fault.code).toBe('version-mismatch');
  });

  it('has nothing to do with a POST of what is there already', () => {
    expect(refuseStale('Node n', stored, { ...noPrecondition, isNewAt: '/id' })).toMatchObject({ code: 'taken', pointer: '/id' });
    expect(refuseStale('Node n', null, { ...noPrecondition, isNewAt: '/id' })).toBeNull();
  });
});
