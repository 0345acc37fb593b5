/** What a message may not send this node to: networks that are nobody's, and the node's own host. */
import { describe, expect, it } from 'vitest';
import { parseForbidden } from '../../../dataplane/forbidden-setting.ts';
import { ForbiddenTargets } from '../../../dataplane/proxy/forbidden-targets.ts';
import { readSettings } from '../../../dataplane/settings.ts';
import type { RowOp } from '../../../dataplane/contract/rows.ts';
import { trunkDefaults } from '../../../dataplane/contract/rows.ts';
import type { Located } from '../../../dataplane/transport/locate.ts';
import { answerTo, destination, Edge, request, tcp, udp, world } from './edge.ts';

const phone = ['198.51.100.7', 5060] as const;
const backend = ['10.0.0.1', 5060] as const;
const udp6 = { ...udp, id: 7, family: 6, address: '2001:db8::1', advertisedHost: '[2001:db8::1]', hostPort: '[2001:db8::1]:5060' } as const;
const local = { ...udp, address: '127.0.0.1', advertisedHost: '127.0.0.1', hostPort: '127.0.0.1:5060' };
const host = { family: 4, address: '192.0.2.1', cidr: '192.0.2.1/24', loopback: false } as const;
const at = (address: string, family: 4 | 6 = 4): Located => ({ transport: 'udp', family, address, port: 5060, serverName: '' });
const setting = (text: string) => {
  const read = parseForbidden(text);
  if (!read.ok) throw new Error(read.error);
  return read.value;
};
const edgeWith = (ops: readonly RowOp[] = world(), text = 'default', listeners = [udp, tcp, udp6]): Edge => new Edge(ops, undefined, listeners, setting(text));

/** The Record-Route value of a call that is up. */
function established(edge: Edge, callId: string): string {
  edge.receive(request('INVITE', { callId, branch: callId }), ...phone);
  const invite = edge.one();
  edge.receive(answerTo(invite, 200), ...backend);
  edge.take();
  return invite.message.header('record-route') ?? '';
}

let calls = 0;

/** What becomes of a request in the dialog whose Request-URI or further Route is `uri`. */
function named(edge: Edge, uri: string, by: 'Request-URI' | 'Route' = 'Request-URI', method = 'INFO') {
  const callId = `c${++calls}`;
  const route = established(edge, callId);
  const headers = `Route: ${route}${by === 'Route' ? `, <${uri};lr>` : ''}\r\n`;
  edge.receive(request(method, { uri: by === 'Route' ? 'sip:1001@10.0.0.1' : uri, toTag: 'callee', cseq: 2, callId, branch: `${callId}m`, headers }), ...phone);
  return edge.take();
}

const forbidden = [
  'sip:x@127.0.0.1', 'sip:x@127.255.0.9:8080;transport=tcp', 'sip:x@0.0.0.0', 'sip:x@0.1.2.3', 'sip:x@169.254.169.254:80;transport=tcp', 'sip:x@224.0.0.1', 'sip:x@239.255.255.250:1900', 'sip:x@255.255.255.255',
  'sip:x@[::1]', 'sip:x@[::]', 'sip:x@[fe80::1]', 'sip:x@[febf::1]', 'sip:x@[ff02::1]', 'sip:x@[::ffff:127.0.0.1]', 'sip:x@[::ffff:a9fe:a9fe]', 'sip:x@[0:0:0:0:0:ffff:7f00:1]', 'sip:x@[64:ff9b::127.0.0.1]', 'sip:x@[::7f00:1]',
  'sip:x@pbx.example;maddr=127.0.0.1',
];

describe('an address from the wire in a forbidden network', () => {
  it.each(forbidden)('%s in the Request-URI of a dialog gets 403, is counted and told, and nothing is sent there', (uri) => {
    const edge = edgeWith();
    const [answer, ...rest] = named(edge, uri);
    expect(rest).toEqual([]);
    expect([answer?.message.status, answer?.target.address]).toEqual([403, '198.51.100.7']);
    expect([edge.count('refused_target_total'), edge.refusedTargets.length]).toEqual([1, 1]);
  });

  it('gets 403 in a Route, too, and its ACK is dropped', () => {
    const edge = edgeWith();
    expect(named(edge, 'sip:169.254.169.254', 'Route').map(({ message }) => message.status)).toEqual([403]);
    expect(named(edgeWith(), 'sip:169.254.169.254', 'Route', 'ACK')).toEqual([]);
  });

  it('is found behind a name, among addresses that are served', () => {
    const edge = edgeWith();
    edge.places.set('rebind.example', [at('127.0.0.1'), at('fe80::1', 6), at('203.0.113.80')]);
    expect(named(edge, 'sip:x@rebind.example').map(({ target }) => target.address)).toEqual(['203.0.113.80']);
    expect(edge.refusedTargets).toEqual(['127.0.0.1 5060', 'fe80::1 5060']);
    edge.places.set('rebind.example', [at('127.0.0.1'), at('::ffff:169.254.1.1', 6)]);
    const { pending } = edge.env;
    const only = named(edge, 'sip:x@rebind.example', 'Route', 'UPDATE');
    expect(only.map(({ message, target }) => [message.status, target.address])).toEqual([[403, '198.51.100.7']]);
    expect(edge.env.pending).toBe(pending);
  });

  it('does not serve an ENUM answer: the sets of the rule do', () => {
    const rule = world().map((op): RowOp => (op.table === 'rule' && op.row !== null ? { ...op, row: { ...op.row, enumSuffix: 'e164.arpa' } } : op));
    const edge = edgeWith(rule);
    const env = edge.env as { -readonly [K in keyof typeof edge.env]: (typeof edge.env)[K] };
    env.numbers = { enumLookup: (_number, _suffix, done) => done(['sip:x@inside.example', 'sip:x@outside.example']) };
    edge.places.set('inside.example', [at('127.0.0.1')]);
    edge.places.set('outside.example', [at('203.0.113.80')]);
    edge.receive(request('INVITE', { uri: 'sip:+49301234@acme.example' }), ...phone);
    expect(edge.one().target.address).toBe('203.0.113.80');
    edge.places.delete('outside.example');
    edge.receive(request('INVITE', { uri: 'sip:+49301235@acme.example', callId: 'b', branch: 'b' }), ...phone);
    expect(edge.one().target.address).toBe('10.0.0.1');
    expect(edge.refusedTargets).toEqual(['127.0.0.1 5060', '127.0.0.1 5060']);
  });

  it.each(['sip:x@10.0.0.9', 'sip:x@192.168.1.5:5062', 'sip:x@172.16.0.1', 'sip:x@223.255.255.255', 'sip:x@[2001:db8::5]', 'sip:x@[fd00::5]', 'sip:x@[::ffff:10.0.0.9]'])('is not what a PBX or a phone of a private network has: %s', (uri) => {
    const [sent, ...rest] = named(edgeWith(), uri);
    expect([sent?.message.method, rest]).toEqual(['INFO', []]);
    expect(sent?.target.address).not.toMatch(/ffff/);
  });
});

describe('a place that the configuration names', () => {
  it('is reached where a destination is: that address and port, by name too', () => {
    const edge = edgeWith(world({ destinations: [destination(1, 'sip:127.0.0.1:5070'), destination(2, 'sip:pbx.local', { rank: 2 }), destination(3, 'sip:[::1]:5090', { rank: 3 })] }));
    edge.locateDestination(2, '169.254.7.7');
    for (const [uri, address] of [['sip:x@127.0.0.1:5070', '127.0.0.1'], ['sip:x@169.254.7.7', '169.254.7.7'], ['sip:x@[0:0::1]:5090', '0:0::1']] as const) {
      const sent = named(edge, uri);
      expect(sent.map(({ message, target }) => [message.method, target.address])).toEqual([['INFO', address]]);
    }
    expect(named(edge, 'sip:x@127.0.0.1:8080').map(({ message }) => message.status)).toEqual([403]);
  });

  it('is followed when a destination moves or goes', () => {
    const edge = edgeWith(world({ destinations: [destination(1, 'sip:pbx.local')] }));
    edge.locateDestination(1, '10.0.0.1');
    expect(named(edge, 'sip:x@127.0.0.9').map(({ message }) => message.status)).toEqual([403]);
    edge.locateDestination(1, '127.0.0.9', '10.0.0.1');
    edge.advance(6_000);
    edge.locateDestination(1, '10.0.0.1', '127.0.0.9');
    expect(named(edge, 'sip:x@127.0.0.9').map(({ message }) => message.method)).toEqual(['INFO']);
  });

  const trunk = (...sources: string[]): RowOp => ({ table: 'trunk', key: 'c', row: { key: 'c', name: 'c', tenant: 1, routeSet: 1, enabled: true, sources, ...trunkDefaults } });
  it.each([[['127.0.0.5/32'], 'INFO'], [['127.0.0.0/8'], 'INFO'], [['127.0.0.6'], 403], [['0.0.0.0/0'], 403], [['0.0.0.0/0', '10.0.0.0/8'], 403]])('is reached where a trunk is, but a trunk of everybody (%j) opens nothing: %s', (sources, expected) => {
    const edge = edgeWith([...world(), trunk(...sources)]);
    expect(named(edge, 'sip:x@127.0.0.5:6000').map(({ message }) => (message.isRequest ? message.method : message.status))).toEqual([expected]);
  });
});

describe('a peer in a forbidden network that calls', () => {
  it('is reached by the flow that it was heard on: a phone on the host of the node', () => {
    const edge = edgeWith();
    edge.receive(request('INVITE').replace('<sip:alice@198.51.100.7:5060>', '<sip:alice@127.0.0.1:5062>'), '127.0.0.1', 5062);
    const invite = edge.one();
    edge.receive(answerTo(invite, 200), ...backend);
    edge.take();
    const bye = request('BYE', { uri: 'sip:alice@127.0.0.1:5062', headers: `Route: ${invite.message.header('record-route') ?? ''}\r\n`, branch: 'cb' })
      .replace('From: <sip:alice@acme.example>;tag=alice', 'From: <sip:1001@acme.example>;tag=callee').replace('To: <sip:1001@acme.example>', 'To: <sip:alice@acme.example>;tag=alice');
    edge.receive(bye, ...backend);
    expect(edge.one().target).toMatchObject({ address: '127.0.0.1', port: 5062 });
  });
});

describe('the node’s own host', () => {
  const has = (listeners: readonly (typeof udp)[], address: string, text = 'default'): boolean => new ForbiddenTargets(setting(text), listeners, [host]).findText(address) !== null;

  it('is forbidden when strangers reach the node from elsewhere, by its listener or by what it shows', () => {
    for (const address of ['127.0.0.1', '192.0.2.1']) {
      expect(has([local], address)).toBe(false);
      expect(has([{ ...local, address: '0.0.0.0' }], address)).toBe(true);
      expect(has([{ ...local, advertisedHost: 'edge.example' }], address)).toBe(true);
      expect(has([local, udp], address)).toBe(true);
    }
    expect(has([{ ...local, address: '::1', advertisedHost: '[::1]' }], '127.0.0.1')).toBe(false);
    expect(has([local], '169.254.169.254')).toBe(true);
  });

  it('can be opened, and other networks closed, by the setting', () => {
    expect(has([udp], '127.0.0.1', 'none')).toBe(false);
    expect(has([udp], '127.0.0.1', 'default,!127.0.0.1')).toBe(false);
    expect(has([udp], '127.0.0.2', 'default,!127.0.0.1')).toBe(true);
    expect(has([udp], '10.1.2.3', 'default,10.0.0.0/8')).toBe(true);
    expect(has([udp], '11.1.2.3', '10.0.0.0/7')).toBe(true);
    expect(has([udp], '127.0.0.1', '10.0.0.0/7')).toBe(false);
    expect(has([udp], '203.0.113.5', '0.0.0.0/0')).toBe(true);
    expect(has([udp], '2001:db8::5', '0.0.0.0/0')).toBe(false);
    expect(has([udp], '2001:db8::5', '2001:d00::/24')).toBe(true);
    expect(has([udp], '::ffff:10.1.2.3', 'default,10.0.0.0/8')).toBe(true);
  });
});

describe('SIGNALBOX_FORBIDDEN_TARGETS', () => {
  it('is the standard list when it is not given', () => {
    const read = readSettings({}, []);
    expect(read.ok && read.value.forbiddenTargets).toEqual({ standard: true, forbidden: [], allowed: [] });
    const given = readSettings({ SIGNALBOX_FORBIDDEN_TARGETS: 'default, 10.0.0.0/8,fd00::/8 ,!10.1.2.3' }, []);
    expect(given.ok && given.value.forbiddenTargets).toEqual({ standard: true, forbidden: ['10.0.0.0/8', 'fd00::/8'], allowed: ['10.1.2.3'] });
  });

  it.each([['10.0.0.0/33', '10.0.0.0/33'], ['default,localhost', 'localhost'], ['none,10.0.0.0/8', 'none'], ['!', '!'], [',', ','], ['fe80::1%eth0', 'fe80::1%eth0']])('refuses "%s" with what, where and what is accepted', (text, part) => {
    const read = readSettings({}, ['--forbidden-targets', text]);
    expect(read.ok ? '' : read.error).toMatch(/^SIGNALBOX_FORBIDDEN_TARGETS: ".*" is not accepted; give "none", or up to 64 of these, separated by commas: "default", networks like 10\.0\.0\.0\/8/);
    expect(read.ok ? '' : read.error).toContain(`"${part}"`);
  });
});
