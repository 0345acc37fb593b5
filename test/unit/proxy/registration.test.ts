/** What the node learns of registrations, and what it refuses of them. */
import { describe, expect, it } from 'vitest';
import { spreadExpires } from '../../../dataplane/proxy/spread-expires.ts';
import { Edits } from '../../../dataplane/sip/edits.ts';
import { parseMessage } from '../../../dataplane/sip/parse.ts';
import { answerTo, Edge, request, world, type World } from './edge.ts';

const register = (contact: string, more = '', cseq = 1): string =>
  request('REGISTER', { uri: 'sip:acme.example', to: 'sip:alice@ACME.example', cseq, branch: `r${cseq}`, headers: `User-Agent: Phone/1.0\r\n${more}` })
    .replace('Contact: <sip:alice@198.51.100.7:5060>', `Contact: ${contact}`);

/** Registers over NAT; the registrar answers with `answer`, whole header lines. */
function registered(contact: string, answer: string, more = ''): Edge {
  const edge = new Edge(world());
  edge.receive(register(contact, more), '203.0.113.9', 40_000);
  edge.receive(answerTo(edge.one(), 200, 'r', answer), '10.0.0.1', 5060);
  return edge;
}

describe('a registration that was accepted', () => {
  it('is noted with its address of record, Contact, source, agent and the expiry that was granted', () => {
    const { changes, clock } = registered('<sip:alice@192.168.1.5:5060>;expires=3600', 'Contact: <sip:alice@192.168.1.5:5060>;expires=600\r\n');
    expect(changes).toEqual([{
      tenant: 1, aor: 'alice@acme.example', all: false, removed: [], put: [{
        aor: 'alice@acme.example', contact: 'sip:alice@192.168.1.5:5060', tenant: 1, destination: 1, listener: 0, transport: 'udp', family: 4,
        address: '203.0.113.9', port: 40_000, behindNat: true, agent: 'Phone/1.0', registeredMs: clock.now(), expiresMs: clock.now() + 600_000,
      }],
    }]);
  });

  it.each([
    ['<sip:a@h>', '', 'Expires: 90\r\n', 90],
    ['<sip:a@h>;expires=120', '', '', 120],
    ['<sip:a@h>', 'Expires: 300\r\n', '', 300],
    ['<sip:a@h>', '', '', 3_600],
    ['<sip:a@h>;expires=9999999999', '', '', 30 * 86_400],
  ])('lasts as the registrar says, else as was asked: %s', (contact, asked, answer, seconds) => {
    const { changes, clock } = registered(contact, answer, asked);
    expect(changes[0]?.put[0]?.expiresMs).toBe(clock.now() + seconds * 1_000);
  });

  it.each([['<sip:a@h>;expires=0', ''], ['<sip:a@h>', 'Expires: 0\r\n']])('that ends a binding removes it: %s', (contact, asked) => {
    expect(registered(contact, '', asked).changes).toEqual([{ tenant: 1, aor: 'alice@acme.example', all: false, removed: ['sip:a@h'], put: [] }]);
  });

  it('with "Contact: *" removes all bindings, and one without Contact says nothing', () => {
    expect(registered('*', '', 'Expires: 0\r\n').changes).toEqual([{ tenant: 1, aor: 'alice@acme.example', all: true, removed: [], put: [] }]);
    const edge = new Edge(world());
    edge.receive(register('x').replace(/Contact: x\r\n/, ''), '203.0.113.9', 40_000);
    edge.receive(answerTo(edge.one(), 200), '10.0.0.1', 5060);
    expect(edge.changes).toEqual([]);
  });

  it('counts only when it was accepted', () => {
    const edge = new Edge(world());
    edge.receive(register('<sip:a@h>'), '203.0.113.9', 40_000);
    edge.receive(answerTo(edge.one(), 401), '10.0.0.1', 5060);
    expect(edge.changes).toEqual([]);
  });
});

describe('a REGISTER that no registrar has answered', () => {
  it('changes nothing: a phone that is sent one by its own flow token cannot register or unregister others', () => {
    const edge = new Edge(world());
    edge.receive(register('<sip:mallory@203.0.113.9:40000>'), '203.0.113.9', 40_000);
    const path = /Path: <(.*)>/.exec(edge.one().text)?.[1] ?? '';
    edge.receive(register('*', `Expires: 0\r\nRoute: <${path}>\r\n`, 2), '203.0.113.9', 40_000);
    for (const sent of edge.take()) if (sent.text.startsWith('REGISTER')) edge.receive(answerTo(sent, 200), '203.0.113.9', 40_000);
    expect(edge.changes).toEqual([]);
  });
});

describe('limits on REGISTER', () => {
  const limited = (options: World = {}): Edge => new Edge(world({ limits: { calls: 0, cps: 0, registrations: 1 }, ...options }));

  it('refuse a new binding of a tenant that is full, and let it refresh and remove what it has', () => {
    const edge = limited();
    edge.env.limits.registrationStarted(1, true);
    edge.bindings.add('alice@acme.example sip:a@h');
    edge.receive(register('<sip:b@h>', '', 1), '203.0.113.9', 40_000);
    expect(edge.one().text).toMatch(/^SIP\/2\.0 503 Limit Reached\r\n[^]*Retry-After: 1\r\n/);
    for (const [cseq, contact] of [[2, '<sip:a@h>'], [3, '<sip:b@h>;expires=0'], [4, '*']] as const) {
      edge.receive(register(contact, '', cseq), '203.0.113.9', 40_000);
      expect(edge.one().text).toMatch(/^REGISTER /);
    }
  });

  it('count every Contact of a REGISTER: one of them cannot bring in more than there is room for', () => {
    const edge = new Edge(world({ limits: { calls: 0, cps: 0, registrations: 3 } }));
    edge.env.limits.registrationStarted(1, true);
    edge.receive(register('<sip:a@h>, <sip:b@h>, <sip:c@h>'), '203.0.113.9', 40_000);
    expect(edge.one().text).toMatch(/^SIP\/2\.0 503 /);
    edge.receive(register('<sip:a@h>, <sip:b@h>', '', 2), '203.0.113.9', 40_000);
    expect(edge.one().text).toMatch(/^REGISTER /);
    edge.receive(register(`<sip:${'x'.repeat(1_100)}@h>`, '', 3), '203.0.113.9', 40_000);
    expect(edge.one().text).toMatch(/^SIP\/2\.0 503 /);
  });

  it('let so many a second through to the registrars, and spread the return of the rest', () => {
    const edge = new Edge(world({ setting: { registration: { perSecond: 5, spreadPercent: 0 } } }));
    const answers = Array.from({ length: 20 }, (_unused, n) => {
      edge.receive(register('<sip:a@h>', '', n + 1).replace('call-1@', `call-${n}@`), '203.0.113.9', 40_000);
      return edge.one().text;
    });
    expect(answers.filter((text) => text.startsWith('REGISTER'))).toHaveLength(5);
    const waits = answers.flatMap((text) => /Retry-After: (\d+)/.exec(text)?.[1] ?? []).map(Number);
    expect(waits).toHaveLength(15);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(5);
    expect(Math.max(...waits)).toBeLessThanOrEqual(30);
    expect(new Set(waits).size).toBeGreaterThan(5);
  });
});

describe('the spread of expiries', () => {
  const answer = (callId: string): string => `SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:a@h>;tag=2\r\nCall-ID: ${callId}\r\nCSeq: 1 REGISTER\r\nContact: <sip:a@h>;expires=3600;q=1, "x" <sip:b@h>;expires="60"\r\nExpires: 1000\r\nContent-Length: 0\r\n\r\n`;
  const read = (text: string): number[] => {
    const outcome = parseMessage(text);
    if (!outcome.ok) throw new Error(outcome.reason);
    return [Number(outcome.message.routeValues('contact')[0]?.address.param('expires')), Number(outcome.message.header('expires'))];
  };

  it('shortens all expiries of a phone by the same part, up to the percentage, and never lengthens one', () => {
    const parts = Array.from({ length: 200 }, (_unused, n) => {
      const [contact = 0, header = 0] = read(spreadExpires(new Edits(), answer(`call-${n}`), 30));
      expect(Math.abs(contact / 3_600 - header / 1_000)).toBeLessThan(0.002);
      return contact / 3_600;
    });
    expect(Math.min(...parts)).toBeGreaterThanOrEqual(0.699);
    expect(Math.max(...parts)).toBeLessThanOrEqual(1);
    expect(Math.max(...parts) - Math.min(...parts)).toBeGreaterThan(0.2);
  });

  it('reaches the phone', () => {
    const edge = new Edge(world({ setting: { registration: { perSecond: 0, spreadPercent: 50 } } }));
    edge.receive(register('<sip:a@h>'), '203.0.113.9', 40_000);
    edge.receive(answerTo(edge.one(), 200, 'r', 'Contact: <sip:a@h>;expires=3600\r\n'), '10.0.0.1', 5060);
    expect(Number(edge.one().message.contact?.param('expires'))).toBeLessThan(3_600);
  });
});
