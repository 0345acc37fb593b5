import { describe, expect, test } from 'vitest';
import { Latch, relearnMs, type Announcement } from '../../../dataplane/media/latch.ts';
import type { Endpoint } from '../../../dataplane/media/relay.ts';

const phone: Endpoint = { address: '192.0.2.1', port: 4000 };
const otherPort: Endpoint = { address: '192.0.2.1', port: 4444 };
const nat: Endpoint = { address: '198.51.100.7', port: 61_000 };
const natPort: Endpoint = { address: '198.51.100.7', port: 62_000 };
const attacker: Endpoint = { address: '203.0.113.9', port: 666 };
const announced = (latching: Announcement['latching'], place: Endpoint | null = phone, hosts: readonly string[] = ['192.0.2.1', '198.51.100.7']): Announcement => ({ place, hosts, latching });
/** Long enough ago for a move. */
const silent = relearnMs;

function latch(announcement: Announcement, ...heard: readonly Endpoint[]): Latch {
  const made = new Latch();
  made.expect(announcement);
  for (const at of heard) made.hears(at, 0, true);
  return made;
}

describe('who is learned first', () => {
  test.each([
    ['strict', phone, true], ['strict', otherPort, false], ['strict', nat, false], ['strict', attacker, false],
    ['sdp', phone, true], ['sdp', otherPort, true], ['sdp', nat, true], ['sdp', attacker, false],
    ['loose', phone, true], ['loose', attacker, true],
  ] as const)('%s: %o is heard: %s', (latching, at, heard) => {
    const made = latch(announced(latching));
    expect(made.hears(at, 0, true)).toBe(heard);
    expect(made.learned).toEqual(heard ? at : null);
  });

  test('nobody is, before anything is announced', () => {
    expect(new Latch().hears(phone, silent, true)).toBe(false);
  });

  test('it sends to the announced place until somebody is', () => {
    const made = latch(announced('sdp'));
    expect(made.target).toEqual(phone);
    made.hears(nat, 0, true);
    expect(made.target).toEqual(nat);
  });

  test('it sends nowhere when no place is announced', () => {
    expect(latch(announced('sdp', null)).target).toBeNull();
  });
});

describe('strangers after that', () => {
  test.each(['strict', 'sdp', 'loose'] as const)('%s: whoever comes second changes nothing', (latching) => {
    const made = latch(announced(latching), phone);
    for (const at of [otherPort, nat, attacker]) expect(made.hears(at, 0, true)).toBe(false);
    expect(made.learned).toEqual(phone);
  });

  test.each(['sdp', 'loose'] as const)('%s: a silent phone is not taken over by another host', (latching) => {
    const made = latch(announced(latching), phone);
    expect(made.hears(attacker, silent, true)).toBe(false);
    expect(made.hears(nat, silent, true)).toBe(false);
  });

  test.each(['sdp', 'loose'] as const)('%s: another port of the same host is believed once the old one is silent', (latching) => {
    const made = latch(announced(latching), nat);
    expect(made.hears(natPort, silent - 1, true)).toBe(false);
    expect(made.hears(natPort, silent, true)).toBe(true);
    expect(made.learned).toEqual(natPort);
  });

  test('strict: not even then', () => {
    expect(latch(announced('strict'), phone).hears(otherPort, silent, true)).toBe(false);
  });
});

describe('a new SDP', () => {
  test.each([['where it said', phone, otherPort, null], ['behind NAT', nat, natPort, nat]] as const)('that names another place after a hold without one (0.0.0.0) moves a phone %s, at once', (_, before, after, target) => {
    const made = latch(announced('sdp'), before);
    made.expect(announced('sdp', null));
    expect(made.learned).toEqual(before);
    made.expect(announced('sdp', otherPort));
    expect(made.target).toEqual(target ?? otherPort);
    expect(made.hears(after, 0, true)).toBe(true);
    expect(made.learned).toEqual(after);
  });

  test('that says the same leaves strangers strangers', () => {
    const made = latch(announced('sdp'), nat);
    made.expect(announced('sdp'));
    expect(made.learned).toEqual(nat);
    expect(made.hears(natPort, 0, true)).toBe(false);
  });

  test('whose hosts leave the learned one out forgets it', () => {
    const made = latch(announced('sdp'), nat);
    made.expect(announced('sdp', phone, ['192.0.2.1']));
    expect(made.learned).toBeNull();
    expect(made.hears(nat, 0, true)).toBe(false);
    expect(made.hears(phone, 0, true)).toBe(true);
  });

  test('that makes latching strict forgets a NAT', () => {
    const made = latch(announced('loose'), attacker);
    made.expect(announced('strict'));
    expect(made.target).toEqual(phone);
  });

  test('of a side that sent from the place it named moves what is sent at once', () => {
    const made = latch(announced('sdp'), phone);
    made.expect(announced('sdp', otherPort));
    expect(made.target).toEqual(otherPort);
    expect(made.hears(otherPort, 0, true)).toBe(true);
  });

  test('packets that were on their way from the old place do not use the move up', () => {
    const made = latch(announced('sdp'), phone);
    made.expect(announced('sdp', otherPort));
    expect(made.hears(phone, 0, true)).toBe(true);
    expect(made.hears(otherPort, 0, true)).toBe(true);
    expect(made.hears(phone, 0, true)).toBe(false);
    expect(made.learned).toEqual(otherPort);
  });

  test('of a phone behind NAT lets its next source in, once', () => {
    const made = latch(announced('sdp'), nat);
    made.expect(announced('sdp', otherPort));
    expect(made.target).toEqual(nat);
    expect(made.hears(attacker, 0, true)).toBe(false);
    expect(made.hears(natPort, 0, true)).toBe(true);
    expect(made.hears(nat, 0, true)).toBe(false);
  });

  test('does not open a loose latch to the world again', () => {
    const made = latch(announced('loose'), nat);
    made.expect(announced('loose', otherPort));
    expect(made.hears(attacker, 0, true)).toBe(false);
    expect(made.hears(phone, 0, true)).toBe(true);
  });

  test('for hold without an address keeps what was learned', () => {
    const made = latch(announced('sdp'), phone);
    made.expect(announced('sdp', null));
    made.expect(announced('sdp', phone));
    expect(made.learned).toEqual(phone);
    expect(made.hears(otherPort, 0, true)).toBe(false);
  });
});

describe('checks of ICE', () => {
  test('the newest path counts until media comes', () => {
    const made = latch(announced('sdp'));
    expect(made.hears(phone, 0, false)).toBe(true);
    expect(made.hears(nat, 0, false)).toBe(true);
    expect(made.hears(attacker, 0, false)).toBe(false);
    expect([made.learned, made.firm]).toEqual([nat, false]);
    made.confirm();
    expect(made.hears(phone, 0, false)).toBe(false);
  });

  test('media takes another path than the last check', () => {
    const made = latch(announced('sdp'));
    made.hears(phone, 0, false);
    expect(made.hears(nat, 0, true)).toBe(true);
    expect([made.learned, made.firm]).toEqual([nat, true]);
  });
});

describe('ports and processes that change', () => {
  test('new ports of ours: everybody is learned anew', () => {
    const made = latch(announced('sdp'), nat);
    made.reset();
    expect(made.target).toEqual(phone);
    expect(made.hears(natPort, 0, true)).toBe(true);
  });

  test('what a former process had learned holds if the SDP allows it', () => {
    const made = new Latch();
    made.restore(nat);
    made.expect(announced('sdp'));
    expect([made.learned, made.firm]).toEqual([nat, true]);
    const stale = new Latch();
    stale.restore(attacker);
    stale.expect(announced('sdp'));
    expect(stale.learned).toBeNull();
  });
});
