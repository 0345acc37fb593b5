import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ChangeQueue } from '../../../dataplane/media/kernel/change-queue.ts';
import type { NftAnswer, ScriptRunner } from '../../../dataplane/media/kernel/nft-channel.ts';
import { PassWatch } from '../../../dataplane/media/kernel/pass-watch.ts';
import { droppingChains, sentenceOf, wantedSysctls } from '../../../dataplane/media/kernel/self-test.ts';
import type { OffloadFlow } from '../../../dataplane/media/offload.ts';

const flow = (port: number): OffloadFlow => ({
  session: 'AAAAAAAAAAAA', stream: 0, family: 4, mux: true,
  caller: { remote: { address: '192.0.2.1', port: 4_000 }, local: { address: '198.51.100.1', port } },
  callee: { remote: { address: '203.0.113.2', port: 5_000 }, local: { address: '198.51.100.1', port: port + 2 } },
});
const fine: NftAnswer = { died: false, complaint: '' };

/** Keeps what it is to run, and answers as it is told. */
class Runner implements ScriptRunner {
  readonly scripts: string[] = [];
  answer: (script: string, run: number) => NftAnswer = () => fine;

  run(script: string, _: (piece: string) => void, done: (answer: NftAnswer) => void): void {
    this.scripts.push(script);
    setImmediate(done, this.answer(script, this.scripts.length));
  }
}

describe('changes on their way to the kernel', () => {
  let runner: Runner;
  let queue: ChangeQueue;
  let outcomes: string[];
  const put = (add: boolean, port: number): ReturnType<ChangeQueue['put']> => queue.put(add, flow(port), (problem) => { outcomes.push(`${add ? '+' : '-'}${port} ${problem}`); });

  beforeEach(() => {
    runner = new Runner();
    queue = new ChangeQueue('t', 'add table inet t\n', runner);
    outcomes = [];
  });

  it('go together in one step', async () => {
    for (const port of [30_000, 30_004, 30_008]) put(true, port);
    await queue.idle();
    expect(outcomes).toEqual(['+30000 ', '+30004 ', '+30008 ']);
    expect(runner.scripts).toHaveLength(1);
  });

  it('are told apart when the kernel refuses the step', async () => {
    runner.answer = (script) => (script.includes('. 30004 ') ? { died: false, complaint: 'Could not process rule: File exists' } : fine);
    for (const port of [30_000, 30_004, 30_008]) put(true, port);
    await queue.idle();
    expect(outcomes).toEqual(['+30000 ', '+30004 Could not process rule: File exists', '+30008 ']);
    expect(queue).toMatchObject({ refused: 1, problem: 'Could not process rule: File exists' });
  });

  it('never reach the kernel when they are withdrawn before', async () => {
    queue.withdraw(put(true, 30_000));
    put(true, 30_004);
    await queue.idle();
    expect(outcomes).toEqual(['+30000 withdrawn', '+30004 ']);
    expect(runner.scripts.join()).not.toContain('30000');
  });

  it('are made again by the next process when nft dies, and given up when it does nothing else', async () => {
    runner.answer = (_, run) => (run === 1 ? { died: true, complaint: 'nft ended with SIGKILL' } : fine);
    put(true, 30_000);
    await queue.idle();
    expect(outcomes).toEqual(['+30000 ']);
    vi.useFakeTimers();
    runner.answer = () => ({ died: true, complaint: 'nft ended with 1' });
    put(true, 30_004);
    const idle = queue.idle();
    await vi.runAllTimersAsync();
    vi.useRealTimers();
    await idle;
    expect(outcomes[1]).toBe('+30004 nft ended with 1');
  });

  it('make the table anew when it is gone', async () => {
    runner.answer = (script) => (script.startsWith('add table') ? fine : { died: false, complaint: 'No such file or directory' });
    put(true, 30_000);
    await queue.idle();
    expect(outcomes).toEqual(['+30000 ']);
    expect(runner.scripts[1]).toMatch(/^add table inet t\nadd element/);
  });

  it('take what is to be deleted and is not there for deleted', async () => {
    runner.answer = () => ({ died: false, complaint: 'No such file or directory' });
    put(false, 30_000);
    await queue.idle();
    expect(outcomes).toEqual(['-30000 No such file or directory']);
    expect(queue.refused).toBe(0);
  });
});

describe('the self-test', () => {
  const interfaces = { 4: ['eth0', 'eth1/100'], 6: ['eth0'] };
  const right: Record<string, string> = {
    'net.ipv4.ip_forward': '1', 'net.ipv4.conf.all.send_redirects': '0', 'net.ipv4.conf.eth0.send_redirects': '0', 'net.ipv4.conf.eth1/100.send_redirects': '0',
    'net.ipv4.conf.eth0.forwarding': '1', 'net.ipv4.conf.eth1/100.forwarding': '1', 'net.ipv6.conf.all.forwarding': '1', 'net.ipv6.conf.eth0.forwarding': '1',
  };
  const wanted = (families: readonly (4 | 6)[], changes: Record<string, string>): string[] => wantedSysctls(families, interfaces, (name) => ({ ...right, ...changes })[name] ?? '');

  it('names each kernel setting that is not as it should be', () => {
    expect(wanted([4, 6], {})).toEqual([]);
    expect(wanted([4, 6], { 'net.ipv4.ip_forward': '0', 'net.ipv4.conf.eth0.forwarding': '0', 'net.ipv6.conf.all.forwarding': '0', 'net.ipv6.conf.eth0.forwarding': '0' })).toEqual(['net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1']);
    expect(wanted([4], { 'net.ipv4.conf.eth1/100.send_redirects': '1', 'net.ipv6.conf.all.forwarding': '0' })).toEqual(['net.ipv4.conf.eth1/100.send_redirects=0']);
    expect(wanted([4, 6], { 'net.ipv4.conf.eth0.forwarding': '0', 'net.ipv6.conf.eth0.forwarding': '0' })).toEqual(['net.ipv4.conf.eth0.forwarding=1', 'net.ipv6.conf.eth0.forwarding=1']);
  });

  it('says what nft lacks', () => {
    expect(sentenceOf({ code: -1, complaint: 'spawn nft ENOENT' })).toContain('install the package nftables');
    expect(sentenceOf({ code: 1, complaint: '/dev/stdin:1:1-9: Error: Could not process rule: Operation not permitted\n' })).toContain('CAP_NET_ADMIN');
    expect(sentenceOf({ code: 1, complaint: 'Error: syntax error\nmore' })).toContain('(Error: syntax error)');
    expect(sentenceOf({ code: 7, complaint: '' })).toContain('it ended with 7');
  });

  it('finds chains that drop forwarded packets, and nothing in what is no list of chains', () => {
    const chain = (name: string, hook: string, policy: string): object => ({ chain: { family: 'ip', table: 'filter', name, hook, policy } });
    expect(droppingChains(JSON.stringify({ nftables: [{ metainfo: {} }, chain('INPUT', 'input', 'drop'), chain('FORWARD', 'forward', 'drop'), chain('OTHER', 'forward', 'accept')] }))).toEqual([{ family: 'ip', table: 'filter', name: 'FORWARD' }]);
    for (const garbage of ['', 'Error', '[]', 'null', '{"nftables":3}', '{"nftables":[null,1,{"chain":7}]}']) expect(droppingChains(garbage)).toEqual([]);
  });
});

describe('the watch on what gets out of the kernel', () => {
  it('calls it blocked when hardly anything of enough packets left', () => {
    const watch = new PassWatch();
    expect(watch.blocked(1_000, 0)).toBe(false);
    expect(watch.blocked(1_050, 0)).toBe(false);
    expect(watch.blocked(1_250, 198)).toBe(false);
    expect(watch.blocked(1_450, 200)).toBe(true);
    expect(watch.sentence).toContain('of 200 packets');
    expect(watch.blocked(0, 0)).toBe(false);
    expect(watch.blocked(-1, -1)).toBe(false);
  });
});
