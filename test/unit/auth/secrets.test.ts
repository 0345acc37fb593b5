import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createPasswordHasher, PasswordQueueFull } from '../../../controlplane/auth/password.ts';
import { mayAccess } from '../../../controlplane/auth/principal.ts';
import type { Principal } from '../../../controlplane/auth/principal.ts';
import { RateLimiter } from '../../../controlplane/auth/rate-limit.ts';
import { createSecret, hashSecret, looksLike, secretsEqual } from '../../../controlplane/auth/secret.ts';
import { endCookie, readCookie, startCookie } from '../../../controlplane/auth/session-cookie.ts';
import { normalEmail, sourceKey } from '../../../controlplane/auth/sign-in.ts';

const cheap = { memory: 8, passes: 1, parallelism: 1 };

describe('secrets', () => {
  it('have a kind, 256 bits and a form', () => {
    const secret = createSecret('joinToken', randomBytes);
    expect(secret).toMatch(/^sbj_[\w-]{43}$/);
    expect(looksLike('joinToken', secret)).toBe(true);
    expect(looksLike('nodeToken', secret)).toBe(false);
    expect(looksLike('joinToken', `${secret}x`)).toBe(false);
    expect(looksLike('joinToken', `${secret.slice(0, -1)} `)).toBe(false);
    expect(hashSecret(secret)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('compare whatever their lengths', () => {
    expect(secretsEqual('a', 'a')).toBe(true);
    expect(secretsEqual('a', 'ab')).toBe(false);
    expect(secretsEqual('', 'a')).toBe(false);
  });
});

describe('password hashing', () => {
  const hasher = createPasswordHasher({ random: randomBytes, cost: cheap });

  it('is Argon2id in PHC form, salted', async () => {
    const [one, two] = await Promise.all([hasher.hash('pass word'), hasher.hash('pass word')]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=8,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(one).not.toBe(two);
    expect(await hasher.verify('pass word', one)).toBe(true);
    expect(await hasher.verify('pass  word', one)).toBe(false);
  });

  it('takes one password typed on two systems as one (NFKC)', async () => {
    expect(await hasher.verify('e\u0301cole', await hasher.hash('\u00e9cole'))).toBe(true);
  });

  it('still verifies a hash of another cost', async () => {
    const dearer = createPasswordHasher({ random: randomBytes, cost: { memory: 64, passes: 2, parallelism: 1 } });
    expect(await hasher.verify('x', await dearer.hash('x'))).toBe(true);
  });

  it.each([null, '', 'plain', '$argon2id$v=19$m=9999999,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA', '$argon2i$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAA'])('is false for the stored text %s', async (stored) => {
    expect(await hasher.verify('x', stored)).toBe(false);
  });

  it('turns away a crowd instead of queueing for ever', async () => {
    const answers = await Promise.allSettled(Array.from({ length: 60 }, () => hasher.hash('x')));
    const refused = answers.filter((answer) => answer.status === 'rejected');
    expect(refused.length).toBe(60 - 2 - 32);
    expect(refused.every((answer) => answer.reason instanceof PasswordQueueFull)).toBe(true);
    expect(await hasher.hash('x')).toContain('$argon2id$');
  });
});

describe('the rate limiter', () => {
  it('lets a burst through, then one a refill', () => {
    let now = 0;
    const limiter = new RateLimiter({ burst: 3, refillMs: 1_000 }, () => now);
    expect([1, 2, 3, 4].map(() => limiter.take('a').allowed)).toEqual([true, true, true, false]);
    expect(limiter.peek('a')).toEqual({ allowed: false, retryAfterMs: 1_000 });
    expect(limiter.take('b').allowed).toBe(true);
    now = 999;
    expect(limiter.take('a')).toEqual({ allowed: false, retryAfterMs: 1 });
    now = 1_000;
    expect([limiter.take('a').allowed, limiter.take('a').allowed]).toEqual([true, false]);
  });

  it('gives back, forgets, and never holds more than its bound', () => {
    const limiter = new RateLimiter({ burst: 1, refillMs: 1_000 }, () => 0, 100);
    limiter.take('a');
    limiter.giveBack('a');
    expect(limiter.take('a').allowed).toBe(true);
    limiter.forget('a');
    expect(limiter.take('a').allowed).toBe(true);
    for (let i = 0; i < 1_000; i += 1) limiter.take(`k${i}`);
    expect(limiter.size).toBe(100);
  });

  it('does not run backwards with the clock', () => {
    let now = 10_000;
    const limiter = new RateLimiter({ burst: 1, refillMs: 1_000 }, () => now);
    limiter.take('a');
    now = 0;
    expect(limiter.take('a')).toEqual({ allowed: false, retryAfterMs: 1_000 });
  });
});

describe('sources', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('%s counts as %s', (address, key) => {
    expect(sourceKey(address)).toBe(key);
  });

  it('addresses of people have one form', () => {
    expect(normalEmail('  Ada@Example.COM ')).toBe('ada@example.com');
  });
});

describe('the session cookie', () => {
  it('is HttpOnly and SameSite=Strict, and Secure behind TLS', () => {
    expect(startCookie('s', true)).toBe('signalbox_session=s; Path=/; HttpOnly; SameSite=Strict; Max-Age=604800; Secure');
    expect(endCookie(false)).toBe('signalbox_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0');
  });

  it.each([
    ['a=1; signalbox_session=x', 'x'], ['signalbox_session=x=y', 'x=y'], ['xsignalbox_session=x', null], ['signalbox_session', null], [undefined, null], [`signalbox_session=x; ${'a'.repeat(20_000)}`, null],
  ])('is found in %s', (header, value) => {
    expect(readCookie(header, 'signalbox_session')).toBe(value);
  });
});

describe('access', () => {
  const principal = (over: Partial<Principal>): Principal => ({ kind: 'token', id: '1', name: 't', role: 'viewer', scopes: null, session: null, ...over });

  it('is by role, narrowed by scopes', () => {
    expect(mayAccess(null, 'public')).toBe(true);
    expect(mayAccess(null, 'authenticated')).toBe(false);
    expect(mayAccess(principal({ scopes: [] }), 'authenticated')).toBe(true);
    expect(mayAccess(principal({}), 'live.read')).toBe(true);
    expect(mayAccess(principal({}), 'config.write')).toBe(false);
    expect(mayAccess(principal({ role: 'owner', scopes: ['live.read'] }), 'config.read')).toBe(false);
    expect(mayAccess(principal({ scopes: ['users.manage'] }), 'users.manage')).toBe(false);
  });
});
