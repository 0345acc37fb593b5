import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../dataplane/runtime/clock.ts';
import { TimerNode, TimerWheel, WheelDriver } from '../../../dataplane/runtime/timer-wheel.ts';

class Node extends TimerNode {
  fired: number[] = [];
  readonly #clock: ManualClock;
  readonly #then: (node: Node) => void;

  constructor(clock: ManualClock, then: (node: Node) => void = () => {}) {
    super();
    this.#clock = clock;
    this.#then = then;
  }

  override fire(): void {
    this.fired.push(this.#clock.now());
    this.#then(this);
  }
}

const setUp = (startMs = 0): { clock: ManualClock; wheel: TimerWheel; run: (ms: number, step?: number) => void } => {
  const clock = new ManualClock(startMs);
  const wheel = new TimerWheel(clock);
  const run = (ms: number, step = 20): void => {
    for (let left = ms; left > 0; left -= step) {
      clock.advance(Math.min(step, left));
      wheel.advance();
    }
  };
  return { clock, wheel, run };
};

describe('TimerWheel', () => {
  test('fires once, never early, at most a tick late', () => {
    const { clock, wheel, run } = setUp(7);
    const node = new Node(clock);
    wheel.arm(node, 500);
    run(499, 1);
    expect(node.fired).toEqual([]);
    run(1_000, 1);
    expect(node.fired).toHaveLength(1);
    expect(node.fired[0]).toBeGreaterThanOrEqual(507);
    expect(node.fired[0]).toBeLessThanOrEqual(527);
    expect(node.armed).toBe(false);
  });

  test('waits through several turns of the wheel', () => {
    const { clock, wheel, run } = setUp();
    const node = new Node(clock);
    wheel.arm(node, 181_000);
    run(180_980);
    expect(node.fired).toEqual([]);
    run(40);
    expect(node.fired).toEqual([181_000]);
  });

  test('moves a node that is armed again, and forgets one that is disarmed', () => {
    const { clock, wheel, run } = setUp();
    const moved = new Node(clock);
    const gone = new Node(clock);
    wheel.arm(moved, 100);
    wheel.arm(gone, 100);
    expect(wheel.size).toBe(2);
    wheel.arm(moved, 400);
    wheel.disarm(gone);
    wheel.disarm(gone);
    expect(wheel.size).toBe(1);
    run(1_000);
    expect(moved.fired).toEqual([400]);
    expect(gone.fired).toEqual([]);
    expect(wheel.size).toBe(0);
  });

  test('a node may be armed again, and others disarmed, while firing', () => {
    const { clock, wheel, run } = setUp();
    const victims: Node[] = [];
    const killer = new Node(clock, () => victims.forEach((victim) => wheel.disarm(victim)));
    victims.push(new Node(clock), new Node(clock));
    const again = new Node(clock, (node) => { if (node.fired.length < 3) wheel.arm(node, 0); });
    for (const node of [killer, ...victims, again]) wheel.arm(node, 100);
    run(200);
    expect(killer.fired).toEqual([100]);
    expect(victims.map((victim) => victim.fired.length)).toEqual([0, 0]);
    expect(again.fired).toEqual([100, 120, 140]);
    expect(wheel.size).toBe(0);
  });

  test('a node disarmed and armed again for the tick that fires waits for the next one', () => {
    const { clock, wheel, run } = setUp();
    const other = new Node(clock);
    const mover = new Node(clock, () => wheel.arm(other, 0));
    wheel.arm(mover, 100);
    wheel.arm(other, 100);
    run(200);
    expect(other.fired).toEqual([120]);
  });

  test('fires the timers of one tick in the order they were armed', () => {
    const { clock, wheel, run } = setUp();
    const order: number[] = [];
    for (const i of [0, 1, 2, 3]) wheel.arm(new Node(clock, () => order.push(i)), 100);
    run(100);
    expect(order).toEqual([0, 1, 2, 3]);
  });

  test('catches up after a pause longer than a turn', () => {
    const { clock, wheel } = setUp();
    const nodes = Array.from({ length: 500 }, () => new Node(clock));
    nodes.forEach((node, i) => wheel.arm(node, i * 731));
    clock.advance(3_600_000);
    wheel.advance();
    expect(nodes.every((node) => node.fired.length === 1)).toBe(true);
    expect(wheel.size).toBe(0);
  });

  test('agrees with a plain list over random arming, moving and disarming', () => {
    const action = fc.record({ node: fc.nat(19), delay: fc.integer({ min: 0, max: 90_000 }), kind: fc.constantFrom('arm', 'arm', 'disarm'), pass: fc.nat(3_000) });
    fc.assert(fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const { clock, wheel } = setUp(1_234);
      const nodes = Array.from({ length: 20 }, () => new Node(clock));
      const due = new Map<number, number>();
      const fired: number[] = nodes.map(() => 0);
      for (const { node, delay, kind, pass } of actions) {
        if (kind === 'arm') {
          wheel.arm(nodes[node]!, delay);
          due.set(node, Math.max(Math.ceil((clock.now() + delay) / 20), Math.floor(clock.now() / 20) + 1));
        } else {
          wheel.disarm(nodes[node]!);
          due.delete(node);
        }
        clock.advance(pass);
        wheel.advance();
        for (const [i, tick] of due) {
          if (tick > Math.floor(clock.now() / 20)) continue;
          fired[i]!++;
          due.delete(i);
        }
        expect(nodes.map((one) => one.fired.length)).toEqual(fired);
        expect(wheel.size).toBe(due.size);
      }
    }));
  });

  test('refuses a tick below a millisecond', () => {
    expect(() => new TimerWheel(new ManualClock(), 0)).toThrow(RangeError);
  });
});

describe('WheelDriver', () => {
  test('turns the wheel with real time until it is stopped', async () => {
    const started = performance.now();
    const wheel = new TimerWheel({ now: () => performance.now() });
    const driver = new WheelDriver(wheel, (error) => { throw error; });
    driver.start();
    driver.start();
    await new Promise<void>((resolve) => {
      class Once extends TimerNode {
        override fire(): void {
          resolve();
        }
      }
      wheel.arm(new Once(), 50);
    });
    expect(performance.now() - started).toBeGreaterThanOrEqual(50);
    driver.stop();
    driver.stop();
  });
});

test('ManualClock does not go back', () => {
  const clock = new ManualClock(5);
  expect(() => clock.advance(-1)).toThrow(RangeError);
  expect(clock.now()).toBe(5);
});
