/** Topology hiding: neither side of a dialog sees an address of the other, in any message, and every flow still finds its way. */
import { describe, expect, it } from 'vitest';
import { openFlow } from '../../../dataplane/security/flow-token.ts';
import { unmask } from '../../../dataplane/hiding/unmask.ts';
import type { SipMessage } from '../../../dataplane/sip/message.ts';
import { parseMessage } from '../../../dataplane/sip/parse.ts';
import { answerTo, Edge, request, udp, world } from './edge.ts';
import { establish, hiding, pbx, phone, ring, value, values, within } from './hidden-dialog.ts';

describe.each([false, true])('topology hiding, Call-ID hidden: %s', (hideCallId) => {
  it('shows the called side nothing of the caller\'s network', () => {
    const { invite } = establish(hiding(hideCallId));
    for (const address of ['198.51.100.7', '203.0.113.77', '203.0.113.5']) expect(invite.text.replace(/^Call-ID.*\r\n/m, '')).not.toContain(address);
    expect(invite.text.includes('call-1@198.51.100.7')).toBe(!hideCallId);
    expect(invite.message.headers('via')).toHaveLength(1);
    expect(values(invite.message, 'record-route').every((uri) => uri.includes('192.0.2.1'))).toBe(true);
    expect(invite.message.contact?.sipUri?.host).toBe('192.0.2.1');
  });

  it('shows the caller nothing of the called side\'s network and gives it back what is its own', () => {
    const { ok } = establish(hiding(hideCallId));
    expect(ok.text).not.toContain('10.0.0.');
    expect(ok.message.callId).toBe('call-1@198.51.100.7');
    expect(ok.message.vias().map((via) => via.branch)).toEqual(['z9hG4bKINVITE-1', 'z9hG4bKphone']);
    // Ours, then the caller's proxy, as it was in the INVITE.
    expect(values(ok.message, 'record-route').at(-1)).toBe('sip:203.0.113.5;lr');
    expect(ok.target.address).toBe(phone.address);
  });

  it('hides the Record-Routes of both sides also where they stand in one line with ours', () => {
    const { edge } = establish(hiding(hideCallId));
    edge.receive(request('INVITE', { callId: 'one-line', branch: 'one-line', headers: 'Record-Route: <sip:203.0.113.5;lr>, <sip:203.0.113.6;lr>\r\n' }), phone.address, phone.port);
    const invite = edge.one();
    expect(invite.text).not.toContain('203.0.113.');
    const ours = invite.message.headers('record-route').map(({ start, end }) => invite.message.raw.slice(start, end));
    const answer = answerTo(invite, 200, 'bob').replace(/(Record-Route: .*\r\n)+/, `Record-Route: ${['<sip:10.0.0.8;lr>', '<sip:10.0.0.9;lr>', ...ours].join(', ')}\r\n`);
    edge.receive(answer, pbx.address, pbx.port);
    const ok = edge.one();
    expect(ok.text).not.toContain('10.0.0.');
    expect(values(ok.message, 'record-route').slice(-2)).toEqual(['sip:203.0.113.5;lr', 'sip:203.0.113.6;lr']);
  });

  it.each(['ACK', 'BYE', 'INFO', 'UPDATE', 'INVITE', 'REFER', 'NOTIFY', 'MESSAGE', 'PRACK', 'SUBSCRIBE'])('carries the caller\'s %s to the called side\'s proxy and Contact', (method) => {
    const { edge, caller } = establish(hiding(hideCallId));
    edge.receive(within(method, caller), phone.address, phone.port);
    const sent = edge.one();
    expect(sent.target.address).toBe('10.0.0.9');
    expect(sent.message.requestUri).toBe('sip:1001@10.0.0.77:5080;ob');
    expect(values(sent.message, 'route')).toEqual(['sip:10.0.0.9;lr']);
    expect(sent.text.replace(/^(From|To|Call-ID).*\r\n/gm, '')).not.toContain('198.51.100.7');
  });

  it.each(['BYE', 'INFO', 'UPDATE', 'INVITE', 'REFER', 'NOTIFY', 'MESSAGE'])('carries the called side\'s %s to the caller\'s proxy and Contact, with the caller\'s Call-ID', (method) => {
    const { edge, callee, invite } = establish(hiding(hideCallId));
    expect(callee.callId).toBe(invite.message.callId);
    edge.receive(within(method, callee), pbx.address, pbx.port);
    const sent = edge.one();
    expect(sent.target.address).toBe('203.0.113.5');
    expect(sent.message.requestUri).toBe('sip:alice@198.51.100.7:5060');
    expect(sent.message.callId).toBe('call-1@198.51.100.7');
    expect(sent.text).not.toContain('10.0.0.');
    edge.receive(answerTo(sent, 200, 'alice', 'Contact: <sip:alice@198.51.100.7:5062>\r\n'), '203.0.113.5', 5060);
    const answer = edge.one();
    expect(answer.message.callId).toBe(callee.callId);
    expect(answer.message.topVia?.branch).toBe(`z9hG4bK${method}-2`);
    expect(answer.text.replace(/^Call-ID.*\r\n/m, '')).not.toContain('198.51.100.7');
  });

  it('keeps hiding when a re-INVITE moves a Contact, and the Route set survives it', () => {
    const { edge, caller } = establish(hiding(hideCallId));
    edge.receive(within('INVITE', caller), phone.address, phone.port);
    const again = edge.one();
    edge.receive(answerTo(again, 200, 'bob', 'Contact: <sip:1001@10.0.0.78>\r\n'), '10.0.0.9', 5060);
    const ok = edge.one();
    expect(ok.text).not.toContain('10.0.0.');
    edge.receive(within('BYE', { ...caller, target: ok.message.contact?.uri ?? '' }, 3), phone.address, phone.port);
    const bye = edge.one();
    expect(bye.message.requestUri).toBe('sip:1001@10.0.0.78');
    expect(bye.target.address).toBe('10.0.0.9');
  });

  it('opens the tokens of a dialog on another node, after a key was added, with the policy off', () => {
    const { caller, callee } = establish(hiding(hideCallId));
    const other = new Edge(world(), ring(9, 7));
    other.receive(within('BYE', caller), phone.address, phone.port);
    expect(other.one().message.requestUri).toBe('sip:1001@10.0.0.77:5080;ob');
    other.receive(within('INFO', callee), pbx.address, pbx.port);
    const info = other.one();
    expect(info.message.requestUri).toBe('sip:alice@198.51.100.7:5060');
    expect(info.text).not.toContain('10.0.0.');
  });

  it('passes an answer to a request of a former process, still hidden', () => {
    const { invite } = establish(hiding(hideCallId));
    const next = new Edge(world(), ring(7));
    next.receive(answerTo(invite, 200, 'bob', 'Contact: <sip:1001@10.0.0.77>\r\n'), pbx.address, pbx.port);
    const ok = next.one();
    expect(ok.message.callId).toBe('call-1@198.51.100.7');
    expect(ok.message.vias()).toHaveLength(2);
    expect(ok.text).not.toContain('10.0.0.');
  });

  it('cancels, and acknowledges a refusal, under the names that the called side knows', () => {
    const edge = hiding(hideCallId);
    edge.receive(request('INVITE'), phone.address, phone.port);
    const invite = edge.one();
    edge.receive(answerTo(invite, 180, 'bob'), pbx.address, pbx.port);
    edge.take();
    edge.receive(request('CANCEL', { branch: 'INVITE-1' }), phone.address, phone.port);
    const cancel = edge.take().find((sent) => sent.text.startsWith('CANCEL'));
    expect(cancel?.message.callId).toBe(invite.message.callId);
    edge.receive(answerTo(invite, 487, 'bob', 'Warning: 399 10.0.0.1:5060 "gone"\r\n'), pbx.address, pbx.port);
    const [ack, refusal] = [edge.sent.find((sent) => sent.text.startsWith('ACK')), edge.sent.find((sent) => sent.text.startsWith('SIP/2.0 487'))];
    expect(ack?.message.callId).toBe(invite.message.callId);
    expect(refusal?.message.callId).toBe('call-1@198.51.100.7');
    expect(value(refusal?.message as SipMessage, 'warning')).toBe('399 192.0.2.1:5060 "gone"');
  });
});

describe('topology hiding', () => {
  it('names a dialog to the other side as that side knows it (Replaces, Refer-To)', () => {
    const edge = hiding(true);
    edge.receive(request('INVITE', { callId: 'first@phone' }), phone.address, phone.port);
    const first = edge.one().message.callId;
    edge.receive(request('INVITE', { callId: 'second@phone', branch: 'second', headers: 'Replaces: first@phone;to-tag=a;from-tag=b\r\nRefer-To: <sip:x@acme.example?Replaces=first%40phone%3Bto-tag%3Da>\r\n' }), phone.address, phone.port);
    const second = edge.one().message;
    expect(value(second, 'replaces')).toBe(`${first};to-tag=a;from-tag=b`);
    expect(value(second, 'refer-to')).toBe(`<sip:x@acme.example?Replaces=${encodeURIComponent(first)}%3Bto-tag%3Da>`);
  });

  it('lets a hidden Contact be called outside its dialog, as a transfer does, for tenants of ours only', () => {
    const edge = hiding(false);
    edge.receive(request('INVITE'), phone.address, phone.port);
    edge.receive(answerTo(edge.one(), 200, 'bob', 'Contact: <sip:1001@10.0.0.1:5080;ob>\r\n'), pbx.address, pbx.port);
    const target = edge.one().message.contact?.uri ?? '';
    edge.receive(request('INVITE', { uri: target, callId: 'transfer', branch: 'transfer' }), phone.address, phone.port);
    const sent = edge.one();
    expect(sent.message.requestUri).toBe('sip:1001@10.0.0.1:5080;ob');
    expect(sent.target.address).toBe('10.0.0.1');
    const forged = target.replace(/~sbc(.)/, (_all, c: string) => `~sbc${c === 'A' ? 'B' : 'A'}`);
    edge.receive(request('INVITE', { uri: forged, callId: 'forged', branch: 'forged' }), phone.address, phone.port);
    expect(edge.take().filter((each) => !each.text.startsWith('SIP/2.0'))).toEqual([]);
  });

  it('is no way to get calls to anywhere: a Contact that names another host than its sender serves in its dialog only', () => {
    const edge = hiding(false);
    const outside = (uri: string, callId: string): string => {
      edge.receive(request('INVITE', { uri, callId, branch: callId }), '198.51.100.99', 5060);
      return edge.one().text;
    };
    // A phone behind the PBX answers with the address of a carrier that trusts us.
    edge.receive(request('INVITE'), phone.address, phone.port);
    edge.receive(answerTo(edge.one(), 200, 'bob', 'Contact: <sip:+882999@10.9.9.9>\r\n'), pbx.address, pbx.port);
    expect(outside(edge.one().message.contact?.uri ?? '', 'answered')).toMatch(/^SIP\/2\.0 403 /);
    // A caller writes it.
    edge.receive(request('INVITE', { callId: 'c', branch: 'c' }).replace(/Contact: .*\r\n/, 'Contact: <sip:+882999@10.9.9.9>\r\n'), phone.address, phone.port);
    expect(outside(edge.one().message.contact?.uri ?? '', 'called')).toMatch(/^SIP\/2\.0 403 /);
  });

  it('opens no token on the way to a host that its sender put into the Route', () => {
    const { edge, caller } = establish(hiding(false));
    const [first = '', last = first] = caller.routes;
    for (const routes of [[first, 'sip:198.51.100.66;lr'], [first, 'sip:198.51.100.66;lr', last], [...caller.routes, 'sip:198.51.100.66;lr']]) {
      edge.receive(within('INFO', { ...caller, routes }, routes.length + 10), phone.address, phone.port);
      for (const { text } of edge.take()) expect(text).not.toContain('10.0.0.');
    }
  });

  it('opens no Route of the called side in an answer: who is called with the same Call-ID could show it to the caller', () => {
    const { edge, caller } = establish(hiding(false));
    const [token = ''] = caller.routes.filter((uri) => uri.includes('sbh='));
    edge.receive(request('INVITE', { branch: 'again' }), phone.address, phone.port);
    const invite = edge.one();
    edge.receive(answerTo(invite, 200, 'mallory').replace(/Record-Route: .*\r\n/, `Record-Route: <${token}>\r\n`), pbx.address, pbx.port);
    expect(edge.one().text).not.toContain('10.0.0.');
  });

  it('opens the Contact of a dialog in that dialog only', () => {
    const edge = hiding(false);
    const { caller } = establish(edge);
    edge.receive(request('INVITE', { callId: 'mine', branch: 'mine', headers: 'Record-Route: <sip:203.0.113.5;lr>\r\n' }), phone.address, phone.port);
    edge.receive(answerTo(edge.one(), 200, 'bob', 'Contact: <sip:me@198.51.100.66>\r\n'), pbx.address, pbx.port);
    const routes = values(edge.one().message, 'record-route').reverse().slice(1);
    edge.receive(within('INFO', { ...caller, routes, callId: 'mine' }, 20), phone.address, phone.port);
    for (const { text } of edge.take()) expect(text).not.toContain('10.0.0.77');
  });

  it('looks at nothing in a message without tokens, and passes the message itself on', () => {
    const outcome = parseMessage(request('BYE', { headers: 'Route: <sip:192.0.2.1;lr>\r\n' }));
    if (!outcome.ok) throw new Error('no message');
    const self = { means: (): boolean => { throw new Error('looked at the Route'); } };
    expect(unmask(ring(7), outcome.message, self)).toBe(outcome.message);
    const marked = parseMessage(request('BYE', { headers: 'Route: <sip:192.0.2.1;lr>\r\nX: ~sb\r\n' }));
    expect(() => unmask(ring(7), marked.ok ? marked.message : outcome.message, self)).toThrow('looked at the Route');
  });

  it('takes a token that is named twice for what it is, without a fault', () => {
    const { edge, caller } = establish(hiding(false));
    const [route = ''] = caller.routes;
    edge.receive(within('INFO', { ...caller, routes: [route.replace(';sbh=', ';SBH='), route] }), phone.address, phone.port);
    expect(edge.faults).toEqual([]);
  });

  it('hides the called side also from a caller with more Vias than can be sealed', () => {
    const edge = hiding(false);
    const vias = Array.from({ length: 40 }, (_unused, n) => `Via: SIP/2.0/UDP 203.0.113.${n}:5060;branch=z9hG4bK${'x'.repeat(90)}${n}\r\n`).join('');
    edge.receive(request('INVITE', { headers: vias }), phone.address, phone.port);
    const invite = edge.one();
    edge.receive(answerTo(invite, 200, 'bob', 'Contact: <sip:1001@10.0.0.77>\r\nWarning: 399 10.0.0.1 "x"\r\n'), pbx.address, pbx.port);
    const ok = edge.one();
    expect(ok.text).not.toContain('10.0.0.');
    expect(ok.message.vias()).toHaveLength(41);
  });

  it('hides Contacts and Record-Routes of failures and of answers outside dialogs too', () => {
    const edge = hiding(false);
    for (const [method, status] of [['INVITE', 404], ['MESSAGE', 200], ['MESSAGE', 486]] as const) {
      edge.receive(request(method, { callId: `${method}${status}`, branch: `${method}${status}` }), phone.address, phone.port);
      edge.receive(answerTo(edge.one(), status, 'bob', 'Contact: <sip:1001@10.0.0.77>\r\nRecord-Route: <sip:10.0.0.9;lr>\r\n'), pbx.address, pbx.port);
      for (const { text } of edge.take()) if (text.startsWith('SIP/2.0')) expect(text).not.toContain('10.0.0.');
    }
  });

  it('leaves a tenant alone that does not want it', () => {
    const { invite, ok } = establish(new Edge(world(), ring(7)));
    expect(invite.text).toContain('203.0.113.77');
    expect(`${invite.text}${ok.text}`).not.toContain('~sb');
  });
});

describe('a set whose backends keep Contacts instead of Path', () => {
  const registering = (): Edge => {
    const ops = world().map((op) => (op.table === 'dispatcherSet' && op.row !== null ? { ...op, row: { ...op.row, registration: 'contact' as const } } : op));
    return new Edge(ops, ring(7));
  };
  const register = request('REGISTER', { uri: 'sip:acme.example', to: 'sip:alice@acme.example' })
    .replace('Contact: <sip:alice@198.51.100.7:5060>', 'Contact: "Al" <sip:alice@192.168.1.5:5060;line=1>;expires=600;+sip.instance="<urn:x>"');

  it('registers a Contact of ours with the phone\'s flow in it, and no Path', () => {
    const edge = registering();
    edge.receive(register, '203.0.113.9', 40_000);
    const { message } = edge.one();
    expect(message.header('path')).toBeUndefined();
    expect(message.header('contact')).toMatch(/^"Al" <sip:~sbc[\w-]+@192\.0\.2\.1:5060>;expires=600;\+sip\.instance="<urn:x>"$/);
  });

  it('gives the phone its own Contact back in the answer', () => {
    const edge = registering();
    edge.receive(register, '203.0.113.9', 40_000);
    const sent = edge.one();
    edge.receive(answerTo(sent, 200, 'r', `Contact: ${sent.message.header('contact') ?? ''}\r\n`), pbx.address, pbx.port);
    expect(edge.one().message.header('contact')).toBe('"Al" <sip:alice@192.168.1.5:5060;line=1>;expires=600;+sip.instance="<urn:x>"');
  });

  it('calls the phone at its flow with the Request-URI that it registered, and keeps to the flow in the dialog', () => {
    const edge = registering();
    edge.receive(register, '203.0.113.9', 40_000);
    const contact = edge.one().message.contact?.uri ?? '';
    edge.take();
    edge.receive(request('INVITE', { uri: contact, callId: 'in' }).replace('198.51.100.7:5060;branch', '10.0.0.1:5060;branch'), pbx.address, pbx.port);
    const invite = edge.one();
    expect(invite.target).toMatchObject({ address: '203.0.113.9', port: 40_000, listener: udp });
    expect(invite.message.requestUri).toBe('sip:alice@192.168.1.5:5060;line=1');
    const token = /sip:d[^.]+\.[^.]+\.e(f[\w-]+)@/.exec(invite.text)?.[1] ?? '';
    expect(openFlow(edge.env.keys, token)?.port).toBe(40_000);
  });

  it('takes the Contact of before a rotation away when the phone registers again, so that it does not ring twice', () => {
    const edge = registering();
    edge.receive(register, '203.0.113.9', 40_000);
    const before = edge.one().message.contact?.uri ?? '';
    edge.env.keys = ring(9, 7);
    edge.receive(register.replaceAll('INVITE-1', 'again').replaceAll('REGISTER-1', 'again').replace(/CSeq: \d+/, 'CSeq: 2'), '203.0.113.9', 40_000);
    const [now, former] = edge.one().message.routeValues('contact');
    expect(now?.address.param('expires')).toBe('600');
    expect(now?.uri).not.toBe(before);
    expect(former?.uri).toBe(before);
    expect(former?.address.param('expires')).toBe('0');
  });

  it('leaves "Contact: *" of an unregistration alone', () => {
    const edge = registering();
    edge.env.keys = ring(9, 7);
    edge.receive(register.replace(/Contact:.*\r\n/, 'Contact: *\r\nExpires: 0\r\n'), '203.0.113.9', 40_000);
    expect(edge.one().message.header('contact')).toBe('*');
  });
});
