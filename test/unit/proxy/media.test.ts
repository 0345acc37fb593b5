import { describe, expect, it } from 'vitest';
import { defaultSetting } from '../../../dataplane/contract/rows.ts';
import { trunkDefaults, type RowOp } from '../../../dataplane/contract/rows.ts';
import type { Listener } from '../../../dataplane/transport/flow.ts';
import { answerTo, destination, request, tcp, udp } from './edge.ts';
import { backend, bodyOf, invite, phone, ringing, sdp, session, start, up, withBody } from './media-edge.ts';

describe('the SDP of an INVITE', () => {
  it('goes through a media session before it is sent, and the dialog keeps that session', () => {
    const { edge, threads } = start();
    edge.receive(invite(), ...phone);
    expect(edge.take()).toEqual([]);
    expect(threads.passed).toEqual([{
      session, tenant: 1, callId: 'call-1@198.51.100.7', callerTag: 'alice', calleeTag: '', fromCaller: true, kind: 'offer', final: false, proven: false, sdp: sdp('198.51.100.7'),
      source: '198.51.100.7', family: 4, ownAddress: '192.0.2.1', latching: 'sdp', hideOrigin: false,
    }]);
    threads.answer(`${sdp('192.0.2.1')}a=longer\r\n`);
    const sent = edge.one();
    expect(bodyOf(sent)).toBe(`${sdp('192.0.2.1')}a=longer\r\n`);
    expect(sent.message.contentLength).toBe(bodyOf(sent).length);
    expect(sent.message.header('record-route')).toContain(`.m${session}@`);
  });

  it('is not looked at where the tenant wants its media direct, and neither is any other body', () => {
    const { edge, threads } = start({}, 'direct');
    edge.receive(invite(), ...phone);
    expect(bodyOf(edge.one())).toBe(sdp('198.51.100.7'));
    edge.receive(withBody(request('MESSAGE'), 'hello'), ...phone);
    expect(edge.take()).toHaveLength(1);
    expect(threads.passed).toEqual([]);
  });

  it('that comes without one is sent at once, and its session is named all the same', () => {
    const { edge, threads } = start();
    edge.receive(request('INVITE'), ...phone);
    const sent = edge.one();
    expect(sent.message.header('record-route')).toContain(`.m${session}@`);
    edge.receive(withBody(answerTo(sent, 200), sdp('10.0.0.1')), ...backend);
    expect(threads.passed).toMatchObject([{ session, kind: 'offer', fromCaller: false, calleeTag: 'callee', final: true, source: '10.0.0.1' }]);
    threads.answer(sdp('192.0.2.1'));
    expect(bodyOf(edge.one())).toBe(sdp('192.0.2.1'));
  });

  it('that comes without one gets its first from the callee: only that begins a session, not the 2xx that comes again after the BYE', () => {
    const { edge, threads } = start();
    edge.receive(request('INVITE'), ...phone);
    const ok = withBody(answerTo(edge.one(), 200), sdp('10.0.0.1'));
    const outcomes = [{ t: 'refused', why: 'ports' }, { t: 'edited', sdp: sdp('192.0.2.1') }, { t: 'untouched', why: 'unknown session' }] as const;
    for (const outcome of outcomes) {
      edge.receive(ok, ...backend);
      threads.answer(outcome);
    }
    expect(threads.passed.map(({ kind, joins }) => [kind, joins])).toEqual([['offer', false], ['offer', false], ['offer', true]]);
  });

  it('in a response to another request than an INVITE begins no session', () => {
    const { edge, threads, route } = up();
    edge.receive(request('UPDATE', { uri: 'sip:1001@10.0.0.1:5060', toTag: 'callee', cseq: 3, branch: 'update', headers: route }), ...phone);
    edge.receive(withBody(answerTo(edge.one(), 200), sdp('10.0.0.1')), ...backend);
    expect(threads.passed.at(-1)).toMatchObject({ kind: 'offer', joins: true });
  });

  it('is asked for once, whatever number of destinations is tried', () => {
    const { edge, threads, sent } = ringing();
    edge.receive(answerTo(sent, 503), ...backend);
    const second = edge.take().find(({ message }) => message.method === 'INVITE');
    expect(second?.target.address).toBe('10.0.0.2');
    expect(second?.text).toContain(sdp('192.0.2.1'));
    expect(threads.passed).toHaveLength(1);
    expect(threads.ended).toEqual([]);
  });

  it('is asked for again where a destination reaches us by another address', () => {
    const inner: Listener = { ...udp, id: 2, address: '192.168.0.1', advertisedHost: '192.168.0.1', hostPort: '192.168.0.1:5060' };
    const { edge, threads } = start({ destinations: [destination(1, 'sip:10.0.0.1:5060'), destination(2, 'sip:10.0.0.2:5060', { rank: 2, attrs: { socket: 'udp:192.168.0.1:5060' } })] }, 'relay', [udp, tcp, inner]);
    edge.receive(invite(), ...phone);
    threads.answer(sdp('192.0.2.1'));
    edge.receive(answerTo(edge.one(), 503), ...backend);
    edge.take();
    expect(threads.passed.map(({ ownAddress }) => ownAddress)).toEqual(['192.0.2.1', '192.168.0.1']);
    threads.answer(sdp('192.168.0.1'));
    const sent = edge.one();
    expect([sent.target.address, bodyOf(sent)]).toEqual(['10.0.0.2', sdp('192.168.0.1')]);
  });

  it('with policy auto is relayed for a caller behind NAT, and left alone for one that can be reached', () => {
    const open = start({}, 'auto');
    open.edge.receive(invite(), ...phone);
    expect(open.threads.passed).toEqual([]);
    expect(open.edge.one().message.header('record-route')).not.toContain('.m');
    const hidden = start({}, 'auto');
    hidden.edge.receive(invite().replace('Contact: <sip:alice@198.51.100.7:5060>', 'Contact: <sip:alice@192.168.1.20:5060>'), ...phone);
    expect(hidden.threads.passed).toHaveLength(1);
  });

  it('that nobody understands goes on as it came, counted', () => {
    const { edge, threads } = start();
    edge.receive(invite(), ...phone);
    threads.answer({ t: 'untouched', why: 'malformed' });
    expect(bodyOf(edge.one())).toBe(sdp('198.51.100.7'));
    expect(edge.count('media_untouched_total')).toBe(1);
  });
});

describe('a caller is proven to be where it seems', () => {
  const trunk: RowOp = { table: 'trunk', key: 't', row: { key: 't', name: 't', tenant: 1, routeSet: 1, enabled: true, sources: ['198.51.100.66'], ...trunkDefaults } };
  const destinations = [destination(1, 'sip:10.0.0.1:5060'), destination(2, 'sip:pbx.example', { rank: 2 }), trunk];

  it.each<[string, boolean, string, number, Listener]>([
    ['by UDP from anywhere', false, ...phone, udp],
    ['over a connection', true, ...phone, tcp],
    ['from a trunk', true, '198.51.100.66', 4_000, udp],
    ['from a destination', true, '10.0.0.1', 4_000, udp],
    ['from one with a host name', true, '10.1.0.1', 5060, udp],
    ['from where a phone is registered', true, '198.51.100.8', 5070, udp],
    ['from another port of its host', false, '198.51.100.8', 5071, udp],
  ])('%s: %s', (_, proven, address, port, listener) => {
    const { edge, threads } = start({ destinations });
    edge.locateDestination(2, '10.1.0.1');
    edge.bindings.add('198.51.100.8 5070');
    edge.receive(invite(), address, port, listener, listener === tcp ? 7 : 0);
    expect(threads.passed).toMatchObject([{ proven }]);
  });

  it('by a request in a dialog', () => {
    const { edge, threads, route } = up();
    expect(threads.passed.map(({ proven }) => proven)).toEqual([false, false]);
    edge.receive(withBody(request('INVITE', { uri: 'sip:1001@10.0.0.1:5060', toTag: 'callee', cseq: 2, branch: 're', headers: route }), sdp('198.51.100.7')), ...phone);
    expect(threads.passed[2]).toMatchObject({ proven: true });
  });

  it('also where the callee makes the offer', () => {
    const { edge, threads } = start();
    edge.receive(request('INVITE'), ...phone, tcp, 7);
    edge.receive(withBody(answerTo(edge.one(), 183), sdp('10.0.0.1')), ...backend);
    expect(threads.passed).toMatchObject([{ kind: 'offer', proven: true }]);
  });
});

describe('a call without ports', () => {
  it('is refused with 503', () => {
    const { edge, threads } = start();
    edge.receive(invite(), ...phone);
    threads.answer({ t: 'refused', why: 'ports' });
    expect(edge.one().message.status).toBe(503);
    expect(edge.count('media_refused_total')).toBe(1);
    expect(threads.ended).toEqual([[session, '']]);
  });

  it('goes direct where the settings say so', () => {
    const { edge, threads } = start({ setting: { media: { ...defaultSetting.media, exhausted: 'direct' } } });
    edge.receive(invite(), ...phone);
    threads.answer({ t: 'refused', why: 'ports' });
    const sent = edge.one();
    expect(bodyOf(sent)).toBe(sdp('198.51.100.7'));
    expect(sent.message.header('record-route')).not.toContain('.m');
    edge.receive(withBody(answerTo(sent, 200), sdp('10.0.0.1')), ...backend);
    expect(bodyOf(edge.one())).toBe(sdp('10.0.0.1'));
    expect(threads.passed).toHaveLength(1);
  });
});

describe('the SDP of responses', () => {
  it('waits, and what comes behind it waits too', () => {
    const { edge, threads, sent } = ringing();
    edge.receive(withBody(answerTo(sent, 183), sdp('10.0.0.1')), ...backend);
    edge.receive(answerTo(sent, 180), ...backend);
    expect(edge.take()).toEqual([]);
    expect(threads.passed[1]).toMatchObject({ session, kind: 'answer', fromCaller: false, calleeTag: 'callee', final: false, source: '10.0.0.1', family: 4, ownAddress: '192.0.2.1' });
    threads.answer(sdp('192.0.2.1'));
    const passed = edge.take();
    expect(passed.map(({ message }) => message.status)).toEqual([183, 180]);
    expect(passed[0]?.text).toContain(sdp('192.0.2.1'));
  });

  it('of a 2xx overtakes none, and a provisional response that it overtakes is dropped', () => {
    const { edge, threads, sent } = ringing();
    edge.receive(withBody(answerTo(sent, 183), sdp('10.0.0.1')), ...backend);
    edge.receive(withBody(answerTo(sent, 200), sdp('10.0.0.1')), ...backend);
    threads.answer(sdp('192.0.2.1'), 1);
    expect(edge.take()).toEqual([]);
    threads.answer(sdp('192.0.2.1'));
    expect(edge.take().map(({ message }) => message.status)).toEqual([200]);
    expect(threads.passed[2]).toMatchObject({ final: true });
    expect(edge.env.calls.size).toBe(1);
  });

  it('of a late 2xx of another callee passes, too', () => {
    const { edge, threads, sent } = ringing();
    edge.receive(withBody(answerTo(sent, 200, 'one'), sdp('10.0.0.1')), ...backend);
    threads.answer(sdp('192.0.2.1'));
    edge.receive(withBody(answerTo(sent, 200, 'two'), sdp('10.0.0.9')), ...backend);
    threads.answer(sdp('192.0.2.1'));
    expect(edge.take().map(({ message }) => [message.status, message.toTag])).toEqual([[200, 'one'], [200, 'two']]);
    expect(threads.passed.slice(1).map(({ calleeTag }) => calleeTag)).toEqual(['one', 'two']);
  });

  it('goes up as it came when it would become too long for a message', () => {
    const { edge, threads, sent } = ringing();
    edge.receive(withBody(answerTo(sent, 200), sdp('10.0.0.1')), ...backend);
    threads.answer(`${sdp('192.0.2.1')}a=${'x'.repeat(65_400)}\r\n`);
    expect(bodyOf(edge.one())).toBe(sdp('10.0.0.1'));
    expect([edge.count('media_untouched_total'), edge.faults]).toEqual([1, []]);
  });

  it.each(['refuse', 'direct'] as const)('has its streams turned off when the engine fails, unless calls may go direct (%s)', (exhausted) => {
    const { edge, threads, sent } = ringing({ setting: { media: { ...defaultSetting.media, exhausted } }, policies: { topologyHiding: true } });
    edge.receive(withBody(answerTo(sent, 200), sdp('10.0.0.1')), ...backend);
    expect(threads.accepted).toEqual([]);
    threads.answer({ t: 'refused', why: 'engine' });
    expect(bodyOf(edge.one())).toBe(exhausted === 'direct' ? sdp('10.0.0.1') : sdp('192.0.2.1').replace('4000', '0'));
    expect(edge.count('media_refused_total')).toBe(1);
    // Its BYE ends the session all the same.
    expect(threads.accepted).toEqual([[session, 'callee']]);
  });

  it('is not there in a 2xx behind a reliable 183: the session hears that the callee has accepted', () => {
    const { edge, threads, sent } = ringing();
    edge.receive(answerTo(sent, 200), ...backend);
    expect(edge.one().message.status).toBe(200);
    expect(threads.accepted).toEqual([[session, 'callee']]);
  });

  it('is passed on for a former process, whose session the Record-Route names', () => {
    const { sent } = ringing();
    const { edge, threads } = start();
    edge.receive(withBody(answerTo(sent, 200), sdp('10.0.0.1')), ...backend);
    expect(edge.take()).toEqual([]);
    expect(threads.passed).toMatchObject([{ session, kind: 'answer', fromCaller: false, callerTag: 'alice', calleeTag: 'callee', final: true, source: '10.0.0.1' }]);
    threads.answer(sdp('192.0.2.1'));
    expect(bodyOf(edge.one())).toBe(sdp('192.0.2.1'));
  });

  it('is not there in a 2xx for a former process: the session hears that the callee has accepted', () => {
    const { sent } = ringing();
    const { edge, threads } = start();
    edge.receive(answerTo(sent, 180), ...backend);
    edge.receive(answerTo(sent, 200), ...backend);
    expect(edge.take().map(({ message }) => message.status)).toEqual([180, 200]);
    expect(threads.accepted).toEqual([[session, 'callee']]);
  });
});
