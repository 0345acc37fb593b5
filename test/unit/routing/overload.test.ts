import { describe, expect, it } from 'vitest';
import { OverloadControl } from '../../../dataplane/routing/overload.ts';
import { Turns } from '../../../dataplane/routing/turns.ts';
import { explain } from '../../../dataplane/routing/explain.ts';
import { parseVia } from '../../../dataplane/sip/via.ts';
import { TestHealth, destination, query, rule, set } from './rows.ts';
import { attempts, firstOf, shares, world } from './world.ts';

function noted(control: OverloadControl, parameters: string, nowMs: number): number {
  const text = `SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx${parameters}`;
  const via = parseVia(text, 0, text.length, 0, text.length);
  if (via === null) throw new Error(`no Via: ${text}`);
  control.note(1, via, nowMs);
  return control.percentOf(1, nowMs);
}

describe('OverloadControl', () => {
  it('keeps what a server asks for, for as long as it says', () => {
    const control = new OverloadControl();
    expect(control.percentOf(1, 0)).toBe(-1);
    expect(noted(control, ';oc=20;oc-algo="loss";oc-validity=3000;oc-seq=1282321615.641', 1_000)).toBe(20);
    expect([control.percentOf(1, 3_999), control.percentOf(1, 4_000), control.percentOf(2, 1_000)]).toEqual([20, -1, -1]);
    expect(noted(control, ';oc=50;oc-seq=1282321616.641', 5_000)).toBe(50);
    expect([control.percentOf(1, 5_499), control.percentOf(1, 5_500)]).toEqual([50, -1]);
  });

  it('ends with oc-validity=0, and an older answer that comes late does not bring it back', () => {
    const control = new OverloadControl();
    noted(control, ';oc=90;oc-validity=5000;oc-seq=1.1', 0);
    expect(noted(control, ';oc=90;oc-validity=0;oc-seq=1.3', 100)).toBe(-1);
    expect(noted(control, ';oc=90;oc-validity=5000;oc-seq=1.2', 110)).toBe(-1);
    expect(noted(control, ';oc=40;oc-validity=5000;oc-seq=2.0', 120)).toBe(40);
  });

  it('forgets sequence numbers of a server that began anew', () => {
    const control = new OverloadControl();
    noted(control, ';oc=90;oc-validity=1000;oc-seq=999999.5', 0);
    expect(noted(control, ';oc=30;oc-seq=1.0', 5_000)).toBe(-1);
    expect(noted(control, ';oc=30;oc-seq=1.0', 11_001)).toBe(30);
  });

  it.each([
    '', ';oc', ';oc;oc-algo="loss"', ';oc=101', ';oc=-1', ';oc=x', ';oc=5.5', ';oc=20;oc-algo="rate"', ';oc=20;oc-validity=soon', ';oc=20;oc-seq=now', ';oc=20;oc-seq=1.2.3',
    ';oc=20;oc-seq=1.123456', ';oc=20;oc-validity=99999999999',
  ])('takes no notice of %j', (parameters) => {
    expect(noted(new OverloadControl(), parameters, 0)).toBe(-1);
  });

  it('believes no validity beyond an hour and is bounded', () => {
    const control = new OverloadControl();
    noted(control, ';oc=100;oc-validity=999999999', 0);
    expect([control.percentOf(1, 3_599_999), control.percentOf(1, 3_600_000)]).toEqual([100, -1]);
    const via = { param: (name: string) => (name === 'oc' ? '10' : null) };
    for (let id = 0; id < 25_000; id++) control.note(id, via, 0);
    expect(control.size).toBeLessThanOrEqual(10_000);
  });

  it('copies without a tie', () => {
    const control = new OverloadControl();
    const copy = control.copy();
    noted(control, ';oc=20', 0);
    expect([control.percentOf(1, 0), copy.percentOf(1, 0), control.copy().percentOf(1, 0)]).toEqual([20, -1, 20]);
  });
});

describe('overload control (64)', () => {
  const health = new TestHealth();
  const asked = (percent: string, id = 1): Turns => {
    const turns = new Turns(7);
    turns.overload.note(id, { param: (name) => (name === 'oc' ? percent : name === 'oc-validity' ? '100000' : null) }, 0);
    return turns;
  };

  it('goes round, and keeps away what a destination asks for', () => {
    const config = world({ algorithm: 64 }, [{ id: 1 }, { id: 2 }]);
    expect(shares(2, 1_000, () => firstOf(config, new Turns(), health))).toEqual([1_000, 0]);
    const calm = new Turns();
    expect(shares(2, 1_000, () => firstOf(config, calm, health))).toEqual([500, 500]);
    const turns = asked('60');
    const [first = 0, second = 0] = shares(2, 20_000, () => firstOf(config, turns, health));
    // 40 % of its turns are left.
    expect(Math.abs(first - 200)).toBeLessThan(15);
    expect(first + second).toBe(1_000);
  });

  it('refuses what all keep away instead of overloading one', () => {
    const config = world({ algorithm: 64 }, [{ id: 1 }]);
    const turns = asked('75');
    const [through = 0] = shares(1, 10_000, () => firstOf(config, turns, health));
    expect(Math.abs(through - 250)).toBeLessThan(15);
    expect(firstOf(config, asked('100'), health)).toBe(0);
  });

  it('draws once for a request, whatever families and attempts come', () => {
    const prefer = world({ algorithm: 64 }, [{ id: 1 }, { id: 2, uri: 'sip:[2001:db8::2]' }]);
    const turns = asked('50');
    const [kept = 0, other = 0] = shares(2, 10_000, () => firstOf(prefer, turns, health));
    expect(Math.abs(kept - 250)).toBeLessThan(20);
    expect(kept + other).toBe(1_000);
    expect(attempts(prefer, asked('100'), health)).toEqual([2]);
  });

  it('lets requests with a priority pass', () => {
    const config = world({ algorithm: 64 }, [{ id: 1 }]);
    expect(firstOf(config, asked('100'), health, { header: (name) => (name === 'resource-priority' ? 'esnet.0' : '') })).toBe(1);
  });

  it('keeps within ocmin and ocmax, and takes ocrate while nothing is asked for', () => {
    const config = world({ algorithm: 64 }, [{ id: 1, attrs: { ocmin: '20', ocmax: '40', ocrate: '10' } }]);
    const through = (turns: Turns): number => shares(1, 10_000, () => firstOf(config, turns, health))[0] ?? 0;
    expect(Math.abs(through(asked('100')) - 600)).toBeLessThan(15);
    expect(Math.abs(through(asked('1')) - 800)).toBeLessThan(15);
    expect(Math.abs(through(new Turns()) - 900)).toBeLessThan(15);
  });

  it('does not send a phone to another PBX because its own is overloaded', () => {
    const config = world({ algorithm: 64 }, [{ id: 1 }, { id: 2 }]);
    const home = firstOf(config, new Turns(), health, { method: 'REGISTER' });
    expect(attempts(config, asked('100', home), health, { method: 'REGISTER' })).toEqual([]);
    const backup = world({ algorithm: 64 }, [{ id: 1 }], set(2), destination(3, { set: 2 }), rule(1, { type: 'any' }, { sets: [1, 2] }));
    expect(attempts(backup, asked('100'), health, { method: 'REGISTER' })).toEqual([3]);
  });

  it('says so', () => {
    const config = world({ algorithm: 64 }, [{ id: 1 }, { id: 2 }]);
    const texts = explain(config, health, query(), asked('100')).steps.map((step) => step.text);
    expect(texts).toContain('destination 1 (sip:10.0.0.1:5060): overloaded: 100 % of requests are kept away from it, this one too');
    expect(texts).toContain('destination 2 (sip:10.0.0.2:5060) is up and takes it');
  });
});
