/** Joining, tokens, revocation and cluster keys. */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import path from 'node:path';
import WebSocket from 'ws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tenant } from './rows.ts';
import { World } from './world.ts';

let world: World;

beforeEach(async () => {
  world = await World.open();
  world.source.write([tenant(1)]);
});

afterEach(async () => {
  await world.close();
});

describe('a join token', () => {
  it('is spent once for a node token that the node keeps to itself', async () => {
    const folder = await world.folder();
    world.directory.joinTokens.add('welcome');
    const node = await world.add({ name: 'edge ü', folder, joinToken: 'welcome' }).start();
    await node.at(1);
    expect(world.directory.joinTokens.size).toBe(0);
    expect(node.status.node).toEqual({ id: 'id-of-edge ü', name: 'edge ü' });
    const file = path.join(folder, 'node.token');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await node.client.close();

    const again = await world.add({ name: 'edge ü', folder, joinToken: 'welcome' }).start();
    await again.at(1);
    await world.watch.until('it is connected', () => again.status.connection === 'connected');
    expect(again.status.node?.id).toBe('id-of-edge ü');
  });

  it('that is not known is refused, and the node says so', async () => {
    const node = await world.add({ name: 'n1', folder: await world.folder(), joinToken: 'guess' }).start();
    await world.watch.until('the node is refused', () => node.status.connection === 'unauthorized');
    expect(node.logs.some((text) => text.includes('refuses the token'))).toBe(true);
  });

  it('is used when the kept node token is refused', async () => {
    const folder = await world.folder();
    await writeFile(path.join(folder, 'node.token'), JSON.stringify({ id: 'old', name: 'n1', token: 'revoked' }));
    world.directory.joinTokens.add('welcome');
    const node = await world.add({ name: 'n1', folder, joinToken: 'welcome' }).start();
    await node.at(1);
    expect(JSON.parse(await readFile(path.join(folder, 'node.token'), 'utf8'))).toMatchObject({ id: 'id-of-n1' });
  });

  it('is not missed by a node without any token: it says so and keeps trying', async () => {
    const node = await world.add({ name: 'n1', folder: await world.folder() }).start();
    await world.watch.until('the node complains', () => node.logs.some((text) => text.includes('neither a node token nor a join token')));
  });
});

describe('a node token', () => {
  it('closes the socket at once when it is revoked, and does not let the node in again', async () => {
    const node = await world.node('n1');
    await node.at(1);
    world.directory.tokens.delete('token-n1');
    await world.gateway.reauthenticate('n1');
    expect(world.sink.goneNodes).toEqual(['n1']);
    await world.watch.until('the node is refused', () => node.status.connection === 'unauthorized');
    world.source.write([tenant(2)]);
    expect(node.status.rev).toBe(1);
  });

  it('that still stands keeps the socket', async () => {
    const node = await world.node('n1');
    await node.at(1);
    await world.gateway.reauthenticate('n1');
    expect(world.gateway.connected()).toHaveLength(1);
    await world.gateway.reauthenticate('somebody else');
  });

  it('used by a second connection takes over from the first', async () => {
    const first = await world.node('n1');
    await first.at(1);
    const socket = new WebSocket(world.url, { headers: { authorization: 'Bearer token-n1' } });
    await new Promise((resolve) => { socket.once('open', resolve); });
    await world.watch.until('the first is closed', () => first.logs.some((text) => text.includes('4003') || text.includes('superseded') || text.includes('1006')));
    socket.terminate();
  });
});

describe('a stranger', () => {
  const knock = (headers: Record<string, string>): Promise<number> => new Promise((resolve, reject) => {
    const socket = new WebSocket(world.url, { headers });
    socket.on('unexpected-response', (request, response) => {
      request.destroy();
      resolve(response.statusCode ?? 0);
    });
    socket.on('open', () => { reject(new Error('let in')); });
    socket.on('error', () => undefined);
  });

  it.each([
    ['nothing', {}],
    ['an unknown token', { authorization: 'Bearer guess' }],
    ['another scheme', { authorization: 'Basic Z3Vlc3M=' }],
    ['a join token without a name', { authorization: 'Join guess' }],
    ['a name that is no UTF-8', { authorization: 'Join guess', 'x-signalbox-node': '%ff' }],
  ])('with %s is refused', async (_what, headers) => {
    expect(await knock(headers)).toBe(401);
  });

  it('at another path is told so, and a path that is no path harms nobody', async () => {
    for (const url of ['/elsewhere', '//', '/%']) {
      const answer = await new Promise<number>((resolve, reject) => {
        const socket = request(world.url.replace('ws:', 'http:').replace('/sync/v1', ''), { path: url, headers: { connection: 'Upgrade', upgrade: 'websocket' } });
        socket.on('response', (response) => { resolve(response.statusCode ?? 0); response.resume(); });
        socket.on('error', reject);
        socket.end();
      });
      expect(answer).toBe(404);
    }
  });

  it('and everybody else are asked to come back while the directory is away', async () => {
    world.directory.authenticate = () => Promise.reject(new Error('the database is away'));
    expect(await knock({ authorization: 'Bearer token-n1' })).toBe(503);
    expect(world.logs.some((text) => text.includes('could not be admitted'))).toBe(true);
  });

  it('who keeps guessing is not looked up any more', async () => {
    const answers: number[] = [];
    for (let i = 0; i < 32; i++) answers.push(await knock({ authorization: `Bearer guess${i}` }));
    expect(answers.filter((status) => status === 401)).toHaveLength(30);
    expect(answers.slice(30)).toEqual([429, 429]);
  });
});

describe('cluster keys', () => {
  it('arrive before the configuration, are sealed on disk and serve after a restart without a control plane', async () => {
    const folder = await world.folder();
    const node = await world.node('n1', folder);
    await node.at(1);
    expect(node.keys).toEqual([world.directory.keys]);
    const text = await readFile(path.join(folder, 'cluster.keys'), 'utf8');
    expect(text).not.toContain('A'.repeat(43));
    expect((await stat(path.join(folder, 'cluster.keys'))).mode & 0o777).toBe(0o600);
    await node.client.close();
    await world.killGateway();

    const again = await world.node('n1', folder);
    expect(again.keys).toEqual([world.directory.keys]);
    await world.startGateway();
  });

  it('follow a rotation at once', async () => {
    const node = await world.node('n1');
    await node.at(1);
    world.directory.keys = [{ id: 2, key: 'B'.repeat(43) }, ...world.directory.keys];
    await world.gateway.refreshKeys();
    await world.watch.until('the node has the new keys', () => node.keys.at(-1)?.[0]?.id === 2);
  });

  it('that were tampered with are not used', async () => {
    const folder = await world.folder();
    const node = await world.node('n1', folder);
    await node.at(1);
    await node.client.close();
    const file = path.join(folder, 'cluster.keys');
    const sealed = JSON.parse(await readFile(file, 'utf8')) as { data: string };
    const flipped = Buffer.from(sealed.data, 'base64url');
    flipped[0] = (flipped[0] ?? 0) ^ 1;
    await writeFile(file, JSON.stringify({ ...sealed, data: flipped.toString('base64url') }));
    const again = world.add({ name: 'n1', folder, nodeToken: 'token-n1' });
    await again.client.loadLastKnownGood();
    expect(again.keys).toEqual([]);
  });
});
