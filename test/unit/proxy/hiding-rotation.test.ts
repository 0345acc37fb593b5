/** Topology hiding over a rotation of the cluster keys. */
import { describe, expect, it } from 'vitest';
import { answerTo, request } from './edge.ts';
import { establish, hiding, pbx, phone, ring, values, within } from './hidden-dialog.ts';

describe.each([false, true])('a hidden dialog and another key that signs, Call-ID hidden: %s', (hideCallId) => {
  it('keeps each side its name of a dialog over a rotation, also one that is answered after it', () => {
    const edge = hiding(hideCallId);
    const { caller, callee, invite } = establish(edge);
    edge.receive(request('INVITE', { callId: 'ringing@phone', branch: 'ringing' }), phone.address, phone.port);
    const ringing = edge.one();
    edge.env.keys = ring(9, 7);
    edge.receive(within('INVITE', caller), phone.address, phone.port);
    const again = edge.one();
    expect(again.message.callId).toBe(invite.message.callId);
    edge.receive(answerTo(again, 200, 'bob', 'Contact: <sip:1001@10.0.0.77:5080;ob>\r\n'), '10.0.0.9', 5060);
    expect(edge.one().message).toMatchObject({ callId: 'call-1@198.51.100.7', contact: { uri: caller.target } });
    edge.receive(within('INFO', callee, 7), pbx.address, pbx.port);
    edge.receive(answerTo(edge.one(), 200, 'alice'), '203.0.113.5', 5060);
    expect(edge.one().message.callId).toBe(callee.callId);

    edge.receive(answerTo(ringing, 200, 'bob', 'Contact: <sip:1001@10.0.0.77>\r\n'), pbx.address, pbx.port);
    const ok = edge.one();
    expect(ok.message.callId).toBe('ringing@phone');
    edge.receive(within('BYE', { ...caller, callId: 'ringing@phone', routes: values(ok.message, 'record-route').reverse(), target: ok.message.contact?.uri ?? '' }), phone.address, phone.port);
    expect(edge.one().message.callId).toBe(ringing.message.callId);
  });

  it('seals what begins after a rotation under the new key, and opens nothing of a retired one', () => {
    const edge = hiding(hideCallId);
    const { caller } = establish(edge);
    edge.env.keys = ring(9, 7);
    edge.receive(request('INVITE', { callId: 'later', branch: 'later' }), phone.address, phone.port);
    const later = edge.one();
    edge.env.keys = ring(9);
    edge.receive(answerTo(later, 200, 'bob', 'Contact: <sip:1001@10.0.0.77>\r\n'), pbx.address, pbx.port);
    expect(edge.one().message.callId).toBe('later');
    edge.receive(within('BYE', caller), phone.address, phone.port);
    expect(edge.one().text).toMatch(/^SIP\/2\.0 [45]\d\d /);
  });
});
