/** Telephone numbers: tel URIs (RFC 3966, RFC 3261 §19.1.6) and ENUM (RFC 6116). */
import { describe, expect, it } from 'vitest';
import type { RowOp } from '../../../dataplane/contract/rows.ts';
import { trunkDefaults } from '../../../dataplane/contract/rows.ts';
import { answerTo, destination, Edge, request, world, type Sent } from './edge.ts';

const phone = ['198.51.100.7', 5060] as const;
const trunk: RowOp = { table: 'trunk', key: 'carrier', row: { key: 'carrier', name: 'Carrier', tenant: 1, routeSet: 1, enabled: true, sources: ['198.51.100.0/24'], ...trunkDefaults } };
const from = (sent: Sent): [string, number] => [sent.target.address, sent.target.port];

describe('a call to a tel URI', () => {
  const dialled = (uri: string, ops = world()): Edge => {
    const edge = new Edge(ops);
    edge.receive(request('INVITE', { uri, to: uri }), ...phone);
    return edge;
  };

  it.each([
    ['tel:+49-30-(123).456', 'sip:+4930123456@acme.example;user=phone'],
    ['tel:+4930123456;ext=22;isub=1/2', 'sip:+4930123456;ext=22;isub=1/2@acme.example;user=phone'],
    ['tel:+4930123456;phone-context=acme.example', 'sip:+4930123456@acme.example;user=phone'],
    ['tel:1001;phone-context=acme.example', 'sip:1001;phone-context=acme.example@acme.example;user=phone'],
    ['tel:1001;phone-context=+4930', 'sip:1001;phone-context=+4930@acme.example;user=phone'],
    ['tel:*31%231001;phone-context=ACME.example', 'sip:*31%231001;phone-context=ACME.example@acme.example;user=phone'],
  ])('from a phone, %s, is in the domain of its context, else of who dials it', (uri, wanted) => {
    expect(dialled(uri).one().message.requestUri).toBe(wanted);
  });

  it('from a trunk goes by the address of each destination', () => {
    const edge = dialled('tel:+4930123', [...world({ destinations: [destination(1, 'sip:10.0.0.1'), destination(2, 'sip:10.0.0.2:5070', { rank: 2 })] }), trunk]);
    const first = edge.one();
    expect(first.message.requestUri).toBe('sip:+4930123@10.0.0.1;user=phone');
    edge.receive(answerTo(first, 503), ...from(first));
    expect(edge.take().find(({ message }) => message.raw.startsWith('INVITE'))?.message.requestUri).toBe('sip:+4930123@10.0.0.2:5070;user=phone');
  });

  it('is rewritten by the rule', () => {
    expect(dialled('tel:+4930123', world({ strip: 1, prepend: '00' })).one().message.requestUri).toBe('sip:004930123@acme.example;user=phone');
  });

  it('is dropped when it is in no domain of ours', () => {
    expect(dialled('tel:1;phone-context=other.example').take()).toEqual([]);
  });

  it('passes the check of the To host', () => {
    expect(dialled('tel:+4930123', world({ setting: { requireToMatch: true } })).take()).toHaveLength(1);
  });

  it('can be cancelled', () => {
    const edge = dialled('tel:+4930123');
    const invite = edge.one();
    edge.receive(answerTo(invite, 180), ...from(invite));
    edge.receive(request('CANCEL', { uri: 'tel:+4930123', to: 'tel:+4930123', branch: 'INVITE-1' }), ...phone);
    expect(edge.take().find(({ message }) => message.isRequest)?.message.requestUri).toBe('sip:+4930123@acme.example;user=phone');
  });
});

describe('a rule that asks ENUM', () => {
  const asking = (uris: readonly string[] | null, more: readonly RowOp[] = []): { edge: Edge; tell: (uris: readonly string[]) => void; asked: string[] } => {
    const rows = world().map((op): RowOp => (op.table === 'rule' && op.row !== null ? { ...op, row: { ...op.row, enumSuffix: 'e164.example' } } : op));
    const edge = new Edge([...rows, ...more]);
    const asked: string[] = [];
    let told: (found: readonly string[]) => void = () => undefined;
    edge.env.numbers.enumLookup = (number, suffix, done) => {
      asked.push(`${number} ${suffix}`);
      told = done;
      if (uris !== null) done(uris);
    };
    edge.places.set('carrier.example', [{ transport: 'udp', family: 4, address: '203.0.113.20', port: 5060, serverName: '' }]);
    return { edge, tell: (found) => told(found), asked };
  };
  const call = (edge: Edge): Sent[] => {
    edge.receive(request('INVITE', { uri: 'sip:+4930123@acme.example' }), ...phone);
    return edge.take();
  };

  it('sends the call to where the number is, by the URI found', () => {
    const { edge, asked } = asking(['sip:+4930123@carrier.example']);
    const [sent] = call(edge);
    expect(asked).toEqual(['+4930123 e164.example']);
    expect([sent?.target.address, sent?.message.requestUri]).toEqual(['203.0.113.20', 'sip:+4930123@carrier.example']);
  });

  it('tries one URI after the other, and the sets of the rule behind them', () => {
    const { edge } = asking(['sip:1@nowhere.example', 'sip:2@carrier.example']);
    const [sent] = call(edge);
    expect(sent?.message.requestUri).toBe('sip:2@carrier.example');
    edge.receive(answerTo(sent as Sent, 503), '203.0.113.20', 5060);
    const backup = edge.take().find(({ target }) => target.address === '10.0.0.1');
    expect(backup?.message.requestUri).toBe('sip:+4930123@acme.example');
  });

  it('is content with an answer that is final', () => {
    const { edge } = asking(['sip:2@carrier.example']);
    const [sent] = call(edge);
    edge.receive(answerTo(sent as Sent, 486), '203.0.113.20', 5060);
    expect(edge.take().map(({ message }) => (message.isRequest ? message.method : message.status))).toEqual(['ACK', 486]);
  });

  it('routes a URI in a domain of ours by its rules, without a look-up behind the look-up', () => {
    const { edge, asked } = asking(['sip:2002@acme.example']);
    const [sent] = call(edge);
    expect([sent?.message.requestUri, sent?.target.address]).toEqual(['sip:2002@acme.example', '10.0.0.1']);
    expect(asked).toHaveLength(1);
  });

  it('serves by its own sets when the number is not there', () => {
    const [sent] = call(asking([]).edge);
    expect([sent?.target.address, sent?.message.requestUri]).toEqual(['10.0.0.1', 'sip:+4930123@acme.example']);
  });

  it('lets the caller give up while it waits', () => {
    const { edge, tell } = asking(null);
    expect(call(edge)).toEqual([]);
    edge.receive(request('CANCEL', { branch: 'INVITE-1' }), ...phone);
    expect(edge.take().map(({ message }) => message.status)).toEqual([200, 487]);
    tell(['sip:2@carrier.example']);
    expect(edge.take()).toEqual([]);
    expect(edge.env.pending).toBe(0);
  });
});
