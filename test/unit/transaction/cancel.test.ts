import { describe, expect, test } from 'vitest';
import { answerText, backendFlow, Bench, parse } from './network.ts';

const short = { frMs: 5_000, frInviteMs: 30_000 };

describe('cancel', () => {
  test('waits for a provisional (RFC 3261 §9.1), then goes out once with the reason', () => {
    const bench = new Bench();
    const { tx, text } = bench.call('INVITE', short);
    bench.layer.cancel(tx, 'SIP;cause=487');
    bench.layer.cancel(tx);
    expect(bench.takeSent()).toEqual(['INVITE']);
    bench.receive(answerText(text, 180), backendFlow());
    bench.receive(answerText(text, 183), backendFlow());
    const [cancel, ...rest] = bench.sent;
    expect(rest).toEqual([]);
    const message = parse(cancel!.text);
    expect(message.topVia?.branch).toBe('z9hG4bKsbedge1');
    expect(message.cseqNumber).toBe(1);
    expect(message.toTag).toBe('');
    expect(message.header('reason')).toBe('SIP;cause=487');
  });

  test('is repeated like any request; its answers stay inside; the 487 goes up', () => {
    const bench = new Bench();
    const { tx, text } = bench.call('INVITE', short);
    bench.receive(answerText(text, 180), backendFlow());
    bench.layer.cancel(tx);
    bench.run(600);
    const cancels = bench.sent.filter(({ what }) => what === 'CANCEL');
    expect(cancels).toHaveLength(2);
    bench.takeTold();
    bench.receive(answerText(cancels[0]!.text, 200), backendFlow());
    bench.run(5_100);
    expect(bench.takeTold()).toEqual([]);
    expect(bench.layer.clientCount).toBe(1);
    bench.receive(answerText(text, 487), backendFlow());
    expect(bench.takeTold()).toEqual(['response 487']);
  });

  test('crossing a 200 leaves the call alone', () => {
    const bench = new Bench();
    const { tx, text } = bench.call('INVITE', short);
    bench.receive(answerText(text, 200), backendFlow());
    bench.layer.cancel(tx);
    expect(bench.takeSent()).toEqual(['INVITE']);
    expect(tx.cancelled).toBe(false);
  });

  test('a 200 that comes in spite of the CANCEL goes up', () => {
    const bench = new Bench();
    const { tx, text } = bench.call('INVITE', short);
    bench.receive(answerText(text, 180), backendFlow());
    bench.layer.cancel(tx);
    bench.receive(answerText(text, 200), backendFlow());
    expect(bench.takeTold()).toEqual(['response 180', 'response 200']);
  });

  test('without a final response in 64·T1 the INVITE times out, whatever provisionals come', () => {
    const bench = new Bench();
    const { tx, text } = bench.call('INVITE', { frMs: 5_000, frInviteMs: 100_000 });
    bench.receive(answerText(text, 180), backendFlow());
    bench.layer.cancel(tx);
    bench.run(20_000);
    bench.receive(answerText(text, 180), backendFlow());
    bench.run(11_900);
    expect(bench.takeTold()).toEqual(['response 180', 'response 180']);
    bench.run(200);
    expect(bench.takeTold()).toEqual(['timeout']);
  });

  test('where no provisional comes, fr ends the INVITE and no CANCEL leaves', () => {
    const bench = new Bench();
    const { tx } = bench.call('INVITE', short);
    bench.layer.cancel(tx);
    bench.run(5_030);
    expect(bench.takeTold()).toEqual(['timeout']);
    expect(bench.takeSent()).not.toContain('CANCEL');
  });

  test('of anything but an INVITE does nothing', () => {
    const bench = new Bench();
    const { tx, text } = bench.call('MESSAGE', short);
    bench.layer.cancel(tx);
    bench.receive(answerText(text, 100), backendFlow());
    expect(bench.takeSent()).toEqual(['MESSAGE']);
  });
});
