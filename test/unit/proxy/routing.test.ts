/** What routing asks of the proxy: ENUM before a rule's sets, aliases and numbers in the Request-URI, overload control, call load, sockets. */
import { describe, expect, it } from 'vitest';
import { dispatcherSetDefaults, ruleDefaults, trunkDefaults } from '../../../dataplane/contract/rows.ts';
import type { RowOp, RuleRow } from '../../../dataplane/contract/rows.ts';
import type { CallEntry } from '../../../dataplane/calls/table.ts';
import { describeDecision } from '../../../dataplane/routing/decision.ts';
import type { Located } from '../../../dataplane/transport/locate.ts';
import { answerTo, destination, Edge, request, udp, world, type Sent, type World } from './edge.ts';

const phone = ['198.51.100.7', 5060] as const;
const from = (sent: Sent): [string, number] => [sent.target.address, sent.target.port];
const toDestinations = (edge: Edge): Sent[] => edge.take().filter(({ message }) => message.isRequest && message.method !== 'ACK');
const hears = (edge: Edge, sent: Sent, status: number, extra = ''): void => edge.receive(answerTo(sent, status, 'callee', extra), ...from(sent));
const rule = (over: Partial<RuleRow>): RowOp => ({ table: 'rule', key: '1', row: { id: 1, routeSet: 1, position: 1, match: { type: 'any' }, methods: [], sets: [10], ...ruleDefaults, strip: 0, prepend: '', ...over } });

function only(edge: Edge): Sent {
  const [sent, ...more] = toDestinations(edge);
  if (sent === undefined || more.length > 0) throw new Error(`expected one request, got ${more.length + (sent === undefined ? 0 : 1)}`);
  return sent;
}

/** Every call that was set up, with its decision. */
function decisions(edge: Edge): string[] {
  const seen: string[] = [];
  const { calls } = edge.env;
  const add = calls.add.bind(calls);
  calls.add = (entry: CallEntry): void => {
    seen.push(describeDecision(entry.decision));
    add(entry);
  };
  return seen;
}

describe('ENUM', () => {
  type Done = (uris: readonly string[]) => void;

  function asking(uris: readonly string[] | null, ...more: RowOp[]): { edge: Edge; asked: string[]; tell: Done[] } {
    const edge = new Edge([...world(), rule({ enumSuffix: 'e164.arpa' }), ...more]);
    const asked: string[] = [];
    const tell: Done[] = [];
    Object.assign(edge.env, {
      numbers: {
        enumLookup: (number: string, suffix: string, done: Done) => {
          asked.push(`${number} ${suffix}`);
          if (uris === null) tell.push(done);
          else done(uris);
        },
      },
    });
    return { edge, asked, tell };
  }
  const call = request('INVITE', { uri: 'sip:+4930123@acme.example' });

  it('makes the request wait; what is found elsewhere goes first, located by DNS', () => {
    const { edge, asked, tell } = asking(null);
    edge.receive(call, ...phone);
    expect([asked, toDestinations(edge)]).toEqual([['+4930123 e164.arpa'], []]);
    tell[0]?.(['sip:bob@phone.example?Subject=x', 'sip:nobody@unknown.example']);
    const sent = only(edge);
    expect([sent.target.address, sent.message.requestUri]).toEqual(['203.0.113.9', 'sip:bob@phone.example']);
  });

  it('goes on to the next answer, then to the sets of the rule with the number as it was dialled', () => {
    const { edge } = asking(['sip:x@unknown.example', 'sip:bob@phone.example', 'tel:+49']);
    edge.receive(call, ...phone);
    const first = only(edge);
    expect(first.message.requestUri).toBe('sip:bob@phone.example');
    const seen = decisions(edge);
    hears(edge, first, 503);
    const second = only(edge);
    expect([second.target.address, second.message.requestUri]).toEqual(['10.0.0.1', 'sip:+4930123@acme.example']);
    hears(edge, second, 200);
    expect(seen).toEqual(['domain acme.example, rule 1, ENUM e164.arpa, set 10 (serial), destination 1']);
  });

  it('routes an answer in a domain of ours by that domain, once, and falls back to the rule that asked', () => {
    const { edge, asked } = asking(
      ['sip:+49301@own.example;user=phone'],
      { table: 'domain', key: 'own.example', row: { name: 'own.example', tenant: 1, routeSet: 2, enabled: true, did: '' } },
      { table: 'routeSet', key: '2', row: { number: 2, name: 'two', tenant: 1, family: 'any', failover: { frMs: 5_000, frInviteMs: 30_000, on: ['timeout', 'transport', 503], maxAttempts: 3 } } },
      { table: 'rule', key: '2', row: { id: 2, routeSet: 2, position: 1, match: { type: 'any' }, methods: [], sets: [20], ...ruleDefaults, strip: 1, prepend: '00', enumSuffix: 'e164.arpa' } },
      { table: 'dispatcherSet', key: '20', row: { id: 20, name: 'own', tenant: 1, algorithm: 8, affinity: 'aor', affinityAll: false, ...dispatcherSetDefaults, probing: { mode: 'always', intervalMs: 30_000, timeoutMs: 2_000, downAfter: 2, upAfter: 2, codes: [200], from: '', useUnknown: false } } },
      destination(20, 'sip:10.0.0.20', { set: 20 }),
    );
    const seen = decisions(edge);
    edge.receive(call, ...phone);
    const first = only(edge);
    expect([first.target.address, first.message.requestUri, asked.length]).toEqual(['10.0.0.20', 'sip:0049301@own.example;user=phone', 1]);
    hears(edge, first, 503);
    const second = only(edge);
    expect([second.target.address, second.message.requestUri]).toEqual(['10.0.0.1', 'sip:+4930123@acme.example']);
    hears(edge, second, 200);
    expect(seen).toEqual(['domain acme.example, rule 1, ENUM e164.arpa, set 10 (serial), destination 1']);
  });

  it('that leads back to this edge is left out', () => {
    const { edge } = asking(['sip:+4930123@edge.example', 'sip:+4930123@192.0.2.1']);
    edge.receive(call, ...phone);
    expect(only(edge).target.address).toBe('10.0.0.1');
  });

  it('that finds nothing costs nothing but the wait', () => {
    const { edge } = asking([]);
    edge.receive(call, ...phone);
    expect(only(edge).message.requestUri).toBe('sip:+4930123@acme.example');
  });

  it('ends with the caller who gives up while it is asked', () => {
    const call = request('INVITE', { uri: 'sip:+4930123@acme.example', branch: 'waits' });
    const { edge, tell } = asking(null);
    edge.receive(call, ...phone);
    edge.take();
    edge.receive(request('CANCEL', { uri: 'sip:+4930123@acme.example', branch: 'waits' }), ...phone);
    expect(edge.take().map(({ message }) => message.status)).toEqual([200, 487]);
    tell[0]?.(['sip:bob@phone.example']);
    expect([toDestinations(edge), edge.env.pending, edge.faults]).toEqual([[], 0, []]);
  });

  it('answers 503 when neither it nor the rule leads anywhere', () => {
    const { edge } = asking(['sip:x@unknown.example']);
    edge.health(1, 'down');
    edge.health(2, 'down');
    edge.receive(call, ...phone);
    expect(edge.take().map(({ message }) => message.status).filter((status) => status > 100)).toEqual([503]);
  });
});

describe('the Request-URI', () => {
  it('follows an alias to its user and host', () => {
    const edge = new Edge([...world(), { table: 'alias', key: 'sales@acme.example', row: { alias: 'sales@acme.example', target: 'bob@new.example', tenant: 1, enabled: true } },
      { table: 'domain', key: 'new.example', row: { name: 'new.example', tenant: 1, routeSet: 1, enabled: true, did: '' } }]);
    edge.receive(request('INVITE', { uri: 'sip:sales@acme.example:5070;user=phone' }), ...phone);
    expect(only(edge).message.requestUri).toBe('sip:bob@new.example;user=phone');
  });

  it('has the number as the trunk writes it; a number that is switched off is 404', () => {
    const rows: RowOp[] = [
      ...world(), { table: 'trunk', key: 'carrier', row: { key: 'carrier', name: 'Carrier', tenant: 1, routeSet: 1, enabled: true, sources: ['198.51.100.0/24'], ...trunkDefaults, strip: 2, prepend: '+' } },
      { table: 'number', key: '+4930*', row: { pattern: '+4930*', tenant: 1, routeSet: 1, enabled: true } }, { table: 'number', key: '+4940*', row: { pattern: '+4940*', tenant: 1, routeSet: 1, enabled: false } },
    ];
    const edge = new Edge(rows);
    const seen = decisions(edge);
    edge.receive(request('INVITE', { uri: 'sip:004930123@192.0.2.1' }), ...phone);
    const sent = only(edge);
    expect(sent.message.requestUri).toBe('sip:+4930123@192.0.2.1');
    hears(edge, sent, 200);
    expect(seen).toEqual(['trunk carrier, number +4930*, rule 1, set 10 (serial), destination 1']);
    edge.take();
    edge.receive(request('INVITE', { uri: 'sip:004940123@192.0.2.1', callId: 'off', branch: 'off' }), ...phone);
    expect(edge.take().map(({ message }) => message.status)).toEqual([404]);
  });
});

describe('the decision that is kept with a call', () => {
  it('names the attempts that moved on and why', () => {
    const edge = new Edge(world());
    const seen = decisions(edge);
    edge.receive(request('INVITE'), ...phone);
    hears(edge, only(edge), 503);
    const second = only(edge);
    hears(edge, second, 180);
    hears(edge, second, 200);
    // A retransmission is the same call.
    hears(edge, second, 200);
    expect(seen[0]).toBe('domain acme.example, rule 1, set 10 (serial), 1: 503, destination 2');
    expect(edge.env.calls.size).toBe(1);
  });
});

describe('overload control (RFC 7339)', () => {
  const edge = (): Edge => new Edge(world({ algorithm: 64, destinations: [destination(1, 'sip:10.0.0.1')] }));
  const oc = (sent: Sent, parameters: string): string => answerTo(sent, 200).replace(';oc;oc-algo="loss"', parameters);

  it('is offered in our Via, to sets that want it only', () => {
    const with64 = edge();
    with64.receive(request('OPTIONS', { uri: 'sip:bob@acme.example' }), ...phone);
    expect(only(with64).message.topVia?.param('oc-algo')).toBe('"loss"');
    const without = new Edge(world());
    without.receive(request('OPTIONS', { uri: 'sip:bob@acme.example' }), ...phone);
    expect(only(without).message.topVia?.param('oc')).toBeNull();
  });

  it('keeps requests away as the server asks, until its time is over', () => {
    const one = edge();
    const ask = (id: string): Sent[] => {
      one.receive(request('MESSAGE', { uri: 'sip:bob@acme.example', callId: id, branch: id }), ...phone);
      return toDestinations(one);
    };
    const [first] = ask('a');
    if (first === undefined) throw new Error('nothing was sent');
    one.receive(oc(first, ';oc=100;oc-algo="loss";oc-validity=2000;oc-seq=1.0'), ...from(first));
    one.take();
    expect(ask('b')).toEqual([]);
    one.advance(2_000);
    expect(ask('c').length).toBe(1);
  });
});

describe('call load', () => {
  it('counts calls that ring, and each of them once', () => {
    const edge = new Edge(world({ algorithm: 10, destinations: [destination(1, 'sip:10.0.0.1', { attrs: { maxload: '2' } }), destination(2, 'sip:10.0.0.2', { attrs: { maxload: '2' } })] }));
    const call = (id: string): Sent | undefined => {
      edge.receive(request('INVITE', { uri: 'sip:bob@acme.example', callId: id, branch: id }), ...phone);
      return toDestinations(edge)[0];
    };
    const calls = ['a', 'b', 'c', 'd'].map(call);
    expect(calls.map((sent) => sent?.target.address)).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.1', '10.0.0.2']);
    expect([edge.env.health.load(1), edge.env.health.load(2), call('e')]).toEqual([2, 2, undefined]);
    const [first, second] = calls;
    if (first === undefined || second === undefined) throw new Error('nothing was sent');
    hears(edge, first, 200);
    hears(edge, first, 200);
    expect(edge.env.health.load(1)).toBe(2);
    hears(edge, second, 486);
    expect(edge.env.health.load(2)).toBe(1);
    edge.take();
    expect(call('f')?.target.address).toBe('10.0.0.2');
  });

  it('lets go of a call that never left', () => {
    const edge = new Edge(world({ algorithm: 10 }));
    const body = 'x'.repeat(65_200);
    edge.receive(request('INVITE', { uri: 'sip:bob@acme.example', callId: 'big', branch: 'big' }).replace(/Content-Length: 0\r?\n\r?\n/, `Content-Length: ${body.length}\r\n\r\n${body}`), ...phone);
    expect(edge.take().map(({ message }) => message.status)).toEqual([513]);
    expect([edge.env.health.load(1), edge.env.health.load(2)]).toEqual([0, 0]);
  });

  it('lets go of calls that nobody answered and of callers who gave up', () => {
    const edge = new Edge(world({ algorithm: 10 }));
    edge.receive(request('INVITE', { uri: 'sip:bob@acme.example', callId: 'a', branch: 'a' }), ...phone);
    const sent = only(edge);
    hears(edge, sent, 180);
    edge.receive(request('CANCEL', { uri: 'sip:bob@acme.example', callId: 'a', branch: 'a' }), ...phone);
    hears(edge, sent, 487);
    edge.receive(request('INVITE', { uri: 'sip:bob@acme.example', callId: 'b', branch: 'b' }), ...phone);
    edge.advance(200_000);
    expect([edge.env.health.load(1), edge.env.health.load(2), edge.env.pending]).toEqual([0, 0, 0]);
  });
});

describe('a destination with a host name of both families', () => {
  const tried = (family: 'prefer' | 'match'): string[] => {
    const rows = world({ destinations: [destination(1, 'sip:pbx.example')] }).map((op): RowOp => (op.table === 'routeSet' && op.row !== null ? { ...op, row: { ...op.row, family } } : op));
    const edge = new Edge(rows, undefined, [udp, { ...udp, id: 9, family: 6, address: '2001:db8::1' }]);
    const place = (address: string): Located => ({ transport: 'udp', family: address.includes(':') ? 6 : 4, address, port: 5060, serverName: '' });
    edge.env.health.targets = () => [place('192.0.2.50'), place('2001:db8::50')];
    edge.receive(request('INVITE'), ...phone);
    const first = only(edge);
    hears(edge, first, 503);
    return [first, ...toDestinations(edge)].map(({ target }) => target.address);
  };

  it('is tried at all of its addresses, or at those of the request\'s family only', () => {
    expect(tried('prefer')).toEqual(['192.0.2.50', '2001:db8::50']);
    expect(tried('match')).toEqual(['192.0.2.50']);
  });
});

it('a REGISTER follows the rule of its address of record, however that is escaped (RFC 3261 §19.1.4)', () => {
  const rows = world().map((op): RowOp => (op.table === 'rule' ? rule({ match: { type: 'exact', value: '1001' } }) : op));
  for (const to of ['sip:1001@acme.example', 'sip:%31001@acme.example', 'sip:1001;x=y@acme.example']) {
    const edge = new Edge(rows);
    edge.receive(request('REGISTER', { uri: 'sip:acme.example', to }), ...phone);
    expect(only(edge).target.address).toBe('10.0.0.1');
  }
});

describe('the attribute socket', () => {
  const sentFrom = (socket: string, options: World = {}): Sent[] => {
    const edge = new Edge(world({ ...options, destinations: [destination(1, 'sip:10.0.0.1', { attrs: { socket } }), destination(2, 'sip:10.0.0.2', { rank: 2 })] }));
    edge.receive(request('INVITE'), ...phone);
    return toDestinations(edge);
  };

  it('names the listener to send from; a destination whose listener is not here is passed over', () => {
    expect(sentFrom('udp:192.0.2.1:5060').map(({ target }) => [target.address, target.listener?.address])).toEqual([['10.0.0.1', '192.0.2.1']]);
    for (const wrong of ['udp:192.0.2.99:5060', 'udp:192.0.2.1:5099', 'tcp:192.0.2.1:5060']) expect(sentFrom(wrong).map(({ target }) => target.address)).toEqual(['10.0.0.2']);
  });

  it.each([{ maxAttempts: 1 }, { on: [] }])('costs who is passed over neither an attempt nor its health, with %j', (options) => {
    expect(sentFrom('udp:192.0.2.99:5060', options).map(({ target }) => target.address)).toEqual(['10.0.0.2']);
    const edge = new Edge(world({ ...options, destinations: [destination(1, 'sip:10.0.0.1', { attrs: { socket: 'udp:192.0.2.99:5060' } })] }));
    edge.receive(request('INVITE'), ...phone);
    expect([edge.one().message.status, edge.outcomes]).toEqual([503, []]);
  });
});
