/** Keep-alives of the node towards registered phones. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { newLimitBuffer } from '../../../dataplane/calls/limit-cells.ts';
import { RegistrationMail } from '../../../dataplane/runtime/registration-mail.ts';
import type { Binding } from '../../../dataplane/registrations/binding.ts';
import { applyOps, emptyView } from '../../../dataplane/routing/build.ts';
import { Registrations } from '../../../dataplane/runtime/registrations.ts';
import { world } from '../proxy/edge.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'registrations-'));
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

const phone = (contact: string, more: Partial<Binding> = {}): Binding => ({
  aor: 'a@x', contact, tenant: 1, destination: 1, listener: 0, transport: 'udp', family: 4, address: '203.0.113.9', port: 40_000, behindNat: true, agent: '', registeredMs: 0, expiresMs: 2 ** 42, ...more,
});

it('a place gets one keep-alive an interval, however many Contacts were registered from it', () => {
  const pinged: string[] = [];
  const registrations = new Registrations({ folder, log: pino({ level: 'silent' }), limits: newLimitBuffer(), ping: (_method, phones) => pinged.push(...phones.map(({ address, port }) => `${address}:${port}`)) });
  registrations.apply(applyOps(emptyView(), world({ setting: { keepAlive: { method: 'options', intervalMs: 5_000 } } }), 'epoch', 1));
  registrations.start();
  for (let n = 0; n < 16; n++) registrations.take({ tenant: 1, aor: 'a@x', all: false, removed: [], put: [phone(`sip:${n}@h`)] });
  registrations.take({ tenant: 1, aor: 'a@x', all: false, removed: [], put: [phone('sip:b@h', { port: 40_001 })] });
  vi.advanceTimersByTime(5_000);
  expect(pinged.sort()).toEqual(['203.0.113.9:40000', '203.0.113.9:40001']);
  // One Contact that moves leaves the keep-alives of the others where they were.
  registrations.take({ tenant: 1, aor: 'a@x', all: false, removed: [], put: [phone('sip:0@h', { port: 40_001 })] });
  pinged.length = 0;
  vi.advanceTimersByTime(5_000);
  expect(pinged.sort()).toEqual(['203.0.113.9:40000', '203.0.113.9:40001']);
  registrations.close();
});

it('does not wake up for keep-alives while there are no phones', () => {
  const registrations = new Registrations({ folder, log: pino({ level: 'silent' }), limits: newLimitBuffer(), ping: () => undefined });
  registrations.start();
  const asleep = vi.getTimerCount();
  registrations.take({ tenant: 1, aor: 'a@x', all: false, removed: [], put: [phone('sip:1@h')] });
  expect(vi.getTimerCount()).toBe(asleep + 1);
  registrations.take({ tenant: 1, aor: 'a@x', all: true, removed: [], put: [] });
  vi.advanceTimersByTime(1_000);
  expect(vi.getTimerCount()).toBe(asleep);
  registrations.close();
});

it('workers know from where phones are registered by UDP, as long as they are', () => {
  const registrations = new Registrations({ folder, log: pino({ level: 'silent' }), limits: newLimitBuffer(), ping: () => undefined });
  const worker = new RegistrationMail(registrations.known, () => undefined);
  const take = (...put: readonly Binding[]): void => registrations.take({ tenant: 1, aor: 'a@x', all: false, removed: [], put });
  const at = (...ports: readonly number[]): boolean[] => ports.map((port) => worker.isPhone('203.0.113.9', port));
  take(phone('sip:1@h'), phone('sip:2@h', { port: 40_001, transport: 'tcp' }));
  expect([at(40_000, 40_001, 40_002), worker.isPhone('203.0.113.8', 40_000), worker.known(1, 'a@x', 'sip:1@h')]).toEqual([[true, false, false], false, true]);
  take(phone('sip:1@h', { port: 40_002 }));
  expect(at(40_000, 40_002)).toEqual([false, true]);
  registrations.take({ tenant: 1, aor: 'a@x', all: true, removed: [], put: [] });
  expect(at(40_000, 40_002)).toEqual([false, false]);
  registrations.close();
});
