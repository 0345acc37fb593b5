import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { offerLocalJoinToken } from '../../../controlplane/auth/local-node.ts';
import { StoredNodeDirectory } from '../../../controlplane/auth/node-directory.ts';
import { createNodeStore } from '../../../controlplane/db/repositories/node-store.ts';
import { InProcessControlPlane, startDeadlineMs } from '../../harness/control-plane.ts';

let plane: InProcessControlPlane;
let directory: StoredNodeDirectory;

beforeAll(async () => {
  plane = await InProcessControlPlane.start();
  directory = plane.runtime.auth.directory;
}, startDeadlineMs);
afterAll(() => plane.close());

async function joinToken(body: object = {}): Promise<string> {
  return (await plane.ask<{ token: string }>('POST', '/nodes/join-tokens', body)).body.token;
}

async function joined(name: string): Promise<{ id: string; name: string; token: string }> {
  const spent = await directory.join(await joinToken(), name);
  if (spent === null) throw new Error('the join token was refused');
  return { ...spent.node, token: spent.nodeToken };
}

/** A directory over the same database whose clock the test moves. */
function directoryAt(nowMs: number): StoredNodeDirectory {
  return new StoredNodeDirectory({ store: createNodeStore(plane.runtime.database.prisma), keys: plane.runtime.auth.clusterKeys, now: () => nowMs, random: randomBytes });
}

describe('joining', () => {
  it('spends the token: it makes one node and no second', async () => {
    const token = await joinToken();
    const [one, two] = await Promise.all([directory.join(token, 'ams-1'), directory.join(token, 'ams-2')]);
    expect([one, two].filter((answer) => answer !== null)).toHaveLength(1);
    expect(await directory.join(token, 'ams-3')).toBeNull();
  });

  it('refuses an unknown token, an expired one, and a name that is none', async () => {
    expect(await directory.join(`sbj_${'a'.repeat(43)}`, 'ams-1')).toBeNull();
    const token = await joinToken({ expiresInMs: 1_000 });
    expect(await directoryAt(Date.now() + 2_000).join(token, 'ams-1')).toBeNull();
    expect(await directory.join(token, 'a name with blanks')).toBeNull();
    expect(await directory.join(token, 'late-but-valid')).not.toBeNull();
  });

  it('never takes over a node that exists: the next free name is taken', async () => {
    const first = await joined('fra-1');
    const second = await joined('fra-1');
    expect([first.name, second.name]).toEqual(['fra-1', 'fra-1-2']);
    expect(first.id).not.toBe(second.id);
  });

  it('uses the name that the token was made for', async () => {
    const answer = await directory.join(await joinToken({ name: 'lon-9' }), 'whatever');
    expect(answer?.node.name).toBe('lon-9');
    expect((await plane.ask('POST', '/nodes/join-tokens', { name: 'not a name' })).status).toBe(400);
  });

  it('keeps hashes only', async () => {
    const token = await joinToken();
    const { nodeToken } = await directory.join(token, 'hash-1') ?? { nodeToken: '' };
    const rows = JSON.stringify([await plane.runtime.database.prisma.joinToken.findMany(), await plane.runtime.database.prisma.nodeToken.findMany()]);
    expect(rows).not.toContain(token);
    expect(rows).not.toContain(nodeToken);
    expect(plane.log.join('\n')).not.toContain(token);
  });
});

describe('a node token', () => {
  it('proves its node, and nothing else does', async () => {
    const node = await joined('par-1');
    expect(await directory.authenticate(node.token)).toEqual({ id: node.id, name: 'par-1' });
    expect(await directory.authenticate(`sbn_${'a'.repeat(43)}`)).toBeNull();
    expect(await directory.authenticate('')).toBeNull();
    expect(await directory.authenticate(await joinToken())).toBeNull();
  });

  it('has a successor beside it; the third makes the first void', async () => {
    const node = await joined('par-2');
    const second = (await plane.ask<{ token: string }>('POST', `/nodes/${node.id}/tokens`)).body.token;
    expect(await directory.authenticate(node.token)).not.toBeNull();
    expect(await directory.authenticate(second)).not.toBeNull();
    const third = await directoryAt(Date.now() + 5).rotate(node.id) ?? '';
    expect(await directory.authenticate(node.token)).toBeNull();
    expect(await directory.authenticate(second)).not.toBeNull();
    expect(await directory.authenticate(third)).not.toBeNull();
  });

  it('is void from the moment its node is removed', async () => {
    const node = await joined('par-3');
    expect((await plane.ask('DELETE', `/nodes/${node.id}`)).status).toBe(204);
    expect(await directory.authenticate(node.token)).toBeNull();
    expect((await plane.ask('GET', `/nodes/${node.id}`)).status).toBe(404);
    expect((await plane.ask('DELETE', `/nodes/${node.id}`)).status).toBe(404);
  });
});

describe('the cluster key', () => {
  it('is made once, also when two ask first at once, and stays', async () => {
    const [one, two] = await Promise.all([directory.clusterKeys(), directory.clusterKeys()]);
    expect(one).toHaveLength(1);
    expect(one).toEqual(two);
    expect(Buffer.from(one[0]?.key ?? '', 'base64url')).toHaveLength(32);
    expect(await directory.clusterKeys()).toEqual(one);
  });
});

describe('draining', () => {
  it('is configuration: one revision, undone by another, and nothing for saying it twice', async () => {
    const node = await joined('mad-1');
    const on = await plane.ask<{ rev: number; draining: boolean }>('PATCH', `/nodes/${node.id}`, { draining: true });
    expect(on).toMatchObject({ status: 200, body: { draining: true } });
    expect((await plane.ask<{ rev: number }>('PATCH', `/nodes/${node.id}`, { draining: true })).body.rev).toBe(on.body.rev);
    const { body: nodes } = await plane.ask<{ name: string; draining: boolean; state: string }[]>('GET', '/nodes');
    expect(nodes.find((one) => one.name === 'mad-1')).toMatchObject({ draining: true, state: 'gone' });
    const off = await plane.ask<{ rev: number; draining: boolean }>('PATCH', `/nodes/${node.id}`, { draining: false });
    expect(off.body).toMatchObject({ draining: false, rev: on.body.rev + 1 });
  });

  it('of a draining node ends with its removal', async () => {
    const node = await joined('mad-2');
    await plane.ask('PATCH', `/nodes/${node.id}`, { draining: true });
    expect((await plane.ask('DELETE', `/nodes/${node.id}`)).status).toBe(204);
    const { body } = await plane.ask<{ items: { summary: string }[] }>('GET', '/changes?limit=1');
    expect(body.items[0]?.summary).toBe('Remove node mad-2');
  });

  it('of nobody is 404, of a wrong id 400', async () => {
    expect((await plane.ask('PATCH', '/nodes/00000000-0000-4000-8000-000000000000', { draining: true })).status).toBe(404);
    expect((await plane.ask('PATCH', '/nodes/x', { draining: true })).status).toBe(400);
    expect((await plane.ask('POST', '/nodes/00000000-0000-4000-8000-000000000000/confirm-shrink')).status).toBe(404);
  });
});

describe('the local node', () => {
  const path = (): string => join(plane.dataDir, 'local-join-token');
  const present = async (): Promise<string> => (await readFile(path(), 'utf8')).trim();

  it('gets a join token in a file that only its user can read', async () => {
    await offerLocalJoinToken(plane.dataDir, directory);
    expect((await stat(path())).mode & 0o777).toBe(0o600);
    expect(await directory.joinTokenValid(await present())).toBe(true);
  });

  it('keeps a token that still works, and gets another when it was spent', async () => {
    const before = await present();
    await offerLocalJoinToken(plane.dataDir, directory);
    expect(await present()).toBe(before);
    await directory.join(before, 'local');
    await offerLocalJoinToken(plane.dataDir, directory);
    expect(await present()).not.toBe(before);
    expect(await directory.joinTokenValid(await present())).toBe(true);
  });

  it('gets one instead of rubbish, and the mode is put right', async () => {
    await writeFile(path(), 'rubbish', { mode: 0o644 });
    await offerLocalJoinToken(plane.dataDir, directory);
    expect(await directory.joinTokenValid(await present())).toBe(true);
    expect((await stat(path())).mode & 0o777).toBe(0o600);
  });
});

it('shows what was just written, also when nothing has woken the live side yet', async () => {
  const node = await joined('mad-3');
  const { mirror } = plane.runtime.live;
  await mirror.close();
  await plane.ask('PATCH', `/nodes/${node.id}`, { draining: true, answerOptions: false });
  const { body: nodes } = await plane.ask<{ name: string }[]>('GET', '/nodes');
  expect(nodes.find(({ name }) => name === 'mad-3')).toMatchObject({ draining: true, answerOptions: false });
});
