import { describe, expect, it } from 'vitest';
import { channel } from '../../../dataplane/contract/wire.ts';
import type { ServerMessage } from '../../../dataplane/contract/wire.ts';
import { CommandLog } from '../../../dataplane/sync/command-log.ts';

const command = (id: string, name = 'probe.now'): Extract<ServerMessage, { t: 'cmd' }> => ({ t: 'cmd', id, name, args: null, ttlMs: 1_000 });

describe('the command log', () => {
  it('runs a command once and gives the same answer again', async () => {
    let runs = 0;
    const log = new CommandLog(() => Promise.resolve(++runs));
    const answers = await Promise.all([log.answer(command('a')), log.answer(command('a'))]);
    expect(answers).toEqual([{ t: 'result', id: 'a', ok: true, data: 1, error: '' }, { t: 'result', id: 'a', ok: true, data: 1, error: '' }]);
    expect(await log.answer(command('b'))).toMatchObject({ data: 2 });
  });

  it('answers a failure with its text, and nothing with null', async () => {
    const log = new CommandLog((name) => (name === 'nothing' ? Promise.resolve(undefined) : Promise.reject(new Error('no such destination'))));
    expect(await log.answer(command('a'))).toEqual({ t: 'result', id: 'a', ok: false, data: null, error: 'no such destination' });
    expect(await log.answer(command('b', 'nothing'))).toMatchObject({ ok: true, data: null });
  });

  it('keeps no lists, which only read and are large', async () => {
    let runs = 0;
    const log = new CommandLog(() => Promise.resolve(++runs));
    expect(await log.answer(command('a', 'registrations.list'))).toMatchObject({ data: 1 });
    expect(await log.answer(command('a', 'registrations.list'))).toMatchObject({ data: 2 });
  });

  it('remembers a bounded number', async () => {
    let runs = 0;
    const log = new CommandLog(() => Promise.resolve(++runs));
    for (let i = 0; i <= channel.commandsRemembered; i++) await log.answer(command(`c${i}`));
    await log.answer(command('c1'));
    expect(runs).toBe(channel.commandsRemembered + 1);
    await log.answer(command('c0'));
    expect(runs).toBe(channel.commandsRemembered + 2);
  });
});
