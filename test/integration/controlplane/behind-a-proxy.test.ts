/** Behind a reverse proxy that is trusted: people keep their own address and their cookie is Secure. Strangers are not believed. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminToken, startControlPlane, startDeadlineMs, testDatabase } from './server.ts';
import type { TestControlPlane, TestDatabase } from './server.ts';

const account = { email: 'ada@example.com', name: 'Ada', role: 'owner', password: 'a long enough password' };

let database: TestDatabase;
let plane: TestControlPlane;
beforeAll(async () => {
  database = await testDatabase();
  plane = await startControlPlane(database, undefined, ['127.0.0.0/8']);
  await plane.api.post('/users', account);
}, startDeadlineMs);
afterAll(async () => {
  await plane.close();
  await database.dispose();
});

/** One request as a proxy at `remote` hands it on. */
function handedOn(remote: string, method: 'GET' | 'POST', url: string, client: string, payload: object | undefined, headers: Readonly<Record<string, string>> = {}) {
  return plane.app.inject({
    method, url: `/api/v1${url}`, remoteAddress: remote, ...(payload === undefined ? {} : { payload }),
    headers: { 'x-forwarded-for': client, 'x-forwarded-proto': 'https', 'x-forwarded-host': 'console.example.com', ...headers },
  });
}
const signIn = (remote: string, client: string, password = account.password) =>
  handedOn(remote, 'POST', '/session', client, { email: account.email, password }, { origin: 'https://console.example.com' });

describe('a trusted proxy', () => {
  it('carries the scheme and the host: the cookie is Secure and the page is our own', async () => {
    const answer = await signIn('127.0.0.1', '198.51.100.7');
    expect(answer.statusCode).toBe(200);
    expect(String(answer.headers['set-cookie'])).toMatch(/; Secure$/);
  });

  it('carries the address: what one client does wrong is not counted against the others, and the log names it', async () => {
    let status = 0;
    for (let i = 0; i < 20 && status !== 429; i += 1) {
      status = (await handedOn('127.0.0.1', 'POST', '/session', '198.51.100.66', { email: `guess${i}@example.com`, password: 'wrong password' })).statusCode;
    }
    expect(status).toBe(429);
    expect((await signIn('127.0.0.1', '198.51.100.7')).statusCode).toBe(200);
    await handedOn('127.0.0.1', 'POST', '/dispatcher-sets', '198.51.100.8', { name: 'x', destinations: [] }, { authorization: `Bearer ${adminToken}` });
    const changes = await plane.api.get<{ items: { address: string }[] }>('/changes');
    expect(changes.items[0]?.address).toBe('198.51.100.8');
  });
});

describe('a stranger', () => {
  it('is not believed: neither scheme nor host nor address', async () => {
    const answer = await handedOn('192.0.2.1', 'POST', '/session', '198.51.100.9', { email: account.email, password: account.password });
    expect(answer.statusCode).toBe(200);
    expect(String(answer.headers['set-cookie'])).not.toContain('Secure');
    expect((await signIn('192.0.2.1', '198.51.100.9')).statusCode).toBe(403);
    let status = 0;
    for (let i = 0; i < 20 && status !== 429; i += 1) {
      status = (await handedOn('192.0.2.66', 'POST', '/session', `198.51.100.${i}`, { email: `other${i}@example.com`, password: 'wrong password' })).statusCode;
    }
    expect(status).toBe(429);
  });
});

describe('a refused websocket', () => {
  it('is closed by us, also when its peer keeps its side open', async () => {
    const socket = connect({ port: Number(new URL(plane.base).port), host: '127.0.0.1', allowHalfOpen: true });
    socket.resume();
    socket.write('GET /sync/v1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n');
    await new Promise((resolve) => { socket.once('end', resolve); });
    // Only a socket that is gone on the other side answers what is sent now with a reset.
    await expect(new Promise((resolve, reject) => {
      socket.setTimeout(5_000, () => { reject(new Error('the server kept its half of the socket')); });
      socket.once('error', resolve);
      const send = (): void => { if (!socket.destroyed) socket.write('x', () => setImmediate(send)); };
      send();
    })).resolves.toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) as string });
    socket.destroy();
  });
});
