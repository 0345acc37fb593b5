/** The control plane as a process: what it prints and leaves on disk, and that kill -9 loses nothing it acknowledged. */
import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Api } from '../../harness/api.ts';
import { until } from '../../harness/deadline.ts';
import { copyEmptyDatabase } from '../../harness/pglite-template.ts';
import { freePort } from '../../harness/ports.ts';
import { TestProcess } from '../../harness/process.ts';

const token = 'process-test-owner-token';
const startMs = 60_000;

let folder: string;
const started: TestProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-process-'));
  // As an operator's own `mkdir` leaves it.
  await chmod(folder, 0o755);
});
afterEach(async () => {
  for (const process of started.splice(0)) await process.kill();
  await rm(folder, { recursive: true, force: true });
});

async function start(env: Readonly<Record<string, string>> = {}): Promise<{ process: TestProcess; api: Api }> {
  const port = await freePort();
  const process = TestProcess.node('control plane', 'controlplane/main.ts', [], {
    env: { SIGNALBOX_HTTP: `127.0.0.1:${port}`, SIGNALBOX_DATA: folder, SIGNALBOX_ADMIN_TOKEN: token, ...env },
  });
  started.push(process);
  const base = `http://127.0.0.1:${port}`;
  await until('the control plane answers', startMs, async () => (await fetch(`${base}/healthz`).catch(() => null))?.ok);
  return { process, api: new Api(base, token) };
}

describe('the first start', () => {
  it('prints the set-up link whatever the log level, and leaves nothing that other users of the machine can read', async () => {
    const { process, api } = await start({ SIGNALBOX_LOG: 'silent' });
    const [, link] = await process.line(/(http:\/\/\S+\/setup\?token=sbu_[\w-]{43})/);
    expect(link).toBeDefined();
    expect(process.log).toHaveLength(1);
    await api.put('/tenants/acme', {});
    const open: string[] = [];
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (((await stat(join(folder, entry.name))).mode & 0o077) !== 0) open.push(entry.name);
    }
    expect(open).toEqual([]);
  }, startMs);
});

describe('kill -9 in the middle of writes', () => {
  it('loses no acknowledged write, leaves no gap, and the next start is clean', async () => {
    await copyEmptyDatabase(join(folder, 'database'));
    const { process, api } = await start();
    const acknowledged = new Map<string, number>();
    let stopped = false;
    const writers = Array.from({ length: 4 }, async (_unused, writer) => {
      for (let n = 0; !stopped; n += 1) {
        const key = `w${writer}-${n}`;
        const written = await api.put(`/tenants/${key}`, { name: 'x'.repeat(100) }).catch(() => null);
        if (written === null) return;
        acknowledged.set(key, written.rev);
      }
    });
    await until('sixty writes are acknowledged', startMs, () => acknowledged.size >= 60);
    await process.kill();
    stopped = true;
    await Promise.all(writers);

    const again = await start();
    for (const [key, rev] of acknowledged) {
      expect((await again.api.ask('GET', `/tenants/${key}`)).status, `${key} of revision ${rev}`).toBe(200);
    }
    const revs: number[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: { items: { rev: number }[]; next: string | null } = await again.api.get(`/changes?limit=500${cursor === '' ? '' : `&cursor=${cursor}`}`);
      revs.push(...page.items.map((change) => change.rev));
      cursor = page.next;
    }
    expect(revs).toEqual(Array.from({ length: revs.length }, (_unused, index) => revs.length - index));
    expect(revs.length).toBeGreaterThanOrEqual(Math.max(...acknowledged.values()));
    expect(again.process.log.filter((line) => /"level":[456]0/.test(line))).toEqual([]);
    expect((await again.api.put('/tenants/after', {})).rev).toBe(revs.length + 1);
  }, 3 * startMs);
});
