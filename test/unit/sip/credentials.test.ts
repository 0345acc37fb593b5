import { describe, expect, it } from 'vitest';
import { credentialsUser } from '../../../dataplane/sip/credentials.ts';

describe('the user of credentials', () => {
  it.each([
    ['Digest username="alice", realm="x"', 'alice'], ['Digest realm="a, username=\\"mallory\\"", username="alice"', 'alice'], ['digest  nonce=abc,USERNAME = "al\\"i\\\\ce"', 'al"i\\ce'],
    ['Digest username=alice,realm="x"', 'alice'], ['Digest username="alice@example.com"', 'alice@example.com'], ['Digest realm="username=x", uri="sip:a,b", username="b"', 'b'],
  ])('of %s is %s', (value, user) => {
    expect(credentialsUser(value)).toBe(user);
  });

  it.each(['', 'Digest', 'Digest realm="x"', 'Digest username', 'Digest username="alice', 'Digest realm="x', 'Basic YWxpY2U6c2VjcmV0', 'Digest ,,,', `Digest ${'a'.repeat(10_000)}`])('of %j is nobody', (value) => {
    expect(credentialsUser(value)).toBe('');
  });
});
