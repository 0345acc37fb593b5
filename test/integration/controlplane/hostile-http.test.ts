/** What a control plane says to requests that nobody honest sends. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminToken, startControlPlane, startDeadlineMs, testDatabase } from './server.ts';
import type { TestControlPlane, TestDatabase } from './server.ts';

let database: TestDatabase;
let plane: TestControlPlane;
beforeAll(async () => {
  database = await testDatabase();
  plane = await startControlPlane(database);
}, startDeadlineMs);
afterAll(async () => {
  await plane.close();
  await database.dispose();
});

/** Sends bytes as they are; resolves with everything that came back when the server has closed. */
function wire(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(plane.base).port), '127.0.0.1');
    let answer = '';
    socket.setTimeout(10_000, () => socket.destroy(new Error('no end in time')));
    socket.on('data', (data) => { answer += data.toString('latin1'); });
    socket.on('error', reject);
    socket.on('close', () => { resolve(answer); });
    socket.write(text);
  });
}
const bearer = `Host: x\r\nAuthorization: Bearer ${adminToken}\r\nConnection: close\r\n`;

describe('every error', () => {
  it.each([
    ['no HTTP', 'NOTHING\r\n\r\n', 400],
    ['an unknown method', 'BREW / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['two lengths (request smuggling)', `PUT /api/v1/tenants/x HTTP/1.1\r\n${bearer}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    ['header fields without end', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(40_000)}\r\n\r\n`, 431],
    ['an address that cannot be decoded', `GET /api/v1/tenants/%zz HTTP/1.1\r\n${bearer}\r\n`, 400],
    ['half an escape', `GET /% HTTP/1.1\r\n${bearer}\r\n`, 400],
    ['malformed JSON', `PUT /api/v1/tenants/x HTTP/1.1\r\n${bearer}Content-Type: application/json\r\nContent-Length: 1\r\n\r\n{`, 400],
    ['another media type', `PUT /api/v1/tenants/x HTTP/1.1\r\n${bearer}Content-Type: text/xml\r\nContent-Length: 1\r\n\r\n<`, 415],
    ['a path that is nowhere', `GET /api/v2 HTTP/1.1\r\n${bearer}\r\n`, 404],
    ['another method of a path', `POST /api/v1/tenants/x HTTP/1.1\r\n${bearer}Content-Length: 0\r\n\r\n`, 405],
  ])('is problem JSON: %s', async (_what, request, status) => {
    const answer = await wire(request);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer.toLowerCase()).toContain('content-type: application/problem+json');
    const [, body = ''] = /(\{"type".*\})/s.exec(answer) ?? [];
    expect(JSON.parse(body)).toMatchObject({ status, requestId: expect.stringMatching(/^[\w-]{8,}$/) as string });
    expect(answer).not.toMatch(/FST_ERR|node_modules|at .*\.[jt]s:/);
  });

  it('of a method says which ones there are', async () => {
    const answer = await plane.api.ask('PUT', '/tenants', {});
    expect(answer).toMatchObject({ status: 405, body: { code: 'method-not-allowed', detail: '/api/v1/tenants takes GET, HEAD, not PUT.' } });
    expect(answer.headers.get('allow')).toBe('GET, HEAD');
    expect((await plane.api.ask('GET', '/bulk')).headers.get('allow')).toBe('POST');
    expect((await plane.api.ask('OPTIONS', '/nodes/join-tokens')).headers.get('allow')).toBe('DELETE, GET, HEAD, PATCH, POST');
  });
});

describe('values that the database cannot hold', () => {
  it.each([
    ['PUT', '/tenants/x', '{"name":"a\\u0000"}', '/name'],
    ['PATCH', '/settings/global', '{"scanners":["\\u0000"]}', '/scanners/0'],
    ['POST', '/tokens', '{"name":"\\ud800","role":"viewer"}', '/name'],
    ['POST', '/tokens', '{"name":"t","role":"viewer","expiresAtMs":9e15}', '/expiresAtMs'],
    ['POST', '/users', '{"email":"a\\u001b[31m@example.com","role":"viewer","password":"long enough to be one"}', '/email'],
    ['POST', '/users', '{"email":"a@example.com","name":"\\u0007","role":"viewer","password":"long enough to be one"}', '/name'],
    ['GET', `/dispatcher-sets?cursor=${Buffer.from('9007199254740991').toString('base64url')}`, undefined, '?cursor'],
    ['GET', `/route-sets?cursor=${Buffer.from('2147483648').toString('base64url')}`, undefined, '?cursor'],
  ])('%s %s %s is a 400 at %s', async (method, path, body, pointer) => {
    const answer = await plane.api.ask(method, path, body, body === undefined ? {} : { 'content-type': 'application/json' });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid', errors: [{ pointer }] } });
  });
});

describe('offers to speak something else', () => {
  it('are ignored: a client that would rather have HTTP/2 gets its answer', async () => {
    const answer = await wire('GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK/);
  });
});

describe('HEAD of the event stream', () => {
  it('ends', async () => {
    const answer = await plane.api.ask('HEAD', '/events', undefined, { accept: 'text/event-stream' });
    expect(answer.status).toBe(200);
    expect(plane.runtime.streams.size).toBe(0);
  });
});
