import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyRing } from '../../../dataplane/security/key-ring.ts';
import { openFlow, sealFlow } from '../../../dataplane/security/flow-token.ts';
import type { FlowIdentity } from '../../../dataplane/security/flow-token.ts';
import { branchWorker, makeBranch, makeDialogToken, openDialogToken, verifyBranch } from '../../../dataplane/security/tokens.ts';
import type { BranchOrigin } from '../../../dataplane/security/tokens.ts';

const secret = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
const ring = new KeyRing([{ id: 1, key: secret(1) }]);
const rotated = new KeyRing([{ id: 2, key: secret(2) }, { id: 1, key: secret(1) }]);
const stranger = new KeyRing([{ id: 1, key: secret(3) }]);

/** The same text with one character changed. */
const tampered = (text: string, at: number): string => text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);

describe('KeyRing', () => {
  it('refuses what is no key', () => {
    expect(() => new KeyRing([])).toThrow(RangeError);
    expect(() => new KeyRing([{ id: 1, key: new Uint8Array(15) }])).toThrow(RangeError);
    expect(() => new KeyRing([{ id: 256, key: secret(1) }])).toThrow(RangeError);
    expect(() => new KeyRing([{ id: 1, key: secret(1) }, { id: 1, key: secret(2) }])).toThrow(RangeError);
  });

  it('signs with the first key', () => expect(rotated.signing.id).toBe(2));
});

describe('branches', () => {
  const origin: BranchOrigin = { method: 'INVITE', branch: 'z9hG4bKin', sentBy: '192.0.2.7:5062', address: '203.0.113.7', port: 40_000, callId: 'call-1', cseqNumber: 7 };
  const branch = makeBranch(ring, 5, 2, origin);

  it('have a form that tells the worker and are the same each time', () => {
    expect(branch).toMatch(/^z9hG4bKsbFC[A-Za-z0-9_-]{11}$/);
    expect(makeBranch(ring, 5, 2, origin)).toBe(branch);
    expect(branchWorker(branch)).toBe(5);
    for (const other of ['', 'z9hG4bK', 'z9hG4bKsbFC', `${branch}x`, branch.replace('sb', 'xx'), branch.replace('FC', '!C')]) expect(branchWorker(other)).toBe(-1);
  });

  it('are verified by what comes back in the response, across a change of keys', () => {
    expect(verifyBranch(ring, branch, origin)).toBe(5 * 64 + 2);
    expect(verifyBranch(rotated, branch, origin)).toBe(5 * 64 + 2);
  });

  it.each([
    { method: 'CANCEL' }, { branch: 'z9hG4bKinx' }, { sentBy: '192.0.2.8:5062' }, { address: '203.0.113.8' }, { port: 40_001 }, { callId: 'call-2' }, { cseqNumber: 8 },
  ])('are of no use with another %o', (change) => expect(verifyBranch(ring, branch, { ...origin, ...change })).toBe(-1));

  it('are nobody else\'s', () => {
    expect(verifyBranch(stranger, branch, origin)).toBe(-1);
    expect(verifyBranch(ring, 'z9hG4bK1', { ...origin, branch: '', sentBy: '' })).toBe(-1);
    expect(verifyBranch(ring, branch.replace('FC', 'F!'), origin)).toBe(-1);
    for (let at = 9; at < branch.length; at++) expect(verifyBranch(ring, tampered(branch, at), origin)).toBe(-1);
  });

  it('differ for every attempt, worker, method and request', () => {
    const seen = new Set<string>();
    for (let worker = 0; worker < 8; worker++) for (let attempt = 0; attempt < 8; attempt++) for (let cseqNumber = 0; cseqNumber < 8; cseqNumber++) for (const method of ['INVITE', 'BYE']) seen.add(makeBranch(ring, worker, attempt, { ...origin, method, cseqNumber }).slice(11));
    expect(seen.size).toBe(1_024);
  });
});

describe('dialog tokens', () => {
  it('carry the tenant for their own dialog only, and tell who asks', () => {
    fc.assert(fc.property(fc.nat(0x7fffffff), fc.stringMatching(/^[ -~]{1,60}$/), fc.stringMatching(/^[a-z]{1,20}$/), (tenantId, callId, tag) => {
      const token = makeDialogToken(ring, callId, tag, tenantId);
      expect(token).toMatch(/^d[0-9a-z]+\.[A-Za-z0-9_-]{11}$/);
      expect(openDialogToken(ring, token, callId, tag, 'CALLEE')).toEqual({ tenantId, fromCaller: true, flow: '', session: '' });
      expect(openDialogToken(rotated, token, callId, 'CALLEE', tag)).toEqual({ tenantId, fromCaller: false, flow: '', session: '' });
      expect(openDialogToken(ring, token, `${callId}x`, tag, 'CALLEE')).toBeNull();
      expect(openDialogToken(ring, token, callId, `${tag}x`, 'CALLEE')).toBeNull();
      expect(openDialogToken(stranger, token, callId, tag, 'CALLEE')).toBeNull();
    }));
  });

  it('give the flow of a side to the other side alone', () => {
    const token = makeDialogToken(ring, 'call-1', 'caller', 77, 'cfTOKEN');
    expect(openDialogToken(ring, token, 'call-1', 'callee', 'caller')).toEqual({ tenantId: 77, fromCaller: false, flow: 'fTOKEN', session: '' });
    expect(openDialogToken(ring, token, 'call-1', 'caller', 'callee')).toEqual({ tenantId: 77, fromCaller: true, flow: '', session: '' });
    expect(openDialogToken(ring, makeDialogToken(ring, 'call-1', 'caller', 77, 'efTOKEN'), 'call-1', 'caller', 'callee')?.flow).toBe('fTOKEN');
    expect(openDialogToken(ring, token.replace('.cf', '.ef'), 'call-1', 'caller', 'callee')).toBeNull();
    expect(openDialogToken(ring, `${makeDialogToken(ring, 'call-1', 'caller', 77)}.cfTOKEN`, 'call-1', 'callee', 'caller')).toBeNull();
  });

  it('carry the media session, alone or before a flow', () => {
    const alone = makeDialogToken(ring, 'call-1', 'caller', 77, '', 'Aabcdefghij-');
    expect(openDialogToken(ring, alone, 'call-1', 'caller', 'callee')).toEqual({ tenantId: 77, fromCaller: true, flow: '', session: 'Aabcdefghij-' });
    const both = makeDialogToken(ring, 'call-1', 'caller', 77, 'cfTOKEN', 'Aabcdefghij-');
    expect(openDialogToken(ring, both, 'call-1', 'callee', 'caller')).toEqual({ tenantId: 77, fromCaller: false, flow: 'fTOKEN', session: 'Aabcdefghij-' });
  });

  it.each([['', ''], ['cfTOKEN', ''], ['', 'Aabcdefghij-'], ['cfTOKEN', 'Aabcdefghij-']] as const)('cannot be changed (flow: %s, session: %s)', (flow, session) => {
    const token = makeDialogToken(ring, 'call-1', 'caller', 77, flow, session);
    for (let at = 0; at < token.length; at++) expect(openDialogToken(ring, tampered(token, at), 'call-1', 'caller', 'x')).toBeNull();
    for (const other of ['', 'd', 'd.', 'alice', token.slice(1), `d${token}`, `${token}.`, `${token}x`, 'dzzzzzzz.AAAAAAAAAAA', 'd!.AAAAAAAAAAA', `d1${token.slice(1)}`]) {
      expect(openDialogToken(ring, other, 'call-1', 'caller', 'x')).toBeNull();
    }
  });
});

describe('flow tokens', () => {
  const flow: FlowIdentity = { transport: 'udp', family: 4, address: Uint8Array.of(192, 0, 2, 7), port: 5062, tenantId: 9, listener: 1, connection: 0 };

  it('come back as they were', () => {
    const flows = fc.record({
      transport: fc.constantFrom('udp' as const, 'tcp' as const, 'tls' as const, 'ws' as const, 'wss' as const), port: fc.nat(65_535), tenantId: fc.nat(0x7fffffff), listener: fc.nat(65_535),
      connection: fc.nat(2 ** 48 - 1), address: fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 })),
    });
    fc.assert(fc.property(flows, (parts) => {
      const one: FlowIdentity = { ...parts, family: parts.address.length === 4 ? 4 : 6 };
      const token = sealFlow(ring, one);
      expect(openFlow(rotated, token)).toEqual(one);
      return /^f[A-Za-z0-9_-]+$/.test(token) && sealFlow(ring, one) === token;
    }));
  });

  it('have the form that they had in every version: registrars keep them over an upgrade', () => {
    const known = new KeyRing([{ id: 7, key: new Uint8Array(32).map((_, i) => i) }]);
    const flows: readonly [FlowIdentity, string][] = [
      [{ transport: 'tls', family: 4, address: Uint8Array.of(192, 0, 2, 7), port: 40_000, tenantId: 12, listener: 3, connection: 2 ** 40 + 5 }, 'fB6S-_0QNanRrU43CVNz48cJwpx0pfl9tPYEsJ0vtp7xU_BAT'],
      [{ transport: 'udp', family: 6, address: new Uint8Array(16).map((_, i) => 255 - i), port: 5060, tenantId: 0, listener: 0, connection: 0 }, 'fB-s230nYEXnK43jJDZE6L8b4sQJ0Ms2X6EaUVaKsGO93JXPNE5RY5O3gmLAhhIjd'],
    ];
    for (const [one, token] of flows) {
      expect(sealFlow(known, one)).toBe(token);
      expect(openFlow(known, token)).toEqual(one);
    }
  });

  it('show nothing and cannot be made or changed', () => {
    const token = sealFlow(ring, flow);
    const bytes = Buffer.from(token.slice(1), 'base64url');
    expect(bytes.includes(Buffer.of(192, 0, 2, 7))).toBe(false);
    expect(openFlow(stranger, token)).toBeNull();
    expect(openFlow(new KeyRing([{ id: 9, key: secret(1) }]), token)).toBeNull();
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(openFlow(ring, `f${changed.toString('base64url')}`)).toBeNull();
    }
    for (const other of ['', 'f', 'x'.repeat(50), `f${'A'.repeat(45)}`, `f${'A'.repeat(200)}`, `d${token.slice(1)}`, token.slice(0, -3)]) expect(openFlow(ring, other)).toBeNull();
  });

  it('differ from flow to flow in every part', () => {
    const one = sealFlow(ring, flow);
    const two = sealFlow(ring, { ...flow, port: 5063 });
    expect(one.slice(3, 12)).not.toBe(two.slice(3, 12));
  });
});
