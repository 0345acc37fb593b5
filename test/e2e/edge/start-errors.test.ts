import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ControlPlane } from '../../harness/installation.ts';
import { freePort } from '../../harness/ports.ts';
import { TestProcess } from '../../harness/process.ts';

let taken: Server;
let takenPort: number;

beforeAll(async () => {
  takenPort = await freePort();
  taken = createServer();
  await new Promise<void>((resolve) => taken.listen(takenPort, '127.0.0.1', resolve));
});
afterAll(async () => {
  for (const path of made) rmSync(path, { recursive: true, force: true });
  await new Promise((resolve) => taken.close(resolve));
});

const made: string[] = [];
const temporary = (path: string): string => {
  made.push(path);
  return path;
};
const folder = (): string => temporary(mkdtempSync(join(tmpdir(), 'signalbox-start-')));

/** Starts a plane that must refuse, and returns its exit code and what it said. */
async function refusal(file: string, env: Readonly<Record<string, string>>): Promise<{ code: number; said: string }> {
  const plane = TestProcess.node(file, file, [], { env });
  try {
    const code = await plane.exit(20_000);
    return { code, said: plane.log.join('\n') };
  } finally {
    await plane.kill();
  }
}

const dataPlane = async (env: Readonly<Record<string, string>>): Promise<{ code: number; said: string }> =>
  refusal('dataplane/main.ts', { SIGNALBOX_DATA: folder(), SIGNALBOX_LISTEN: `udp:127.0.0.1:${await freePort()}`, SIGNALBOX_NODE_HTTP: `127.0.0.1:${await freePort()}`, SIGNALBOX_CONTROL_URL: 'ws://127.0.0.1:9/sync/v1', SIGNALBOX_JOIN_TOKEN: 'x', ...env });
const controlPlane = async (env: Readonly<Record<string, string>>): Promise<{ code: number; said: string }> =>
  refusal('controlplane/main.ts', { SIGNALBOX_DATA: folder(), SIGNALBOX_HTTP: `127.0.0.1:${await freePort()}`, ...env });

describe('a wrong setting stops the start with exit code 2 and one sentence', () => {
  it.each([
    ['SIGNALBOX_LISTEN', 'udp:everywhere:5060'],
    ['SIGNALBOX_WORKERS', 'many'],
    ['SIGNALBOX_NODE_HTTP', '9060'],
    ['SIGNALBOX_CONTROL_URL', 'http://127.0.0.1:8080'],
    ['SIGNALBOX_LOG', 'loud'],
    ['SIGNALBOX_BACKEND_PORT', '40001-40000'],
    ['SIGNALBOX_DRAIN_MS', '5s'],
    ['SIGNALBOX_TAKEOVER', 'maybe'],
    ['SIGNALBOX_SOCKETS', 'fast'],
  ])('data plane: %s=%s', async (name, value) => {
    const { code, said } = await dataPlane({ [name]: value });
    expect({ code, lines: said.split('\n').length }).toEqual({ code: 2, lines: 1 });
    expect(said).toContain(name);
    expect(said).toContain(value);
  });

  it.each([
    ['SIGNALBOX_HTTP', 'everywhere'],
    ['SIGNALBOX_LOG', 'loud'],
    ['DATABASE_URL', 'mysql://root@localhost/x'],
  ])('control plane: %s=%s', async (name, value) => {
    const { code, said } = await controlPlane({ [name]: value });
    expect({ code, lines: said.split('\n').length }).toEqual({ code: 2, lines: 1 });
    expect(said).toContain(name);
  });
});

describe('a start that cannot succeed says what to do', () => {
  it('data plane: the SIP port is taken', async () => {
    const { code, said } = await dataPlane({ SIGNALBOX_LISTEN: `tcp:127.0.0.1:${takenPort}` });
    expect(code).not.toBe(0);
    expect(said).toContain(String(takenPort));
    expect(said).toMatch(/in use|taken/i);
    expect(said).not.toMatch(/^\s+at /m);
  });

  it('data plane: its HTTP port is taken', async () => {
    const { code, said } = await dataPlane({ SIGNALBOX_NODE_HTTP: `127.0.0.1:${takenPort}` });
    expect(code).not.toBe(0);
    expect(said).toContain(String(takenPort));
    expect(said).not.toMatch(/^\s+at /m);
  });

  it('control plane: its port is taken', async () => {
    const { code, said } = await controlPlane({ SIGNALBOX_HTTP: `127.0.0.1:${takenPort}`, SIGNALBOX_DATA: temporary(await ControlPlane.newDataDir()) });
    expect(code).not.toBe(0);
    expect(said).toContain(String(takenPort));
    expect(said).not.toMatch(/^\s+at /m);
  }, 60_000);

  it('control plane: the database cannot be reached, and its password is not shown', async () => {
    const { code, said } = await controlPlane({ DATABASE_URL: `postgresql://someone:top-secret-word@127.0.0.1:${await freePort()}/nothing` });
    expect(code).not.toBe(0);
    expect(said).toMatch(/database/i);
    expect(said).not.toContain('top-secret-word');
    expect(said).not.toMatch(/^\s+at /m);
  });

  it('both planes: the data folder is a file', async () => {
    const file = join(folder(), 'data');
    writeFileSync(file, '');
    for (const { code, said } of [await dataPlane({ SIGNALBOX_DATA: file }), await controlPlane({ SIGNALBOX_DATA: file })]) {
      expect(code).not.toBe(0);
      expect(said).toContain(file);
      expect(said).not.toMatch(/^\s+at /m);
    }
  });
});
