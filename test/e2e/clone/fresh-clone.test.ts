import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Api } from '../../harness/api.ts';
import { until } from '../../harness/deadline.ts';
import { full } from '../../harness/length.ts';
import { freePort } from '../../harness/ports.ts';
import { projectRoot, TestProcess } from '../../harness/process.ts';
import { fastProbing, untilHealth } from '../../harness/tenant.ts';
import { Uac } from '../../harness/uac.ts';
import { Uas } from '../../harness/uas.ts';

const password = 'correct horse battery staple';
let folder: string;
let clone: string;
let start: TestProcess | undefined;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-clone-'));
  clone = join(folder, 'signalbox');
  const cloned = spawnSync('git', ['clone', '--quiet', '--no-hardlinks', projectRoot, clone], { encoding: 'utf8' });
  if (cloned.status !== 0) throw new Error(cloned.stderr);
  // A full run and CI install for themselves; otherwise the installed packages are linked in to save a minute.
  if (!full && process.env['CI'] === undefined) {
    spawnSync('cp', ['-al', `${projectRoot}node_modules`, join(clone, 'node_modules')]);
    rmSync(join(clone, 'node_modules/.cache'), { recursive: true, force: true });
  }
}, 60_000);
afterAll(async () => {
  await start?.stop(20_000);
  rmSync(folder, { recursive: true, force: true });
  // A real `npm ci` leaves tens of thousands of files to delete.
}, 120_000);

it('npm start on a fresh clone: set-up link, owner account, a tenant by REST, a call, Ctrl-C', async () => {
  const [http, sip, nodeHttp] = [await freePort(), await freePort(), await freePort()];
  start = new TestProcess('npm start', 'npm', ['start'], {
    cwd: clone,
    env: {
      SIGNALBOX_HTTP: `127.0.0.1:${http}`, SIGNALBOX_NODE_HTTP: `127.0.0.1:${nodeHttp}`, SIGNALBOX_LISTEN: `udp:127.0.0.1:${sip},tcp:127.0.0.1:${sip}`,
      npm_config_cache: process.env['npm_config_cache'],
    },
  });
  await start.line(/Signalbox is running/, 600_000);
  const [, token = ''] = await start.line(/First time\s+http:\/\/\S+\/setup\?token=(\S+)/);
  expect(existsSync(join(clone, 'data'))).toBe(true);

  const base = `http://127.0.0.1:${http}`;
  const post = (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    fetch(`${base}/api/v1${path}`, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', origin: base, 'x-signalbox-csrf': '1', ...headers } });
  expect((await fetch(`${base}/`, { headers: { accept: 'text/html' } })).status).toBe(200);
  expect((await post('/setup', { token, email: 'owner@example.com', name: 'Owner', password })).status).toBeLessThan(300);
  expect((await post('/setup', { token, email: 'second@example.com', name: 'Second', password })).status).toBeGreaterThanOrEqual(400);
  const signedIn = await post('/session', { email: 'owner@example.com', password });
  expect(signedIn.status).toBeLessThan(300);
  const cookie = (signedIn.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const created = await post('/tokens', { name: 'provisioning', role: 'owner' }, { cookie });
  expect(created.status, await created.clone().text()).toBeLessThan(300);
  const api = new Api(base, ((await created.json()) as { token: string }).token);

  const backends = [await Uas.open('pbx-a'), await Uas.open('pbx-b')];
  const uac = await Uac.open();
  try {
    await api.put('/tenants/acme', { name: 'Acme' });
    await api.put('/dispatcher-sets/10', { name: 'acme', tenant: 'acme', probing: fastProbing, destinations: backends.map(({ uri }) => ({ uri })) });
    await api.put('/route-sets/1', { name: 'acme', tenant: 'acme', rules: [{ match: { type: 'any' }, sets: [10] }] });
    const { applied } = await api.put('/domains/sip.acme.example?wait=applied', { tenant: 'acme', routeSet: 1 });
    expect(applied).toHaveLength(1);
    await untilHealth(api, 10);
    const call = uac.invite({ uri: 'sip:1001@sip.acme.example', via: { host: '127.0.0.1', port: sip } });
    expect(await call.complete()).toMatchObject({ ok: true });
  } finally {
    await uac.close();
    for (const backend of backends) await backend.close();
  }

  start.signal('SIGINT');
  expect(await start.exit(30_000)).toBe(0);
  await until('both planes to be gone', 5_000, async () => !(await answers(`${base}/healthz`)) && !(await answers(`http://127.0.0.1:${nodeHttp}/live`)));
}, 700_000);

const answers = (url: string): Promise<boolean> => fetch(url, { signal: AbortSignal.timeout(1_000) }).then(() => true, () => false);
