import { describe, expect, it } from 'vitest';
import { KeyShare } from '../../../controlplane/push/key-share.ts';
import type { ClusterKey, ServerMessage } from '../../../dataplane/contract/wire.ts';

const key = (id: number): ClusterKey => ({ id, key: 'A'.repeat(43) });

class Node {
  readonly got: string[] = [];

  send(message: ServerMessage): void {
    this.got.push(message.t === 'keys' ? message.keys.map(({ id }) => id).join(' ') : message.t);
  }
}

/** Readings that the test answers one by one. */
class Readings {
  readonly #open: ((ids: readonly number[]) => void)[] = [];
  begun = 0;

  read = (): Promise<readonly ClusterKey[]> => new Promise((resolve) => {
    this.begun += 1;
    this.#open.push((ids) => { resolve(ids.map(key)); });
  });

  async answer(...ids: readonly number[]): Promise<void> {
    this.#open.shift()?.(ids);
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  }
}

describe('cluster keys on their way to nodes', () => {
  it('are sent again only to who has others, order counted', async () => {
    const readings = new Readings();
    const share = new KeyShare<Node>(readings.read);
    const [one, two] = [new Node(), new Node()];
    expect(share.greet(one, [key(1)])).toBe(true);
    expect(share.greet(two, [key(1), key(2)])).toBe(true);
    for (const ids of [[1, 2], [1, 2], [2, 1]]) {
      const done = share.refresh(() => [one, two]);
      await readings.answer(...ids);
      await done;
    }
    expect(one.got).toEqual(['1', '1 2', '2 1']);
    expect(two.got).toEqual(['1 2', '2 1']);
  });

  it('are read again when somebody asks during a reading, so that nobody is left with the older answer', async () => {
    const readings = new Readings();
    const share = new KeyShare<Node>(readings.read);
    const node = new Node();
    share.greet(node, [key(1)]);
    const done = Promise.all([share.refresh(() => [node]), share.refresh(() => [node]), share.refresh(() => [node])]);
    await readings.answer(1);
    expect(readings.begun).toBe(2);
    await readings.answer(2, 1);
    await done;
    expect(node.got).toEqual(['1', '2 1']);
  });

  it('that were read for a node at the door before a rotation are known for old ones', async () => {
    const readings = new Readings();
    const share = new KeyShare<Node>(readings.read);
    const done = share.refresh(() => []);
    await readings.answer(2, 1);
    await done;
    expect(share.greet(new Node(), [key(1)])).toBe(false);
    expect(share.greet(new Node(), [key(2), key(1)])).toBe(true);
  });

  it('are read anew after a reading that failed', async () => {
    let tries = 0;
    const node = new Node();
    const share = new KeyShare<Node>(() => (tries++ === 0 ? Promise.reject(new Error('no database')) : Promise.resolve([key(3)])));
    await expect(share.refresh(() => [node])).rejects.toThrow('no database');
    await share.refresh(() => [node]);
    expect(node.got).toEqual(['3']);
  });
});
