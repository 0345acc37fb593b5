import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import type { ListenSetting } from '../../../dataplane/listen-setting.ts';
import { chooseBackendPorts } from '../../../dataplane/runtime/backend-ports.ts';
import { heldPort } from '../../../dataplane/runtime/port-probe.ts';
import { readSettings } from '../../../dataplane/settings.ts';
import { freePortRange } from '../../harness/ports.ts';

const udp = (port = 0): ListenSetting => ({ transport: 'udp', family: 4, address: '127.0.0.1', port, advertisedHost: '', advertisedPort: 0, certFile: '', keyFile: '' });
const sockets: Socket[] = [];
afterEach(() => { for (const socket of sockets.splice(0)) socket.close(); });

async function occupy(port: number): Promise<void> {
  const socket = createSocket('udp4');
  sockets.push(socket);
  socket.bind(port, '127.0.0.1');
  await once(socket, 'listening');
}

describe('the ports towards backends', () => {
  it('are one each with several workers, the same again at the next start, and another where one is taken', async () => {
    const first = await chooseBackendPorts('own', [udp()], 3, [], false);
    if (!first.ok) throw new Error(first.error);
    const ports = first.value.map(({ udp4 }) => udp4);
    expect([new Set(ports).size, ports.every((port) => port > 0), first.value.every(({ udp6 }) => udp6 === 0)]).toEqual([3, true, true]);
    expect(await chooseBackendPorts('own', [udp()], 3, first.value, false)).toEqual(first);
    await occupy(ports[1] ?? 0);
    const third = await chooseBackendPorts('own', [udp()], 3, first.value, false);
    expect(third.ok && [third.value[0]?.udp4 === ports[0], third.value[1]?.udp4 === ports[1], third.value[2]?.udp4 === ports[2]]).toEqual([true, false, true]);
    // A former process that lives shares its ports.
    expect(await chooseBackendPorts('own', [udp()], 3, first.value, true)).toEqual(first);
  });

  it('are the public one for a single worker and in mode single', async () => {
    const none = { ok: true, value: [{ udp4: 0, udp6: 0 }] };
    expect(await chooseBackendPorts('own', [udp()], 1, [], false)).toEqual(none);
    expect(await chooseBackendPorts('single', [udp()], 1, [], false)).toEqual(none);
  });

  it('come from the range that is given, or a sentence names the one that is taken', async () => {
    const first = await freePortRange(2);
    expect(await chooseBackendPorts({ first, last: first + 1 }, [udp()], 2, [], false)).toEqual({ ok: true, value: [{ udp4: first, udp6: 0 }, { udp4: first + 1, udp6: 0 }] });
    await occupy(first + 1);
    expect(await chooseBackendPorts({ first, last: first + 1 }, [udp()], 2, [], false)).toMatchObject({ ok: false, error: expect.stringContaining(String(first + 1)) as string });
  });
});

it('a public port that somebody holds is found before it is shared', async () => {
  const port = await freePortRange(1);
  expect(await heldPort([udp(port), udp()])).toBeNull();
  await occupy(port);
  expect((await heldPort([udp(), udp(port)]))?.sentence()).toContain(`udp:127.0.0.1:${port} (EADDRINUSE)`);
});

describe('settings of workers and life cycle', () => {
  const read = (env: Record<string, string>, argv: string[] = []) => readSettings({ SIGNALBOX_WORKERS: '2', ...env }, argv);

  it('take their defaults and every form', () => {
    expect(read({})).toMatchObject({ value: { backendPort: 'own', drainMs: 5_000, takeover: false } });
    expect(read({ SIGNALBOX_BACKEND_PORT: '40000-40001', SIGNALBOX_DRAIN_MS: '0', SIGNALBOX_TAKEOVER: '1' })).toMatchObject({ value: { backendPort: { first: 40_000, last: 40_001 }, drainMs: 0, takeover: true } });
    expect(read({}, ['--takeover', '--backend-port', 'single', '--drain-ms=100'])).toMatchObject({ value: { backendPort: 'single', drainMs: 100, takeover: true } });
  });

  it.each([
    ['SIGNALBOX_BACKEND_PORT', 'some'], ['SIGNALBOX_BACKEND_PORT', '40000'], ['SIGNALBOX_BACKEND_PORT', '40000-40000'], ['SIGNALBOX_BACKEND_PORT', '0-9'], ['SIGNALBOX_BACKEND_PORT', '65535-65536'],
    ['SIGNALBOX_DRAIN_MS', '-1'], ['SIGNALBOX_DRAIN_MS', '600001'], ['SIGNALBOX_DRAIN_MS', '1e3'], ['SIGNALBOX_TAKEOVER', 'yes'],
  ])('refuse %s=%s by name', (name, value) => {
    const result = read({ [name]: value });
    expect(result.ok ? '' : result.error).toMatch(new RegExp(`^${name}: "${value}" is not accepted; give `));
  });
});
