/** Restarts without a control plane, with whole and with damaged files. */
import { readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { badDomain, domain, removal, routeSet, tenant } from './rows.ts';
import { World } from './world.ts';
import type { TestNode } from './world.ts';

let world: World;
let folder: string;

beforeEach(async () => {
  world = await World.open();
  folder = await world.folder();
  world.source.write([tenant(1), routeSet(1), domain('a.example', 1, 1)]);
});

afterEach(async () => {
  await world.close();
});

/** Runs a node to revision 4 (snapshot, then three deltas) and stops it and the control plane. */
async function runAndStop(): Promise<TestNode> {
  const node = await world.node('n1', folder);
  await node.at(1);
  await node.at(world.source.write([domain('b.example', 1, 1)]));
  await node.at(world.source.write([badDomain('a.example'), removal(domain('b.example', 1, 1))]));
  await node.at(world.source.write([domain('c.example', 1, 9)]));
  await node.client.close();
  await world.killGateway();
  return node;
}

/** Starts a node from the folder alone; the control plane is away. */
async function restart(): Promise<TestNode> {
  const node = world.add({ name: 'n1', folder, nodeToken: 'token-n1' });
  await node.client.loadLastKnownGood();
  return node;
}

const at = (name: string): string => path.join(folder, name);

describe('a restart without a control plane', () => {
  it('serves the last revision, quarantine and all', async () => {
    const before = await runAndStop();
    const after = await restart();
    expect(after.status.rev).toBe(4);
    expect(after.status.hash).toBe(before.status.hash);
    expect(after.view).toEqual(before.view);
    expect(after.status.quarantined.map((row) => row.key).sort()).toEqual(['a.example', 'c.example']);
    expect(after.logs.filter((text) => text.includes('corrupt'))).toEqual([]);
    for (const name of ['config.snap', 'config.log']) expect((await stat(at(name))).mode & 0o777).toBe(0o600);
    await world.startGateway();
  });

  it('is followed by a resume, not by a snapshot', async () => {
    await runAndStop();
    const node = await restart();
    node.client.start();
    const rev = world.source.write([domain('d.example', 1, 1)]);
    await world.startGateway();
    await node.at(rev);
    expect(world.source.snapshots).toBe(1);
    expect(node.commits.map((commit) => commit.origin)).toEqual(['disk', 'delta']);
  });

  it('of a node that never ran begins empty', async () => {
    const node = await restart();
    expect(node.status).toMatchObject({ rev: 0, epoch: '' });
    expect(node.commits).toEqual([]);
    expect(node.logs).toEqual([]);
  });

  it('keeps what a snapshot wrote over an older generation', async () => {
    const node = await world.node('n1', folder);
    await node.at(1);
    world.source.restore('e2', 1, [tenant(1), tenant(2), routeSet(1), domain('z.example', 1, 1)]);
    await node.at(1);
    await node.client.close();
    await world.killGateway();
    const again = await restart();
    expect(again.status.epoch).toBe('e2');
    expect(again.view.has('domain z.example')).toBe(true);
    expect((await readdir(folder)).filter((name) => name.startsWith('config.')).sort()).toEqual(['config.log', 'config.log.1', 'config.snap', 'config.snap.1']);
    await world.startGateway();
  });
});

describe('a damaged snapshot', () => {
  const damages: readonly [string, (file: string) => Promise<void>][] = [
    ['cut short', async (file) => { await truncate(file, (await stat(file)).size - 30); }],
    ['cut to a single byte', async (file) => { await truncate(file, 1); }],
    ['empty', async (file) => { await truncate(file, 0); }],
    ['with a flipped bit', async (file) => {
      const bytes = await readFile(file);
      const middle = Math.floor(bytes.length / 2);
      bytes[middle] = (bytes[middle] ?? 0) ^ 0x10;
      await writeFile(file, bytes);
    }],
    ['full of something else', async (file) => { await writeFile(file, Buffer.alloc(5_000, 0xff)); }],
  ];

  it.each(damages)('%s is set aside; the node begins empty and goes on', async (_what, damage) => {
    await runAndStop();
    await damage(at('config.snap'));
    const node = await restart();
    expect(node.status.rev).toBe(0);
    expect(node.logs.some((text) => text.includes('set aside'))).toBe(true);
    expect((await readdir(folder)).some((name) => name.startsWith('config.snap.corrupt-'))).toBe(true);
    node.client.start();
    await world.startGateway();
    await node.at(4);
    await node.client.close();
    expect((await restart()).status.rev).toBe(4);
  });

  it('falls back to the older generation and its log', async () => {
    await runAndStop();
    await world.startGateway();
    // The first change after a restart writes a new snapshot; the old one and its log become the older generation.
    const node = await restart();
    node.client.start();
    await node.at(world.source.write([domain('d.example', 1, 1)]));
    await node.client.close();
    await truncate(at('config.snap'), 100);
    expect((await restart()).status.rev).toBe(4);
  });
});

describe('a damaged log', () => {
  it('with a torn end is used up to there', async () => {
    await runAndStop();
    await truncate(at('config.log'), (await stat(at('config.log'))).size - 10);
    const node = await restart();
    expect(node.status.rev).toBe(3);
    expect(node.logs.some((text) => text.includes('damaged record'))).toBe(true);
    await world.startGateway();
    node.client.start();
    await node.at(4);
  });

  it.each([
    ['empty', async () => { await truncate(at('config.log'), 0); }],
    ['with a flipped bit in its first line', async () => {
      const bytes = await readFile(at('config.log'));
      bytes[70] = (bytes[70] ?? 0) ^ 1;
      await writeFile(at('config.log'), bytes);
    }],
  ])('%s leaves the snapshot', async (_what, damage) => {
    await runAndStop();
    await damage();
    expect((await restart()).status.rev).toBe(1);
    expect((await readdir(folder)).some((name) => name.startsWith('config.log.corrupt-'))).toBe(true);
    await world.startGateway();
  });

  it('cut at any byte never gives anything but a revision that was applied', async () => {
    const whole = await runAndStop();
    const bytes = await readFile(at('config.log'));
    const revisions = new Set<number>();
    for (let length = 0; length <= bytes.length; length += 37) {
      await writeFile(at('config.log'), bytes.subarray(0, length));
      const node = await restart();
      revisions.add(node.status.rev);
      if (node.status.rev === 4) expect(node.view).toEqual(whole.view);
    }
    await writeFile(at('config.log'), bytes);
    revisions.add((await restart()).status.rev);
    expect(revisions).toEqual(new Set([1, 2, 3, 4]));
    await world.startGateway();
  });
});

describe('a folder that cannot be written', () => {
  it('costs a warning, not the configuration', async () => {
    await writeFile(at('file'), '');
    const node = await world.node('n1', at('file'));
    await node.at(1);
    await world.watch.until('the node has warned', () => node.logs.some((text) => text.includes('could not be written')));
    await node.at(world.source.write([domain('b.example', 1, 1)]));
  });
});
