import { describe, expect, test } from 'vitest';
import { answerText, backendFlow, Bench } from './network.ts';

const none = { frMs: 0, frInviteMs: 0 };
const short = { frMs: 5_000, frInviteMs: 30_000 };

/** Compares with times that may be up to a tick late each. */
const expectTimes = (times: readonly number[], wanted: readonly number[]): void => {
  expect(times).toHaveLength(wanted.length);
  times.forEach((at, i) => {
    expect(at).toBeGreaterThanOrEqual(wanted[i]!);
    expect(at).toBeLessThanOrEqual(wanted[i]! + 20 * (i + 1));
  });
};

describe('INVITE client transaction', () => {
  test('timers A and B: repeats at 0.5, 1.5, 3.5, 7.5, 15.5, 31.5 s and gives up after 32 s', () => {
    const bench = new Bench();
    const start = bench.clock.now();
    const { tx } = bench.call('INVITE', none);
    bench.run(31_990);
    expectTimes(bench.takeTimes('INVITE', start), [0, 500, 1_500, 3_500, 7_500, 15_500, 31_500]);
    expect(bench.takeTold()).toEqual([]);
    bench.run(40);
    expect(bench.takeTold()).toEqual(['timeout']);
    expect(tx.expired).toBe(true);
    expect(bench.layer.counters.timeouts).toBe(1);
  });

  test('over TCP nothing is repeated and fr still runs', () => {
    const bench = new Bench();
    bench.call('INVITE', short, 'tcp');
    bench.run(4_990);
    expect(bench.takeSent()).toEqual(['INVITE']);
    expect(bench.takeTold()).toEqual([]);
    bench.run(40);
    expect(bench.takeTold()).toEqual(['timeout']);
  });

  test('fr is 5 s without a provisional; the time-out comes once and the transaction ends 32 s later', () => {
    const bench = new Bench();
    bench.call('INVITE', short);
    bench.run(5_030);
    expect(bench.takeTold()).toEqual(['timeout']);
    expect(bench.takeSent()).toEqual(['INVITE', 'INVITE', 'INVITE', 'INVITE']);
    bench.run(31_900);
    expect(bench.takeTold()).toEqual([]);
    bench.run(200);
    expect(bench.takeTold()).toEqual(['client end INVITE']);
    expect(bench.takeSent()).toEqual([]);
    expect(bench.layer.clientCount).toBe(0);
  });

  test('a provisional stops the repeating; timer C starts anew with each but 100; its end cancels, and the 487 goes up as late', () => {
    const bench = new Bench();
    const { tx, text } = bench.call('INVITE', short);
    bench.receive(answerText(text, 100), backendFlow());
    bench.run(20_000);
    expect(bench.takeSent()).toEqual(['INVITE']);
    bench.receive(answerText(text, 180), backendFlow());
    bench.run(20_000);
    bench.receive(answerText(text, 183), backendFlow());
    bench.run(20_000);
    bench.receive(answerText(text, 100), backendFlow());
    expect(bench.takeTold()).toEqual(['response 100', 'response 180', 'response 183', 'response 100']);
    bench.run(10_030);
    expect(bench.takeTold()).toEqual([]);
    expect(bench.takeSent()).toEqual(['CANCEL']);
    expect([tx.provisional, tx.expired]).toEqual([true, true]);
    bench.receive(answerText(text, 487), backendFlow());
    expect(bench.takeSent()).toEqual(['ACK']);
    expect(bench.takeTold()).toEqual(['response 487 late']);
  });

  test('a 2xx that crosses the CANCEL of timer C goes up', () => {
    const bench = new Bench();
    const { text } = bench.call('INVITE', short);
    bench.receive(answerText(text, 180), backendFlow());
    bench.run(30_030);
    bench.receive(answerText(text, 200), backendFlow());
    expect(bench.takeTold()).toEqual(['response 180', 'response 200 late']);
    bench.receive(answerText(text, 200), backendFlow());
    expect(bench.takeTold()).toEqual(['response 200 late']);
  });

  test('without a final response 64·T1 behind the CANCEL of timer C it times out, whatever provisionals come', () => {
    const bench = new Bench();
    const { text } = bench.call('INVITE', short);
    bench.receive(answerText(text, 180), backendFlow());
    bench.run(30_030);
    bench.run(20_000);
    bench.receive(answerText(text, 180), backendFlow());
    bench.run(11_900);
    expect(bench.takeTold()).toEqual(['response 180', 'response 180 late']);
    bench.run(200);
    expect(bench.takeTold()).toEqual(['timeout']);
    bench.run(32_100);
    expect(bench.takeTold()).toEqual(['client end INVITE']);
    expect(bench.layer.clientCount).toBe(0);
  });

  test('timer C is 181 s when nothing else is asked for (RFC 3261 16.6 step 11)', () => {
    const bench = new Bench();
    const { text } = bench.call('INVITE', none);
    bench.receive(answerText(text, 180), backendFlow());
    bench.run(180_900);
    expect(bench.takeSent()).toEqual(['INVITE']);
    bench.run(200);
    expect(bench.takeSent()).toEqual(['CANCEL']);
  });

  test('acknowledges each copy of a failure for 32 s and passes it up once', () => {
    const bench = new Bench();
    const { text } = bench.call('INVITE', short);
    const failure = answerText(text, 404);
    bench.receive(failure, backendFlow());
    bench.run(31_000);
    bench.receive(failure, backendFlow());
    expect(bench.takeSent()).toEqual(['INVITE', 'ACK', 'ACK']);
    expect(bench.takeTold()).toEqual(['response 404']);
    bench.run(1_100);
    expect(bench.takeTold()).toEqual(['client end INVITE']);
    bench.receive(failure, backendFlow());
    expect(bench.takeTold()).toEqual(['stray 404']);
    expect(bench.layer.counters.strays).toBe(1);
  });

  test('over TCP timer D is zero', () => {
    const bench = new Bench();
    const { text } = bench.call('INVITE', short, 'tcp');
    bench.receive(answerText(text, 404), backendFlow('tcp'));
    bench.run(20);
    expect(bench.takeTold()).toEqual(['response 404', 'client end INVITE']);
  });

  test('the ACK of a failure follows RFC 3261 §17.1.1.3', () => {
    const bench = new Bench();
    const route = 'Route: <sip:p1.example;lr>\r\nRoute: <sip:p2.example;lr>,\r\n <sip:p3.example;lr>\r\n';
    const { text } = bench.call('INVITE', short, 'udp', `Via: SIP/2.0/UDP 198.51.100.7:40000;branch=z9hG4bKphone1\r\n${route}`);
    bench.receive(answerText(text, 486, 'callee'), backendFlow());
    expect(bench.sent[1]?.to).toBe('udp:203.0.113.5:5060');
    expect(bench.sent[1]?.text).toBe('ACK sip:1001@pbx.example SIP/2.0\r\n'
      + `Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKsbedge1\r\n${route}`
      + 'From: <sip:alice@pbx.example>;tag=a1\r\nTo: <sip:1001@pbx.example>;tag=callee\r\nCall-ID: c1@198.51.100.7\r\nCSeq: 1 ACK\r\n'
      + 'Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n');
  });

  test('RFC 6026: every 2xx goes up for 32 s, other responses do not, and nothing is acknowledged', () => {
    const bench = new Bench();
    const { tx, text } = bench.call('INVITE', short);
    bench.receive(answerText(text, 200), backendFlow());
    bench.run(31_000);
    bench.receive(answerText(text, 200), backendFlow());
    bench.receive(answerText(text, 200, 'fork'), backendFlow());
    bench.receive(answerText(text, 180), backendFlow());
    bench.receive(answerText(text, 486), backendFlow());
    expect(bench.takeTold()).toEqual(['response 200', 'response 200', 'response 200']);
    expect(bench.takeSent()).toEqual(['INVITE']);
    expect(tx.final).toBe(true);
    bench.run(1_100);
    expect(bench.takeTold()).toEqual(['client end INVITE']);
    expect(bench.wheel.size).toBe(0);
  });

  test('after the time-out a late provisional is cancelled once, a late 2xx still goes up', () => {
    const bench = new Bench();
    const { text } = bench.call('INVITE', short);
    bench.run(5_030);
    bench.takeSent();
    bench.takeTold();
    bench.receive(answerText(text, 180), backendFlow());
    bench.receive(answerText(text, 183), backendFlow());
    expect(bench.takeSent()).toEqual(['CANCEL']);
    bench.receive(answerText(text, 200), backendFlow());
    expect(bench.takeTold()).toEqual(['response 200 late']);
  });

  test('after the time-out a late failure is acknowledged and goes nowhere', () => {
    const bench = new Bench();
    const { text } = bench.call('INVITE', short);
    bench.run(5_030);
    bench.takeSent();
    bench.takeTold();
    bench.receive(answerText(text, 503), backendFlow());
    expect(bench.takeSent()).toEqual(['ACK']);
    expect(bench.takeTold()).toEqual([]);
  });

  test('a transport error in Calling is told and ends it; in Proceeding it is no news', () => {
    const calling = new Bench();
    calling.call('INVITE', short).tx.sendFailed('ECONNREFUSED 203.0.113.5:5060');
    expect(calling.takeTold()).toEqual(['transport error: ECONNREFUSED 203.0.113.5:5060', 'client end INVITE']);
    expect(calling.wheel.size).toBe(0);

    const proceeding = new Bench();
    const { tx, text } = proceeding.call('INVITE', short);
    proceeding.receive(answerText(text, 180), backendFlow());
    tx.sendFailed('EPERM');
    expect(proceeding.takeTold()).toEqual(['response 180']);
    expect(tx.ended).toBe(false);
  });

  test('a response to another method on its branch is a stray', () => {
    const bench = new Bench();
    const { text } = bench.call('INVITE', short);
    bench.receive(answerText(text.replaceAll('INVITE', 'MESSAGE'), 200), backendFlow());
    expect(bench.takeTold()).toEqual(['stray 200']);
  });

  test('a request that reuses a branch ends the transaction that held it', () => {
    const bench = new Bench();
    const first = bench.call('INVITE', short).tx;
    const second = bench.call('INVITE', short).tx;
    expect(bench.takeTold()).toEqual(['client end INVITE']);
    expect(first.ended).toBe(true);
    expect(bench.layer.find('z9hG4bKsbedge1')).toBe(second);
    expect(bench.layer.find('z9hG4bKnone')).toBeNull();
  });
});

describe('non-INVITE client transaction', () => {
  test('timers E and F: doubles up to T2 and gives up after 32 s', () => {
    const bench = new Bench();
    const start = bench.clock.now();
    bench.call('MESSAGE', none);
    bench.run(31_990);
    expectTimes(bench.takeTimes('MESSAGE', start), [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    bench.run(40);
    expect(bench.takeTold()).toEqual(['timeout', 'client end MESSAGE']);
  });

  test('in Proceeding it repeats every T2', () => {
    const bench = new Bench();
    const start = bench.clock.now();
    const { text } = bench.call('MESSAGE', none);
    bench.receive(answerText(text, 100), backendFlow());
    bench.run(9_000);
    expectTimes(bench.takeTimes('MESSAGE', start), [0, 500, 4_500, 8_500]);
    expect(bench.takeTold()).toEqual(['response 100']);
  });

  test('one final response goes up; copies are absorbed until timer K', () => {
    const bench = new Bench();
    const { text } = bench.call('MESSAGE', short);
    bench.receive(answerText(text, 200), backendFlow());
    bench.receive(answerText(text, 200), backendFlow());
    expect(bench.takeTold()).toEqual(['response 200']);
    expect(bench.layer.counters.retransmissionsIn).toBe(1);
    bench.run(5_100);
    expect(bench.takeTold()).toEqual(['client end MESSAGE']);
  });

  test('over TCP nothing is repeated and timer K is zero', () => {
    const bench = new Bench();
    const { text } = bench.call('MESSAGE', short, 'tcp');
    bench.run(4_000);
    expect(bench.takeSent()).toEqual(['MESSAGE']);
    bench.receive(answerText(text, 200), backendFlow('tcp'));
    bench.run(20);
    expect(bench.takeTold()).toEqual(['response 200', 'client end MESSAGE']);
  });

  test('a transport error is told and ends it', () => {
    const bench = new Bench();
    const { tx } = bench.call('MESSAGE', short);
    bench.sent[0]?.owner?.sendFailed('EMSGSIZE');
    bench.sent[0]?.owner?.sendFailed('EMSGSIZE');
    expect(bench.takeTold()).toEqual(['transport error: EMSGSIZE', 'client end MESSAGE']);
    expect(tx.ended).toBe(true);
    expect(bench.layer.counters.transportErrors).toBe(1);
  });
});
