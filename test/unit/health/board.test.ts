import { beforeEach, describe, expect, it } from 'vitest';
import type { Server } from '../../../dataplane/dns/draw.ts';
import { HealthBoard } from '../../../dataplane/health/board.ts';
import { WorkerHealth } from '../../../dataplane/health/worker-health.ts';

let workers: WorkerHealth[];
let board: HealthBoard;

beforeEach(() => {
  workers = [];
  board = new HealthBoard(2, (update) => {
    for (const worker of workers) worker.update(structuredCloneOf(update));
  });
  workers = [new WorkerHealth(board.image(), 0), new WorkerHealth(board.image(), 1)];
});

/** As postMessage would hand it over: plain data copied, the buffer shared. */
function structuredCloneOf(update: Parameters<WorkerHealth['update']>[0]): typeof update {
  const { buffer, ...rest } = update;
  return { buffer, ...structuredClone(rest) };
}

/** A server of equal rank with these addresses. */
const server = (...addresses: string[]): Server => ({
  priority: 0, weight: 0,
  places: addresses.map((address) => ({ transport: 'udp', family: address.includes(':') ? 6 : 4, address, port: 5060, serverName: '' })),
});

const worker = (index: number): WorkerHealth => workers[index] as WorkerHealth;

describe('the health board', () => {
  it('shows states and latencies in every worker without a message', () => {
    board.assign([7, 8]);
    workers.push(new WorkerHealth(board.image(), 1));
    board.write(7, 'up', 12.5, 10.25);
    board.write(8, 'down', -1, -1);
    for (const reader of workers) {
      expect([reader.state(7), reader.state(8), reader.state(9)]).toEqual(['up', 'down', 'unknown']);
      expect([reader.latencyMs(7), reader.latencyMs(8), reader.latencyMs(9)]).toEqual([10.25, -1, -1]);
    }
    board.write(9, 'up', 1, 1);
    expect(worker(0).state(9)).toBe('unknown');
  });

  it('says since when a destination is in service, and its last latency beside the average', () => {
    board.assign([7, 8]);
    board.write(7, 'up', 12.5, 10.25, 1_795_000_000_900);
    // Beyond what a signed word of seconds holds (the year 2038).
    board.write(8, 'up', -1, -1, 4_000_000_000_000);
    expect([7, 8, 9].map((id) => worker(1).upSince(id))).toEqual([1_795_000_000, 4_000_000_000, 0]);
    expect([7, 8, 9].map((id) => worker(1).lastLatencyMs(id))).toEqual([12.5, -1, -1]);
    board.release([7]);
    board.assign([10]);
    expect(worker(1).upSince(10)).toBe(0);
  });

  it('counts calls over all workers, each in its own lane', () => {
    board.assign([7]);
    worker(0).callStarted(7);
    worker(0).callStarted(7);
    worker(1).callStarted(7);
    worker(1).callEnded(7);
    worker(1).callEnded(7);
    expect([board.calls(7), worker(0).calls(7), worker(1).calls(7), board.calls(9)]).toEqual([2, 2, 0, 0]);
    // Each worker sees the load of all.
    expect([worker(0).load(7), worker(1).load(7), worker(1).load(9)]).toEqual([2, 2, 0]);
    board.forgetWorker(0);
    expect(board.calls(7)).toBe(0);
    // A worker that takes the place starts from nothing.
    workers[0] = new WorkerHealth(board.image(), 0);
    worker(0).callStarted(7);
    expect(board.calls(7)).toBe(1);
  });

  it('grows by replacement and loses neither states nor calls', () => {
    board.assign([1]);
    board.write(1, 'up', 1, 1);
    worker(1).callStarted(1);
    const many = Array.from({ length: 1_000 }, (_, i) => i + 2);
    board.assign(many);
    board.write(1_001, 'probing', 1, 1);
    expect([worker(0).state(1), worker(0).state(1_001), worker(0).state(500)]).toEqual(['up', 'probing', 'unknown']);
    worker(0).callStarted(1);
    worker(1).callEnded(1);
    worker(0).callStarted(1_001);
    expect([board.calls(1), board.calls(1_001)]).toEqual([1, 1]);
  });

  it('uses slots again, clean', () => {
    board.assign([1]);
    board.write(1, 'down', 5, 5);
    worker(0).callStarted(1);
    board.release([1, 99]);
    expect([worker(0).state(1), board.calls(1)]).toEqual(['unknown', 0]);
    board.assign([2]);
    expect([worker(0).state(2), worker(0).latencyMs(2), board.calls(2)]).toEqual(['unknown', -1, 0]);
    worker(0).callEnded(1);
    expect(board.calls(2)).toBe(0);
  });

  it('gives a destination that comes back its calls again', () => {
    board.assign([1]);
    worker(0).callStarted(1);
    board.release([1]);
    board.assign([1]);
    expect(board.calls(1)).toBe(1);
  });

  it('keeps slots of destinations assigned twice', () => {
    board.assign([1]);
    board.write(1, 'up', 1, 1);
    board.assign([1]);
    expect(worker(1).state(1)).toBe('up');
  });

  it('publishes where host names lead, in an order drawn for each call, the preferred family first at each server', () => {
    const order = (reader: WorkerHealth, id: number, family: 4 | 6): string[] => reader.targets(id, family).map(({ address }) => address);
    board.assign([1, 2]);
    board.setServers(1, [server('192.0.2.1', '192.0.2.2')]);
    expect([worker(0).families(1), worker(0).families(2), worker(0).families(3)]).toEqual([1, 0, 0]);
    board.setServers(1, [server('192.0.2.1', '2001:db8::1')]);
    expect([worker(0).families(1), order(worker(0), 1, 4), order(worker(1), 1, 6)]).toEqual([3, ['192.0.2.1', '2001:db8::1'], ['2001:db8::1', '192.0.2.1']]);
    board.setServers(1, [server('2001:db8::1')]);
    expect([worker(1).families(1), order(worker(1), 1, 4), order(worker(1), 2, 4), order(worker(1), 3, 4)]).toEqual([2, ['2001:db8::1'], [], []]);
    board.setServers(3, [server('192.0.2.9')]);
    expect(order(worker(0), 3, 4)).toEqual([]);
    board.setServers(1, [{ ...server('192.0.2.1'), weight: 1 }, { ...server('192.0.2.2'), weight: 3 }, { ...server('192.0.2.3'), priority: 1 }]);
    let drawn = 0;
    const late = new WorkerHealth(board.image(), 0, () => drawn);
    expect(order(late, 1, 4)).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.3']);
    drawn = 0.9;
    expect(order(late, 1, 4)).toEqual(['192.0.2.2', '192.0.2.1', '192.0.2.3']);
  });
});
