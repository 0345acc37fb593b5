import { describe, expect, test } from 'vitest';
import { answerText, Bench, phone, requestText } from './network.ts';

const invite = requestText('INVITE');
const ackOf = (toTag = 'b1'): string => requestText('ACK', { toTag });
const options = requestText('OPTIONS');

/** An INVITE has come and the user knows. */
const ringing = (transport: 'udp' | 'tcp' = 'udp', settings = {}): Bench => {
  const bench = new Bench(settings);
  bench.receive(invite, phone(transport));
  expect(bench.takeTold()).toEqual(['request INVITE']);
  return bench;
};

describe('INVITE server transaction', () => {
  test('sends 100 Trying itself within 200 ms, once, with received and rport filled in', () => {
    const bench = ringing();
    bench.run(170);
    expect(bench.sent).toEqual([]);
    bench.run(30);
    const [trying] = bench.sent;
    expect(trying?.what).toBe('100');
    expect(trying?.to).toBe('udp:198.51.100.7:40000');
    expect(trying?.text).toContain('rport=40000');
    expect(bench.servers[0]?.status).toBe(100);
    bench.run(5_000);
    expect(bench.sent).toHaveLength(1);
  });

  test('its 100 gives a Timestamp back with how long it waited (RFC 3261 §8.2.6.1)', () => {
    const bench = new Bench();
    bench.receive(requestText('INVITE', { headers: 'Timestamp: 54.21\r\n' }), phone());
    bench.run(200);
    expect(bench.sent[0]?.text).toContain('\r\nTimestamp: 54.21 0.18\r\n');
  });

  test('needs no 100 when the user answers sooner', () => {
    const bench = ringing();
    bench.run(100);
    bench.layer.respond(bench.servers[0]!, answerText(invite, 180), 180);
    bench.run(5_000);
    expect(bench.takeSent()).toEqual(['180']);
  });

  test('answers retransmissions with the last provisional and tells the user nothing', () => {
    const bench = ringing();
    bench.receive(invite);
    expect(bench.takeSent()).toEqual([]);
    bench.layer.respond(bench.servers[0]!, answerText(invite, 180), 180);
    bench.layer.respond(bench.servers[0]!, answerText(invite, 183), 183);
    bench.receive(invite);
    bench.receive(invite);
    expect(bench.takeSent()).toEqual(['180', '183', '183', '183']);
    expect(bench.takeTold()).toEqual([]);
    expect(bench.layer.counters.retransmissionsIn).toBe(3);
  });

  test('timers G and H: repeats a failure at 0.5, 1.5, 3.5, 7.5 s and every 4 s, and gives up after 32 s', () => {
    const bench = ringing();
    const start = bench.clock.now();
    bench.layer.respond(bench.servers[0]!, answerText(invite, 486), 486);
    bench.run(31_900);
    const times = bench.takeTimes('486', start);
    const wanted = [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
    expect(times).toHaveLength(wanted.length);
    times.forEach((at, i) => expect(Math.abs(at - wanted[i]!)).toBeLessThanOrEqual(20 * (i + 1)));
    expect(bench.takeTold()).toEqual([]);
    bench.run(200);
    expect(bench.takeTold()).toEqual(['server end INVITE']);
    expect(bench.layer.serverCount).toBe(0);
  });

  test('absorbs the ACK of a failure, stops repeating it and ends after timer I', () => {
    const bench = ringing();
    bench.layer.respond(bench.servers[0]!, answerText(invite, 404), 404);
    bench.receive(invite);
    expect(bench.takeSent()).toEqual(['404', '404']);
    bench.receive(ackOf());
    bench.receive(ackOf());
    bench.receive(invite);
    bench.run(4_900);
    expect(bench.takeSent()).toEqual([]);
    expect(bench.takeTold()).toEqual([]);
    bench.run(200);
    expect(bench.takeTold()).toEqual(['server end INVITE']);
    expect(bench.wheel.size).toBe(0);
  });

  test('over TCP a failure goes out once, H still waits for the ACK and I is zero', () => {
    const bench = ringing('tcp');
    bench.layer.respond(bench.servers[0]!, answerText(invite, 404), 404);
    bench.run(20_000);
    expect(bench.takeSent()).toEqual(['404']);
    bench.receive(ackOf(), phone('tcp'));
    bench.run(20);
    expect(bench.takeTold()).toEqual(['server end INVITE']);
  });

  test('RFC 6026: in Accepted each 2xx passes, none is repeated, INVITEs are absorbed, ACKs go up, for 32 s', () => {
    const bench = ringing();
    const tx = bench.servers[0]!;
    bench.layer.respond(tx, answerText(invite, 200), 200);
    bench.receive(invite);
    bench.run(10_000);
    expect(bench.takeSent()).toEqual(['200']);
    bench.layer.respond(tx, answerText(invite, 200), 200);
    bench.layer.respond(tx, answerText(invite, 486), 486);
    bench.layer.respond(tx, answerText(invite, 180), 180);
    expect(bench.takeSent()).toEqual(['200']);
    bench.receive(requestText('ACK', { toTag: 'b1', branch: 'z9hG4bKphone1' }));
    bench.receive(requestText('ACK', { toTag: 'b1', branch: 'z9hG4bKphone2' }));
    expect(bench.takeTold()).toEqual(['ack', 'ack']);
    bench.run(21_900);
    expect(bench.takeTold()).toEqual([]);
    bench.run(150);
    expect(bench.takeTold()).toEqual(['server end INVITE']);
    expect(tx.ended).toBe(true);
    bench.layer.respond(tx, answerText(invite, 200), 200);
    expect(bench.takeSent()).toEqual([]);
  });

  test('a 2xx behind another final is still sent (RFC 3261 §16.7 step 5)', () => {
    const bench = ringing();
    const tx = bench.servers[0]!;
    bench.layer.respond(tx, answerText(invite, 486), 486);
    bench.layer.respond(tx, answerText(invite, 200), 200);
    bench.receive(ackOf());
    bench.layer.respond(tx, answerText(invite, 200), 200);
    expect(bench.takeSent()).toEqual(['486', '200', '200']);
  });

  test('drop forgets at once: the retransmission is a new request', () => {
    const bench = ringing();
    bench.layer.drop(bench.servers[0]!);
    expect(bench.layer.serverCount).toBe(0);
    expect(bench.wheel.size).toBe(0);
    bench.receive(invite);
    expect(bench.takeTold()).toEqual(['server end INVITE', 'request INVITE']);
  });

  test('a response that cannot be sent changes no state (RFC 6026 §8.8)', () => {
    const bench = ringing();
    bench.layer.respond(bench.servers[0]!, answerText(invite, 404), 404);
    expect(bench.sent[0]?.owner).toBeNull();
  });
});

describe('non-INVITE server transaction', () => {
  const asked = (transport: 'udp' | 'tcp' = 'udp'): Bench => {
    const bench = new Bench();
    bench.receive(options, phone(transport));
    expect(bench.takeTold()).toEqual(['request OPTIONS']);
    return bench;
  };

  test('absorbs retransmissions before, and answers them after the final response, until timer J', () => {
    const bench = asked();
    bench.receive(options);
    bench.layer.respond(bench.servers[0]!, answerText(options, 200), 200);
    bench.receive(options);
    bench.layer.respond(bench.servers[0]!, answerText(options, 404), 404);
    bench.run(31_900);
    bench.receive(options);
    expect(bench.takeSent()).toEqual(['200', '200', '200']);
    bench.run(200);
    expect(bench.takeTold()).toEqual(['server end OPTIONS']);
  });

  test('over TCP timer J is zero', () => {
    const bench = asked('tcp');
    bench.layer.respond(bench.servers[0]!, answerText(options, 200), 200);
    bench.run(20);
    expect(bench.takeTold()).toEqual(['server end OPTIONS']);
  });

  test('RFC 4320: passes no provisional on; sends 100 over UDP at 3.5 s and to retransmissions then', () => {
    const bench = asked();
    bench.layer.respond(bench.servers[0]!, answerText(options, 100), 100);
    bench.layer.respond(bench.servers[0]!, answerText(options, 183), 183);
    bench.run(3_490);
    expect(bench.takeSent()).toEqual([]);
    bench.run(40);
    bench.receive(options);
    expect(bench.takeSent()).toEqual(['100', '100']);
    bench.layer.respond(bench.servers[0]!, answerText(options, 200), 200);
    expect(bench.takeSent()).toEqual(['200']);
  });

  test('RFC 4320: never a 100 over TCP', () => {
    const bench = asked('tcp');
    bench.run(30_000);
    expect(bench.takeSent()).toEqual([]);
  });

  test.each([
    ['408', (bench: Bench) => bench.layer.respond(bench.servers[0]!, answerText(options, 408), 408)],
    ['abandon', (bench: Bench) => bench.layer.abandon(bench.servers[0]!)],
  ])('RFC 4320: %s sends nothing and absorbs retransmissions in silence', (_, act) => {
    const bench = asked();
    act(bench);
    bench.receive(options);
    bench.run(31_900);
    expect(bench.takeSent()).toEqual([]);
    expect(bench.takeTold()).toEqual([]);
    expect(bench.servers[0]?.final).toBe(true);
    bench.run(200);
    expect(bench.takeTold()).toEqual(['server end OPTIONS']);
  });
});

describe('matching (RFC 3261 §17.2.3)', () => {
  test.each([
    ['another branch', requestText('OPTIONS', { branch: 'z9hG4bKother' })],
    ['another sent-by', requestText('OPTIONS', { via: 'SIP/2.0/UDP 198.51.100.8:40000;branch=z9hG4bKphone1;rport' })],
    ['another method', requestText('MESSAGE')],
  ])('%s is another transaction', (_, text) => {
    const bench = new Bench();
    bench.receive(options);
    bench.receive(text);
    expect(bench.layer.serverCount).toBe(2);
  });

  test('responses go to the source address and the sent-by port without rport, and to the source port when forced', () => {
    const via = 'SIP/2.0/UDP phone.invalid:5070;branch=z9hG4bKx';
    for (const [forceRport, wanted] of [[false, 'udp:198.51.100.7:5070'], [true, 'udp:198.51.100.7:40000']] as const) {
      const bench = new Bench({ forceRport });
      const text = requestText('OPTIONS', { via });
      bench.receive(text);
      bench.layer.respond(bench.servers[0]!, answerText(text, 200), 200);
      expect(bench.sent[0]?.to).toBe(wanted);
    }
  });

  const oldVia = 'SIP/2.0/UDP 198.51.100.7:40000';
  test.each([oldVia, `${oldVia};branch=z9hG4bK`, `${oldVia};branch=1`])('RFC 2543 rules without a usable branch: %s', (via) => {
    const bench = new Bench();
    const old = requestText('INVITE', { via });
    bench.receive(old);
    bench.receive(old);
    bench.receive(requestText('INVITE', { via, cseq: 2 }));
    expect(bench.takeTold()).toEqual(['request INVITE', 'request INVITE']);
    bench.receive(requestText('CANCEL', { via }));
    expect(bench.takeTold()).toEqual(['cancel of #0']);
    bench.layer.respond(bench.servers[0]!, answerText(old, 404), 404);
    expect(bench.takeSent()).toEqual(['404']);
    bench.receive(requestText('ACK', { via, toTag: 'other' }));
    expect(bench.takeTold()).toEqual(['ack']);
    bench.receive(requestText('ACK', { via, toTag: 'b1' }));
    expect(bench.takeTold()).toEqual([]);
    bench.run(3_000);
    expect(bench.takeSent().filter((what) => what === '404')).toEqual([]);
  });

  test('an ACK that matches nothing goes up; one in Proceeding does not', () => {
    const bench = ringing();
    bench.receive(requestText('ACK', { branch: 'z9hG4bKelse', toTag: 'b1' }));
    expect(bench.takeTold()).toEqual(['ack']);
    bench.receive(ackOf());
    expect(bench.takeTold()).toEqual([]);
  });
});

describe('CANCEL', () => {
  test('finds its INVITE, is a transaction of its own, and is absorbed when it comes again', () => {
    const bench = ringing();
    const cancel = requestText('CANCEL');
    bench.receive(cancel);
    bench.receive(cancel);
    expect(bench.takeTold()).toEqual(['cancel of #0']);
    bench.layer.respond(bench.lastCancel!, answerText(cancel, 200), 200);
    bench.layer.respond(bench.servers[0]!, answerText(invite, 487), 487);
    bench.receive(cancel);
    expect(bench.takeSent()).toEqual(['200', '487', '200']);
    expect(bench.layer.serverCount).toBe(2);
  });

  test('that comes behind the final response still knows its INVITE, and one of nothing says so', () => {
    const bench = ringing();
    bench.layer.respond(bench.servers[0]!, answerText(invite, 200), 200);
    bench.receive(requestText('CANCEL'));
    bench.receive(requestText('CANCEL', { branch: 'z9hG4bKnone' }));
    expect(bench.takeTold()).toEqual(['cancel of #0', 'cancel of nothing']);
    expect(bench.servers[0]?.status).toBe(200);
  });
});

describe('caps', () => {
  test('a new request above the cap makes no transaction; what belongs to a known one still passes', () => {
    const bench = new Bench({ maxServers: 1 });
    bench.receive(invite);
    bench.receive(requestText('INVITE', { branch: 'z9hG4bKmore' }));
    bench.receive(requestText('CANCEL', { branch: 'z9hG4bKmore' }));
    bench.receive(invite);
    bench.receive(requestText('CANCEL'));
    expect(bench.takeTold()).toEqual(['request INVITE', 'overload INVITE', 'overload CANCEL', 'cancel of #0']);
    expect(bench.layer.counters.overloads).toBe(2);
  });

  test('so many client transactions refuse new requests as well', () => {
    const bench = new Bench({ maxClients: 1 });
    bench.call();
    bench.receive(invite);
    expect(bench.takeTold()).toEqual(['overload INVITE']);
  });
});
