/** What takes a call off its tenant's limit: a request that went to the call's other party, or came from it, and nothing that a caller arranges with himself. */
import { describe, expect, it } from 'vitest';
import { trunkDefaults, type RowOp } from '../../../dataplane/contract/rows.ts';
import type { Passage } from '../../../dataplane/calls/anchor.ts';
import { endCallOf } from '../../../dataplane/proxy/call-ends.ts';
import { noNeighbours } from '../../../dataplane/proxy/neighbours.ts';
import { answerTo, destination, Edge, request, tcp, udp, world, type Sent, type World } from './edge.ts';

const phone = ['198.51.100.7', 5060] as const;
const accomplice = ['198.51.100.66', 5060] as const;
const backend = ['10.0.0.1', 5060] as const;
const pbxContact = 'sip:1001@10.0.0.1:5060';
const one = { limits: { calls: 1, cps: 0, registrations: 0 } };
const edgeWith = (options: World = {}, more: readonly RowOp[] = []): Edge => new Edge([...world({ ...one, ...options }), ...more]);

const valuesOf = (sent: Sent, name: string): string[] => sent.message.headers(name).map(({ start, end }) => sent.message.raw.slice(start, end));
const swapped = (text: string): string => text
  .replace('From: <sip:alice@acme.example>;tag=alice', 'From: <sip:1001@acme.example>;tag=callee').replace('To: <sip:1001@acme.example>', 'To: <sip:alice@acme.example>;tag=alice');

interface Call {
  readonly edge: Edge;
  /** Route set of the caller and of the callee. */
  readonly caller: string;
  readonly callee: string;
}

/** Alice calls 1001 at the PBX. `behind` are Record-Routes between us and the PBX, the nearest to us last, as the 2xx has them. */
function call(edge: Edge, options: { contact?: string; behind?: readonly string[]; before?: string; headers?: string } = {}): Call {
  edge.receive(request('INVITE', { headers: (options.before === undefined ? '' : `Record-Route: ${options.before}\r\n`) + (options.headers ?? '') }), ...phone);
  const invite = edge.one();
  const behind = (options.behind ?? []).map((uri) => `Record-Route: <${uri}>\r\n`).join('');
  const answer = answerTo(invite, 200, 'callee', `Contact: <${options.contact ?? pbxContact}>\r\n`);
  edge.receive(behind === '' ? answer : answer.replace('Record-Route:', `${behind}Record-Route:`), ...backend);
  const ok = edge.one();
  return { edge, caller: valuesOf(ok, 'record-route').join(', ').split(', ').toReversed().join(', '), callee: [...(options.behind ?? []).map((uri) => `<${uri}>`), ...valuesOf(invite, 'record-route')].slice(options.behind?.length ?? 0).join(', ') };
}

const inDialog = (method: string, route: string, uri: string, branch = 'x'): string => request(method, { uri, toTag: 'callee', cseq: 2, branch, headers: `Route: ${route}\r\n` });
const fromCallee = (method: string, route: string, branch = 'y'): string => swapped(request(method, { uri: 'sip:alice@198.51.100.7:5060', cseq: 2, branch, headers: `Route: ${route}\r\n` }));

/** Sends a request inside the dialog and has its target answer; silence for 0. */
function passes(edge: Edge, text: string, from: readonly [string, number], status: number): Sent {
  edge.receive(text, ...from);
  const sent = edge.one();
  expect(sent.message.isRequest).toBe(true);
  if (status === 0) edge.advance(33_000);
  else edge.receive(answerTo(sent, status), sent.target.address, sent.target.port);
  edge.take();
  return sent;
}

/** Whether the one call that the tenant may have is taken. */
function isFull(edge: Edge): boolean {
  edge.receive(request('INVITE', { callId: 'next', branch: 'next' }), ...phone);
  const { message } = edge.one();
  return message.status === 503;
}

describe('a caller at his limit does not get another call by a BYE', () => {
  it.each([200, 481, 408, 0])('to himself in the Request-URI, answered %i', (status) => {
    const { edge, caller } = call(edgeWith());
    passes(edge, inDialog('BYE', caller, 'sip:1001@198.51.100.66'), phone, status);
    expect([edge.env.calls.size, isFull(edge), edge.count('ends_ignored_total')]).toEqual([1, true, 1]);
  });

  it.each([
    ['in a Route', `, <sip:198.51.100.66;lr>`, pbxContact], ['in a strict Route', ', <sip:198.51.100.66>', pbxContact], ['behind a Route of the PBX', ', <sip:10.0.0.1;lr>, <sip:198.51.100.66;lr>', pbxContact],
    ['in a maddr', '', `${pbxContact};maddr=198.51.100.66`], ['at another port of the PBX', '', 'sip:1001@10.0.0.1:5999'], ['by another transport', '', `${pbxContact};transport=tcp`],
    ['at another PBX', '', 'sip:1001@10.0.0.2:5060'],
  ])('to somebody else %s', (_, more, uri) => {
    for (const status of [200, 481, 0]) {
      const { edge, caller } = call(edgeWith());
      passes(edge, inDialog('BYE', caller + more, uri), phone, status);
      expect(isFull(edge)).toBe(true);
    }
  });

  it('that pretends to come from the callee and goes to himself', () => {
    for (const from of [phone, accomplice]) {
      const { edge, callee } = call(edgeWith());
      expect(passes(edge, fromCallee('BYE', callee), from, 200).target.address).toBe(phone[0]);
      expect(isFull(edge)).toBe(true);
    }
  });

  it.each(['INVITE', 'UPDATE'])('or by an %s that he answers with 481', (method) => {
    const { edge, caller, callee } = call(edgeWith());
    passes(edge, inDialog(method, caller, 'sip:x@198.51.100.66'), phone, 481);
    passes(edge, fromCallee(method, callee), accomplice, 481);
    expect(isFull(edge)).toBe(true);
  });

  it('of another dialog, whose answer names the one that is up', () => {
    const { edge, caller } = call(edgeWith());
    edge.receive(request('BYE', { uri: pbxContact, toTag: 'other', cseq: 2, branch: 'o', headers: `Route: ${caller}\r\n` }), ...phone);
    const sent = edge.one();
    edge.receive(answerTo(sent, 200).replace(';tag=other', ';tag=callee'), ...backend);
    edge.take();
    expect(isFull(edge)).toBe(true);
  });

  it('when the call goes through a proxy that he shares with the PBX', () => {
    const { edge, caller } = call(edgeWith(), { behind: ['sip:10.0.0.1;lr'], contact: 'sip:1001@10.0.7.7' });
    passes(edge, inDialog('BYE', caller, 'sip:me@198.51.100.66', 'a'), phone, 200);
    passes(edge, inDialog('BYE', caller.replace(', <sip:10.0.0.1;lr>', ''), 'sip:me@10.0.0.1', 'b'), phone, 200);
    passes(edge, inDialog('BYE', caller, 'sip:1001@10.0.0.1', 'c'), phone, 200);
    expect(isFull(edge)).toBe(true);
  });

  it('sent from a trunk of the same tenant, or from another destination of it', () => {
    const trunk: RowOp = { table: 'trunk', key: 't', row: { key: 't', name: 't', tenant: 1, routeSet: 1, enabled: true, sources: ['198.51.100.66'], ...trunkDefaults } };
    const sets = world().flatMap((op): RowOp[] => (op.table === 'dispatcherSet' && op.row !== null ? [{ ...op, key: '20', row: { ...op.row, id: 20 } }] : []));
    const { edge, callee } = call(edgeWith({}, [trunk, ...sets, destination(9, 'sip:198.51.100.66', { set: 20 })]));
    passes(edge, fromCallee('BYE', callee), accomplice, 200);
    expect(isFull(edge)).toBe(true);
  });
});

describe('a carrier that calls in at the limit of a tenant', () => {
  it('does not get another call by a BYE in the name of the PBX, though its trunk is not the tenant’s', () => {
    const carrier = world().flatMap((op): RowOp[] => (op.table === 'tenant' && op.row !== null ? [{ ...op, key: '2', row: { ...op.row, id: 2, key: 'carrier' } }] : []));
    const number: RowOp = { table: 'number', key: '1001', row: { pattern: '1001', tenant: 1, routeSet: 1, enabled: true } };
    const trunk: RowOp = { table: 'trunk', key: 't', row: { key: 't', name: 't', tenant: 2, routeSet: 0, enabled: true, sources: ['198.51.100.0/24'], ...trunkDefaults } };
    const { edge, callee } = call(edgeWith({}, [...carrier, number, trunk]));
    passes(edge, fromCallee('BYE', callee), accomplice, 200);
    expect(edge.env.calls.page({ text: '', cursor: 0, limit: 9 }).items.map(({ tenant }) => tenant)).toEqual([1]);
  });
});

describe('a call of a limited tenant ends', () => {
  const ends = (edge: Edge, text: string, from: readonly [string, number], status: number): void => {
    passes(edge, text, from, status);
    expect([edge.env.calls.size, isFull(edge), edge.count('ends_ignored_total')]).toEqual([0, false, 0]);
  };

  it.each([200, 408, 481, 0])('by the BYE of its caller that gets %i, or silence for 0', (status) => {
    const { edge, caller } = call(edgeWith());
    ends(edge, inDialog('BYE', caller, pbxContact), phone, status);
  });

  it.each([200, 408, 481, 0])('by the BYE of its callee that gets %i, or silence for 0', (status) => {
    const { edge, callee } = call(edgeWith());
    ends(edge, fromCallee('BYE', callee), backend, status);
  });

  it('by the BYE of a phone that has moved on to another network', () => {
    const { edge, caller } = call(edgeWith());
    ends(edge, inDialog('BYE', caller, pbxContact), accomplice, 200);
  });

  it.each(['INVITE', 'UPDATE'])('when the PBX does not know it any more (481 to %s)', (method) => {
    const { edge, caller } = call(edgeWith());
    ends(edge, inDialog(method, caller, pbxContact), phone, 481);
  });

  it.each([
    ['another spelling of its Contact', 'sip:10%301@10.0.0.1:5060;ob', 'sip:1001@10.0.0.1:5060;x=y'], ['a name', 'sip:1001@phone.example;transport=udp', 'sip:1001@PHONE.example;transport=udp'],
    ['a Contact elsewhere', 'sip:1001@10.3.3.3:5080', 'sip:1001@10.3.3.3:5080'], ['another user at the same place', 'sip:1001@10.0.0.1', 'sip:moved@10.0.0.1'],
  ])('by way of %s', (_, contact, uri) => {
    const { edge, caller } = call(edgeWith(), { contact });
    ends(edge, inDialog('BYE', caller, uri), phone, 200);
  });

  it('by way of proxies on both sides, in both directions', () => {
    const behind = ['sip:10.8.8.8;lr', 'sip:10.9.9.9:5070;lr;x=1'];
    const there = call(edgeWith(), { behind, before: '<sip:203.0.113.7;lr>', contact: 'sip:1001@10.3.3.3' });
    // The proxy before us has taken its own Route off.
    ends(there.edge, inDialog('BYE', there.caller.replace('<sip:203.0.113.7;lr>, ', ''), 'sip:1001@10.3.3.3'), ['203.0.113.7', 5060], 200);
    const back = call(edgeWith(), { behind, before: '<sip:203.0.113.7;lr>', contact: 'sip:1001@10.3.3.3' });
    ends(back.edge, fromCallee('BYE', back.callee), ['10.9.9.9', 5070], 200);
  });

  it('by way of two Record-Routes of ours', () => {
    const edge = edgeWith({ destinations: [destination(1, 'sip:10.0.0.1;transport=tcp')] });
    const { caller } = call(edge, { contact: `${pbxContact};transport=tcp` });
    expect(caller.match(/192\.0\.2\.1/g)).toHaveLength(2);
    ends(edge, inDialog('BYE', caller, `${pbxContact};transport=tcp`), phone, 200);
  });

  it.each([['a member of its set', [], ['10.0.0.2', 5060]], ['its Contact', [], ['10.3.3.3', 5060]], ['a carrier’s trunk', ['203.0.113.40'], ['203.0.113.40', 5060]]] as const)('by a BYE of its callee from %s', (_, sources, from) => {
    const tenant = world().flatMap((op): RowOp[] => (op.table === 'tenant' && op.row !== null ? [{ ...op, key: '2', row: { ...op.row, id: 2, key: 'carrier' } }] : []));
    const trunk: RowOp = { table: 'trunk', key: 't', row: { key: 't', name: 't', tenant: 2, routeSet: 1, enabled: true, sources, ...trunkDefaults } };
    const { edge, callee } = call(edgeWith({}, [...tenant, trunk]), { contact: 'sip:1001@10.3.3.3' });
    ends(edge, fromCallee('BYE', callee), from, 200);
  });

  it('when topology is hidden, in both directions', () => {
    for (const back of [false, true]) {
      const edge = edgeWith({ policies: { topologyHiding: true, hideCallId: true } });
      edge.receive(request('INVITE'), ...phone);
      const invite = edge.one();
      const hidden = { callId: invite.message.callId, contact: invite.message.contact?.uri ?? '', route: valuesOf(invite, 'record-route').join(', ') };
      edge.receive(answerTo(invite, 200, 'callee', `Contact: <${pbxContact}>\r\n`), ...backend);
      const ok = edge.one();
      if (back) ends(edge, swapped(request('BYE', { uri: hidden.contact, callId: hidden.callId, cseq: 2, branch: 'h', headers: `Route: ${hidden.route}\r\n` })), backend, 200);
      else ends(edge, inDialog('BYE', valuesOf(ok, 'record-route').join(', '), ok.message.contact?.uri ?? ''), phone, 200);
    }
  });

  it('each for itself when it was forked, and never by a CANCEL that comes too late', () => {
    const edge = edgeWith();
    edge.receive(request('INVITE'), ...phone);
    const invite = edge.one();
    const route = valuesOf(invite, 'record-route').join(', ');
    for (const tag of ['one', 'two']) edge.receive(answerTo(invite, 200, tag, `Contact: <sip:${tag}@10.0.0.1>\r\n`), ...backend);
    edge.receive(request('CANCEL', { branch: 'INVITE-1' }), ...phone);
    edge.take();
    expect(edge.env.calls.size).toBe(2);
    const bye = (tag: string, uri: string, branch: string): string => request('BYE', { uri, toTag: tag, cseq: 2, branch, headers: `Route: ${route}\r\n` });
    passes(edge, bye('one', 'sip:x@198.51.100.66', 'a'), phone, 200);
    expect(edge.env.calls.size).toBe(2);
    passes(edge, bye('two', 'sip:two@10.0.0.1', 'b'), phone, 200);
    expect([edge.env.calls.size, isFull(edge)]).toEqual([1, true]);
    passes(edge, bye('one', 'sip:one@10.0.0.1', 'c'), phone, 200);
    expect([edge.env.calls.size, isFull(edge)]).toEqual([0, false]);
  });

  it('before it began, by a CANCEL', () => {
    const edge = edgeWith();
    edge.receive(request('INVITE'), ...phone);
    const invite = edge.one();
    edge.receive(answerTo(invite, 180), ...backend);
    edge.receive(request('CANCEL', { branch: 'INVITE-1' }), ...phone);
    edge.receive(answerTo(invite, 487), ...backend);
    edge.take();
    expect(isFull(edge)).toBe(false);
  });
});

describe('a call from the PBX to a phone', () => {
  /** The phone answers with tag `callee`; the PBX is the caller. */
  function incoming(): { edge: Edge; fromPbx: (uri: string, branch: string) => string; fromPhone: (uri: string, branch: string, more?: string) => string } {
    const edge = edgeWith();
    edge.receive(request('REGISTER', { uri: 'sip:acme.example', to: 'sip:bob@acme.example', branch: 'r' }), ...phone);
    const path = edge.one().message.header('path') ?? '';
    edge.receive(request('INVITE', { uri: 'sip:bob@198.51.100.7', headers: `Route: ${path}\r\n` }).replace('<sip:alice@198.51.100.7:5060>', '<sip:alice@10.0.0.1:5060>'), ...backend);
    const invite = edge.one();
    expect(invite.target.address).toBe(phone[0]);
    edge.receive(answerTo(invite, 200, 'callee', 'Contact: <sip:bob@198.51.100.7>\r\n'), ...phone);
    edge.take();
    const route = valuesOf(invite, 'record-route').join(', ');
    return {
      edge, fromPbx: (uri, branch) => inDialog('BYE', route, uri, branch),
      fromPhone: (uri, branch, more = '') => swapped(request('BYE', { uri, cseq: 2, branch, headers: `Route: ${route}${more}\r\n` })),
    };
  }

  it('does not end by a BYE of the phone to itself or in the name of the PBX', () => {
    const { edge, fromPbx, fromPhone } = incoming();
    passes(edge, fromPhone('sip:x@198.51.100.66', 'a'), phone, 200);
    passes(edge, fromPhone('sip:alice@10.0.0.1:5060', 'b', ', <sip:198.51.100.66;lr>'), phone, 200);
    passes(edge, fromPbx('sip:bob@198.51.100.7', 'c'), phone, 200);
    passes(edge, fromPbx('sip:bob@198.51.100.7', 'd'), accomplice, 481);
    expect([edge.env.calls.size, isFull(edge)]).toEqual([1, true]);
  });

  it.each([['the PBX', 'pbx', backend], ['the phone', 'phone', phone], ['the phone in another network', 'phone', accomplice]] as const)('ends by a BYE of %s', (_, side, from) => {
    const { edge, fromPbx, fromPhone } = incoming();
    passes(edge, side === 'pbx' ? fromPbx('sip:bob@198.51.100.7', 'a') : fromPhone('sip:alice@10.0.0.1:5060', 'a'), from, 200);
    expect([edge.env.calls.size, isFull(edge)]).toEqual([0, false]);
  });
});

describe('a request that another worker passes', () => {
  it('ends a call of this worker only if it proves that', () => {
    const { edge: owner, caller } = call(edgeWith());
    const other = edgeWith();
    const mail: [string, Passage | null][] = [];
    Object.assign(other.env, { neighbours: { ...noNeighbours, callEnded: (dialog: string, passage: Passage | null) => mail.push([dialog, passage]) } });
    passes(other, inDialog('BYE', caller, 'sip:x@198.51.100.66', 'a'), phone, 200);
    passes(other, inDialog('BYE', caller, pbxContact, 'b'), phone, 200);
    expect(mail.map(([dialog, passage]) => [endCallOf(owner.env, dialog, structuredClone(passage)), owner.env.calls.size])).toEqual([[true, 1], [true, 0]]);
    expect(endCallOf(owner.env, 'unknown', null)).toBe(false);
  });
});

it('a tenant without a limit of calls is asked for no proof: its calls are shown, not counted', () => {
  const edge = new Edge(world(), undefined, [udp, tcp]);
  const { caller } = call(edge);
  passes(edge, inDialog('BYE', caller, 'sip:x@198.51.100.66'), phone, 200);
  expect(edge.env.calls.size).toBe(0);
});
