import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../../harness/deadline.ts';
import { ControlPlane } from '../../harness/installation.ts';
import { freePort } from '../../harness/ports.ts';
import { TestProcess } from '../../harness/process.ts';

let data: string;
const running: TestProcess[] = [];

beforeAll(async () => {
  data = await ControlPlane.newDataDir();
}, 60_000);
afterAll(async () => {
  for (const process of running) await process.stop(20_000);
  rmSync(data, { recursive: true, force: true });
});

/** The process that `parent` started to run `file`, 0 when there is none (Linux: read from /proc). */
function childOf(parent: number, file: string): number {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const [, parentOf] = readFileSync(`/proc/${name}/stat`, 'latin1').replace(/^.*\) /s, '').split(' ');
      if (Number(parentOf) === parent && readFileSync(`/proc/${name}/cmdline`, 'latin1').includes(file)) return Number(name);
    } catch {
      // A process that ended while /proc was read.
      continue;
    }
  }
  return 0;
}

const startScript = async (env: Readonly<Record<string, string>>, args: readonly string[] = []): Promise<TestProcess> => {
  const process = TestProcess.node('start', 'deploy/local/start.mjs', args, {
    env: { SIGNALBOX_DATA: data, SIGNALBOX_HTTP: `127.0.0.1:${await freePort()}`, SIGNALBOX_NODE_HTTP: `127.0.0.1:${await freePort()}`, SIGNALBOX_LISTEN: `udp:127.0.0.1:${await freePort()}`, ...env },
  });
  running.push(process);
  return process;
};

it('starts a plane again that was killed, and stops both on SIGTERM', async () => {
  const start = await startScript({});
  await start.line(/Signalbox is running/, 60_000);
  for (const file of ['dataplane/main.ts', 'controlplane/main.ts']) {
    const pid = childOf(start.pid, file);
    expect(pid).toBeGreaterThan(0);
    process.kill(pid, 'SIGKILL');
    await start.line(file.startsWith('data') ? /node ended \(SIGKILL\); it starts again/ : /control ended \(SIGKILL\); it starts again/);
    await until(`${file} to run again`, 20_000, () => ![0, pid].includes(childOf(start.pid, file)));
  }
  expect(await start.stop(30_000)).toBe(0);
}, 120_000);

it('lets an upgrade take the data plane over and goes on; starts its own again when that one has ended', async () => {
  const http = `127.0.0.1:${await freePort()}`;
  const same = { SIGNALBOX_NODE_HTTP: `127.0.0.1:${await freePort()}`, SIGNALBOX_LISTEN: `udp:127.0.0.1:${await freePort()}` };
  const start = await startScript({ SIGNALBOX_HTTP: http, ...same });
  await start.line(/Signalbox is running/, 60_000);
  const next = TestProcess.node('upgrade', 'deploy/local/run.mjs', ['dataplane/main.ts', '--takeover'], {
    env: { SIGNALBOX_DATA: data, SIGNALBOX_CONTROL_URL: `ws://${http}/sync/v1`, ...same },
  });
  running.push(next);
  await start.line(/node was replaced by another process/, 30_000);
  expect((await fetch(`http://${http}/healthz`)).status).toBe(200);
  await next.stop(20_000);
  await until('the data plane to run again', 20_000, () => childOf(start.pid, 'dataplane/main.ts') !== 0);
  await until('it to be ready', 20_000, async () => (await fetch(`http://${same.SIGNALBOX_NODE_HTTP}/ready`).catch(() => null))?.status === 200);
  expect(await start.stop(30_000)).toBe(0);
}, 150_000);

it('passes a wrong setting’s exit code on and leaves nothing behind', async () => {
  const start = await startScript({ SIGNALBOX_WORKERS: 'many' });
  expect(await start.exit(60_000)).toBe(2);
  expect(start.log.join('\n')).toContain('SIGNALBOX_WORKERS');
}, 90_000);

it('refuses a flag that it does not know', async () => {
  const start = await startScript({}, ['--htpp', '127.0.0.1:1']);
  expect(await start.exit(20_000)).toBe(2);
  expect(start.log.join('\n')).toContain('--htpp');
});
