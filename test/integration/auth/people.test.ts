import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashSecret } from '../../../controlplane/auth/secret.ts';
import { InProcessControlPlane, startDeadlineMs } from '../../harness/control-plane.ts';

let plane: InProcessControlPlane;
const password = 'correct horse battery staple';
const origin = { origin: 'http://localhost:80', host: 'localhost:80' };
const csrf = { ...origin, 'x-signalbox-csrf': '1' };
const secrets: string[] = [password];

beforeAll(async () => {
  plane = await InProcessControlPlane.start();
}, startDeadlineMs);
afterAll(() => plane.close());

function cookieOf(answer: { raw: { headers: Record<string, unknown> } }): string {
  const set = String(answer.raw.headers['set-cookie']);
  return set.split(';')[0] ?? '';
}

async function signIn(email = 'ada@example.com', word = password, address = '127.0.0.1') {
  return plane.ask('POST', '/session', { email, password: word }, { token: null, headers: origin, address });
}

async function link(): Promise<string> {
  const url = await plane.runtime.auth.setup.createLink('test:0', 'http://127.0.0.1:8080');
  const token = new URL(url ?? 'http://none').searchParams.get('token') ?? '';
  secrets.push(token);
  return token;
}

describe('the set-up link', () => {
  const owner = { email: 'Ada@Example.com', name: 'Ada', password };

  it('is needed while there is no user, and no account works without it', async () => {
    expect((await plane.ask('GET', '/setup', undefined, { token: null })).body).toEqual({ needed: true });
    expect((await signIn()).status).toBe(401);
  });

  it('refuses a wrong token, a short password and an address that is none', async () => {
    const wrong = await plane.ask('POST', '/setup', { ...owner, token: `sbu_${'x'.repeat(43)}` }, { token: null, headers: origin });
    expect(wrong).toMatchObject({ status: 410, body: { code: 'gone' } });
    const short = await plane.ask<{ errors: { pointer: string }[] }>('POST', '/setup', { token: await link(), email: 'nobody', name: '', password: 'short' }, { token: null, headers: origin });
    expect(short.status).toBe(400);
    expect(short.body.errors.map((error) => error.pointer).sort()).toEqual(['/email', '/password']);
  });

  it('stops working when the instance makes another one', async () => {
    const first = await link();
    await link();
    expect((await plane.ask('POST', '/setup', { ...owner, token: first }, { token: null, headers: origin })).status).toBe(410);
  });

  it('is refused to a page of another origin', async () => {
    const foreign = await plane.ask('POST', '/setup', { ...owner, token: await link() }, { token: null, headers: { host: 'localhost:80', origin: 'https://evil.example' } });
    expect(foreign.status).toBe(403);
  });

  it('lets one of two people with two links win', async () => {
    const [one, two] = [await link(), new URL((await plane.runtime.auth.setup.createLink('other:0', 'http://x')) ?? '').searchParams.get('token') ?? ''];
    const answers = await Promise.all([one, two].map((token, index) => plane.ask('POST', '/setup', { ...owner, email: index === 0 ? owner.email : 'eve@example.com', token }, { token: null, headers: origin })));
    expect(answers.map((answer) => answer.status).sort((a, b) => a - b)).toEqual([201, 410]);
    expect(await plane.runtime.auth.users.count()).toBe(1);
    const winner = answers.find((answer) => answer.status === 201);
    expect(String(winner?.raw.headers['set-cookie'])).toMatch(/^signalbox_session=sbs_[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
    // The rest of this file is Ada's, whoever won.
    if (winner === answers[1]) {
      await plane.ask('POST', '/users', { email: 'ada@example.com', role: 'owner', password });
    }
    expect((await plane.ask('GET', '/setup', undefined, { token: null })).body).toEqual({ needed: false });
    expect(await plane.runtime.auth.setup.createLink('test:0', 'http://x')).toBeNull();
  });
});

describe('a session', () => {
  it('knows the address in any case and answers who it is', async () => {
    const answer = await signIn(' ADA@example.com ');
    expect(answer.status).toBe(200);
    const me = await plane.ask<{ user: object }>('GET', '/session', undefined, { cookie: cookieOf(answer) });
    expect(me.body.user).toMatchObject({ email: 'ada@example.com', role: 'owner' });
  });

  it('is kept as a hash only', async () => {
    const secret = cookieOf(await signIn()).split('=')[1] ?? '';
    secrets.push(secret);
    const rows = await plane.runtime.database.prisma.session.findMany();
    expect(rows.some((row) => row.hash === hashSecret(secret))).toBe(true);
    expect(JSON.stringify(rows)).not.toContain(secret);
    const users = await plane.runtime.database.prisma.user.findMany();
    expect(users.every((user) => user.passwordHash.startsWith('$argon2id$v=19$m=19456,t=2,p=1$'))).toBe(true);
  });

  it.each([
    ['without the header', origin],
    ['without an Origin', { host: 'localhost:80', 'x-signalbox-csrf': '1' }],
    ['from another origin', { host: 'localhost:80', 'x-signalbox-csrf': '1', origin: 'http://localhost:81' }],
    ['from a sandboxed page', { host: 'localhost:80', 'x-signalbox-csrf': '1', origin: 'null' }],
  ])('may not write %s (CSRF)', async (_name, headers) => {
    const cookie = cookieOf(await signIn());
    expect((await plane.ask('POST', '/tokens', { name: 't', role: 'viewer' }, { cookie, headers })).status).toBe(403);
    expect((await plane.ask('POST', '/tokens', { name: 't', role: 'viewer' }, { cookie, headers: csrf })).status).toBe(201);
  });

  it('ends by signing out, and the cookie goes', async () => {
    const cookie = cookieOf(await signIn());
    const out = await plane.ask('DELETE', '/session', undefined, { cookie, headers: csrf });
    expect(out.status).toBe(204);
    expect(String(out.raw.headers['set-cookie'])).toContain('Max-Age=0');
    expect((await plane.ask('GET', '/session', undefined, { cookie })).status).toBe(401);
  });

  it('has ended when its user is disabled, and when the role changes', async () => {
    const { body: user } = await plane.ask<{ id: string }>('POST', '/users', { email: 'bob@example.com', role: 'operator', password });
    const cookie = cookieOf(await signIn('bob@example.com'));
    expect((await plane.ask('GET', '/overview', undefined, { cookie })).status).toBe(200);
    await plane.ask('PATCH', `/users/${user.id}`, { role: 'viewer' });
    expect((await plane.ask('GET', `/users/${user.id}`)).body).toMatchObject({ id: user.id, role: 'viewer' });
    expect((await plane.ask('GET', '/overview', undefined, { cookie })).status).toBe(401);
    await plane.ask('PATCH', `/users/${user.id}`, { disabled: true });
    expect((await signIn('bob@example.com')).status).toBe(401);
    await plane.ask('DELETE', `/users/${user.id}`);
  });

  it('survives the change of the own password, all others end', async () => {
    await plane.ask('POST', '/users', { email: 'carol@example.com', role: 'viewer', password });
    const mine = cookieOf(await signIn('carol@example.com'));
    const other = cookieOf(await signIn('carol@example.com'));
    const wrong = await plane.ask('POST', '/session/password', { current: 'something else', next: 'another long password' }, { cookie: mine, headers: csrf });
    expect(wrong).toMatchObject({ status: 400, body: { errors: [{ pointer: '/current' }] } });
    expect((await plane.ask('POST', '/session/password', { current: password, next: 'another long password' }, { cookie: mine, headers: csrf })).status).toBe(204);
    expect((await plane.ask('GET', '/session', undefined, { cookie: mine })).status).toBe(200);
    expect((await plane.ask('GET', '/session', undefined, { cookie: other })).status).toBe(401);
    expect((await signIn('carol@example.com')).status).toBe(401);
    expect((await signIn('carol@example.com', 'another long password')).status).toBe(200);
  });
});

describe('users', () => {
  it('cannot lose their last owner, by removal, demotion or disabling', async () => {
    const { body } = await plane.ask<{ items: { id: string; role: string }[] }>('GET', '/users');
    const owners = body.items.filter((user) => user.role === 'owner');
    for (const owner of owners.slice(1)) await plane.ask('DELETE', `/users/${owner.id}`);
    const last = owners[0]?.id ?? '';
    for (const answer of [
      await plane.ask('DELETE', `/users/${last}`), await plane.ask('PATCH', `/users/${last}`, { role: 'viewer' }), await plane.ask('PATCH', `/users/${last}`, { disabled: true }),
    ]) expect(answer).toMatchObject({ status: 409 });
  });

  it('have one account an address, and unknown ids are 404', async () => {
    const twice = await plane.ask('POST', '/users', { email: 'CAROL@example.com', role: 'viewer', password });
    expect(twice).toMatchObject({ status: 409, body: { errors: [{ pointer: '/email' }] } });
    expect((await plane.ask('GET', '/users/nobody')).status).toBe(404);
    expect((await plane.ask('PATCH', '/users/nobody', { role: 'viewer' })).status).toBe(404);
    expect((await plane.ask('DELETE', '/users/00000000-0000-4000-8000-000000000000')).status).toBe(404);
  });

  it('come in pages', async () => {
    const first = await plane.ask<{ items: { email: string }[]; next: string | null }>('GET', '/users?limit=1');
    expect(first.body.items).toHaveLength(1);
    const second = await plane.ask<{ items: { email: string }[]; next: string | null }>('GET', `/users?limit=1&cursor=${first.body.next ?? ''}`);
    expect(second.body.items[0]?.email).not.toBe(first.body.items[0]?.email);
  });
});

describe('guessing', () => {
  it('of one account from many sources is slowed down, and its owner still gets in from where it was', async () => {
    await plane.ask('POST', '/users', { email: 'dora@example.com', role: 'viewer', password });
    expect((await signIn('dora@example.com', password, '198.51.100.200')).status).toBe(200);
    const statuses: number[] = [];
    for (let i = 0; i < 12; i += 1) statuses.push((await signIn('dora@example.com', 'wrong', `198.51.100.${i + 1}`)).status);
    expect(statuses.slice(0, 10).every((status) => status === 401)).toBe(true);
    expect(statuses.at(-1)).toBe(429);
    expect((await signIn('dora@example.com', password, '198.51.100.77')).status).toBe(429);
    expect((await signIn('dora@example.com', password, '198.51.100.200')).status).toBe(200);
  });

  it('of many accounts from one source is slowed down', async () => {
    let limited = await signIn('a0@example.com', 'wrong', '203.0.113.5');
    for (let i = 1; i < 12 && limited.status !== 429; i += 1) limited = await signIn(`a${i}@example.com`, 'wrong', '203.0.113.5');
    expect(limited).toMatchObject({ status: 429, body: { code: 'rate-limited' } });
    expect(Number(limited.raw.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('of bearer tokens from one source is slowed down, others are not', async () => {
    let status = 0;
    for (let i = 0; i < 40 && status !== 429; i += 1) status = (await plane.ask('GET', '/overview', undefined, { token: `sbx_${'a'.repeat(43)}`, address: '203.0.113.9' })).status;
    expect(status).toBe(429);
    expect((await plane.ask('GET', '/overview', undefined, { address: '203.0.113.10' })).status).toBe(200);
  });

  it('of bearer tokens locks no right token and no session out that comes from the same address', async () => {
    const address = '203.0.113.19';
    const read = async (credentials: { readonly token?: string | null; readonly cookie?: string }) => (await plane.ask('GET', '/overview', undefined, { address, ...credentials })).status;
    const made = await plane.ask<{ readonly id: string; readonly token: string }>('POST', '/tokens', { name: 'robot', role: 'viewer' });
    const secret = made.body.token;
    secrets.push(secret);
    const cookie = cookieOf(await signIn());
    const guess = { token: `sbx_${'b'.repeat(43)}` };
    for (let i = 0; i < 40; i += 1) await read(guess);
    expect([await read(guess), await read({ token: secret }), await read({}), await read({ token: null, cookie })]).toEqual([429, 200, 200, 200]);
    const fresh = cookieOf(await signIn());
    expect([await read({ token: null, cookie: fresh }), await read({ token: null, cookie: cookie.replace(/.{5}$/, 'xxxxx') })]).toEqual([200, 401]);
    await plane.ask('DELETE', `/tokens/${made.body.id}`);
    expect([401, 429]).toContain(await read({ token: secret }));
  });

  it('of session cookies is counted, and is told to sign in, limited or not', async () => {
    const address = '203.0.113.20';
    const cookie = `${cookieOf(await signIn()).split('=')[0] ?? ''}=sbs_${'c'.repeat(43)}`;
    const statuses: number[] = [];
    for (let i = 0; i < 40; i += 1) statuses.push((await plane.ask('GET', '/overview', undefined, { token: null, cookie, address })).status);
    expect(new Set(statuses)).toEqual(new Set([401]));
    expect((await plane.ask('GET', '/overview', undefined, { token: `sbx_${'d'.repeat(43)}`, address })).status).toBe(429);
  });
});

describe('what is written down', () => {
  it('names who did it, and no secret', async () => {
    await plane.runtime.live.eventLog.flushed();
    const { body } = await plane.ask<{ items: { text: string }[] }>('GET', '/events?kind=audit&limit=500');
    const text = body.items.map((event) => event.text);
    expect(text).toContain('user:ada@example.com: signed in.');
    expect(text.some((line) => line.startsWith('token:SIGNALBOX_ADMIN_TOKEN: created the operator bob@example.com'))).toBe(true);
    await plane.app.inject({ url: `/setup?token=${secrets[1]}` });
    await plane.app.inject({ url: `/api/v1/setup?token=${secrets[1]}` });
    expect(plane.log.some((line) => line.includes('"path":"/api/v1/setup"'))).toBe(true);
    for (const secret of secrets) expect(JSON.stringify(body) + plane.log.join('\n')).not.toContain(secret);
  });
});
