/** Two transaction layers of one node with a directory of who holds what: no request is taken twice, none is lost. */
import { describe, expect, test } from 'vitest';
import { newDirectoryBuffer, TransactionDirectory } from '../../../dataplane/runtime/transaction-directory.ts';
import type { Elsewhere } from '../../../dataplane/transaction/elsewhere.ts';
import { answerText, Bench, phone, requestText } from './network.ts';

const keySecrets = { first: 1, second: 2 };
const invite = requestText('INVITE');

/** Two workers; `handed` lists what one gave to the other. */
function pair(): { one: Bench; two: Bench; handed: string[] } {
  const directory = new TransactionDirectory(newDirectoryBuffer(2));
  const benches = [new Bench({ keySecrets }), new Bench({ keySecrets })] as const;
  const handed: string[] = [];
  for (const [worker, bench] of benches.entries()) {
    bench.layer.elsewhere = {
      opened: (first, second) => directory.add(first, second, worker),
      closed: (first, second) => directory.remove(first, second, worker),
      takes: (first, second, request, flow) => {
        const owner = directory.find(first, second);
        if (owner < 0 || owner === worker) return false;
        handed.push(request.method);
        benches[owner as 0 | 1].layer.receive(request, flow);
        return true;
      },
    } satisfies Elsewhere;
  }
  return { one: benches[0], two: benches[1], handed };
}

describe('a request that belongs to the transaction of another layer', () => {
  test.each([['with a branch of RFC 3261', 'SIP/2.0/UDP 198.51.100.7:40000;branch=z9hG4bKphone1;rport'], ['of RFC 2543', 'SIP/2.0/UDP 198.51.100.7:40000;branch=old;rport']])('is absorbed there: INVITE, CANCEL, ACK %s', (_kind, via) => {
    const { one, two, handed } = pair();
    const text = requestText('INVITE', { via });
    one.receive(text);
    two.receive(text);
    two.receive(requestText('CANCEL', { via }));
    expect(one.takeTold()).toEqual(['request INVITE', 'cancel of #0']);
    one.layer.respond(one.servers[0]!, answerText(text, 487), 487);
    two.receive(requestText('ACK', { via, toTag: 'b1' }));
    expect(one.servers[0]?.state).toBe(3);
    expect([two.takeTold(), two.layer.serverCount, handed]).toEqual([[], 0, ['INVITE', 'CANCEL', 'ACK']]);
  });

  test('is answered from there when it comes again, whatever it is', () => {
    const { one, two } = pair();
    one.receive(requestText('MESSAGE'));
    one.layer.respond(one.servers[0]!, answerText(requestText('MESSAGE'), 202), 202);
    two.receive(requestText('MESSAGE'));
    expect([one.takeSent(), two.takeSent(), two.takeTold()]).toEqual([['202', '202'], [], []]);
  });

  test('is new once that transaction is over', () => {
    const { one, two, handed } = pair();
    one.receive(invite);
    one.layer.drop(one.servers[0]!);
    two.receive(invite);
    expect([two.takeTold(), handed]).toEqual([['request INVITE'], []]);
  });

  test('stays where it is when it is this layer’s own, and an ACK that nobody waits for reaches the user', () => {
    const { one, two, handed } = pair();
    one.receive(invite);
    one.receive(invite);
    one.receive(requestText('CANCEL'));
    one.receive(requestText('CANCEL'));
    two.receive(requestText('ACK', { branch: 'z9hG4bKend2end', toTag: 'b1' }), phone());
    expect([one.takeTold(), two.takeTold(), handed]).toEqual([['request INVITE', 'cancel of #0'], ['ack'], []]);
  });
});

test('a layer names the keys of all its server transactions', () => {
  const { one } = pair();
  expect(one.layer.serverKeys()).toHaveLength(0);
  for (const branch of ['z9hG4bKa', 'z9hG4bKb', 'z9hG4bKc']) one.receive(requestText('INVITE', { branch }));
  const keys = one.layer.serverKeys();
  expect(new Set(Array.from({ length: 3 }, (_, i) => `${keys[2 * i]} ${keys[2 * i + 1]}`)).size).toBe(3);
  expect(keys).toHaveLength(6);
});

describe('TransactionDirectory', () => {
  test('finds each worker’s keys, those of awkward values too, until they are removed', () => {
    const directory = new TransactionDirectory(newDirectoryBuffer(1));
    const keys = [[0, 0], [-1, -1], [1, 64], [0x7fffffff, -64], [-0x80000000, 12_345]] as const;
    for (const [at, [first, second]] of keys.entries()) directory.add(first, second, at);
    expect(keys.map(([first, second]) => directory.find(first, second))).toEqual([0, 1, 2, 3, 4]);
    for (const [at, [first, second]] of keys.entries()) directory.remove(first, second, at);
    expect(keys.map(([first, second]) => directory.find(first, second))).toEqual([-1, -1, -1, -1, -1]);
  });

  test('leaves out what finds its group full, and has room again afterwards', () => {
    const directory = new TransactionDirectory(newDirectoryBuffer(1));
    const second = (n: number): number => n * 64;
    for (let n = 1; n <= 9; n++) directory.add(5, second(n), 1);
    expect([directory.find(5, second(8)), directory.find(5, second(9))]).toEqual([1, -1]);
    directory.remove(5, second(9), 1);
    directory.remove(5, second(3), 1);
    directory.add(5, second(9), 2);
    expect([directory.find(5, second(3)), directory.find(5, second(9))]).toEqual([-1, 2]);
  });
});
