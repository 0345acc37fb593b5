/** What becomes of a destination's 3xx, by the tenant's policy (RFC 3261 §16.5, §16.7 step 4). */
import { describe, expect, it } from 'vitest';
import type { RowOp } from '../../../dataplane/contract/rows.ts';
import { answerTo, destination, Edge, request, tls, udp, world, type Sent, type World } from './edge.ts';

const phone = ['198.51.100.7', 5060] as const;
const from = (sent: Sent): [string, number] => [sent.target.address, sent.target.port];
const invited = (edge: Edge, text = request('INVITE')): Sent => {
  edge.receive(text, ...phone);
  return edge.one();
};
const moved = (edge: Edge, sent: Sent, contact: string, status = 302): Sent[] => {
  edge.receive(answerTo(sent, status, 'mover', contact === '' ? '' : `Contact: ${contact}\r\n`), ...from(sent));
  return edge.take().filter(({ message }) => message.method !== 'ACK' || !message.isRequest);
};
const up = (sent: readonly Sent[]): number[] => sent.filter(({ message }) => !message.isRequest).map(({ message }) => message.status);

const domain = (name: string, tenant: number, routeSet = 1): RowOp => ({ table: 'domain', key: name, row: { name, tenant, routeSet, enabled: true, did: '' } });
const rows = (redirects: 'pass' | 'block' | 'recurse', options: World = {}): RowOp[] => world({ ...options, policies: { redirects } });

describe('pass', () => {
  it('hands the 3xx up as it came, and asks nobody else', () => {
    const edge = new Edge(rows('pass'));
    const [only, ...rest] = moved(edge, invited(edge), '<sip:1001@10.0.0.2>;q=0.7, <sip:cell@elsewhere.example>');
    expect(rest).toEqual([]);
    expect([only?.message.status, only?.message.header('contact')]).toEqual([302, '<sip:1001@10.0.0.2>;q=0.7, <sip:cell@elsewhere.example>']);
  });
});

it('looks at the first 32 Contacts only: a long list must not keep the worker from its packets', () => {
  const strangers = (count: number): string => Array.from({ length: count }, (_unused, n) => `<sip:${n}@elsewhere.example>, `).join('');
  const edge = new Edge(rows('recurse'));
  expect(moved(edge, invited(edge), `${strangers(31)}<sip:1001@10.0.0.2>`)[0]?.target.address).toBe('10.0.0.2');
  const other = new Edge(rows('recurse'));
  expect(up(moved(other, invited(other), `${strangers(32)}<sip:1001@10.0.0.2>`))).toEqual([302]);
});

describe('block', () => {
  it('goes on to the next destination, whatever the failover matrix says', () => {
    const edge = new Edge(rows('block', { on: [] }));
    expect(moved(edge, invited(edge), '<sip:x@elsewhere.example>')[0]?.target.address).toBe('10.0.0.2');
  });

  it('answers 480 when nobody is left, or what somebody else said', () => {
    const alone = new Edge(rows('block', { destinations: [destination(1, 'sip:10.0.0.1')] }));
    expect(up(moved(alone, invited(alone), '<sip:x@elsewhere.example>'))).toEqual([480]);
    const edge = new Edge(rows('block'));
    const [second] = moved(edge, invited(edge), '<sip:x@elsewhere.example>');
    edge.receive(answerTo(second as Sent, 404), '10.0.0.2', 5060);
    expect(up(edge.take())).toEqual([404]);
  });

  it('holds after the CANCEL of the caller too: 487, and no Contact', () => {
    const edge = new Edge(rows('block'));
    const sent = invited(edge);
    edge.receive(answerTo(sent, 180), ...from(sent));
    edge.receive(request('CANCEL', { branch: 'INVITE-1' }), ...phone);
    edge.take();
    const [answer, ...more] = moved(edge, sent, '<sip:x@elsewhere.example>');
    expect([answer?.message.status, answer?.text.includes('elsewhere'), more]).toEqual([487, false, []]);
  });
});

describe('recurse', () => {
  it('routes a Contact in a domain of the tenant by its rules, and the caller hears nothing of the redirection', () => {
    const edge = new Edge(rows('recurse'));
    const [next, ...rest] = moved(edge, invited(edge), '<sip:2002@acme.example;x=y>');
    expect(rest).toEqual([]);
    expect([next?.message.requestUri, next?.target.address]).toEqual(['sip:2002@acme.example;x=y', '10.0.0.1']);
    edge.receive(answerTo(next as Sent, 200), ...from(next as Sent));
    expect(up(edge.take())).toEqual([200]);
    expect(edge.count('redirects_followed_total')).toBe(1);
    expect(edge.env.calls.size).toBe(1);
  });

  it('follows to a destination of the tenant by its address', () => {
    const edge = new Edge(rows('recurse'));
    const [next] = moved(edge, invited(edge), '<sip:77@10.0.0.2:5060>');
    expect([next?.message.requestUri, next?.target.address]).toEqual(['sip:77@10.0.0.2:5060', '10.0.0.2']);
  });

  it('goes on inside the new address’s own plan when its first destination fails', () => {
    const edge = new Edge(rows('recurse'));
    const [next] = moved(edge, invited(edge), '<sip:2002@acme.example>');
    edge.receive(answerTo(next as Sent, 503), ...from(next as Sent));
    const again = edge.take().find(({ target, message }) => target.address === '10.0.0.2' && message.isRequest);
    expect(again?.message.requestUri).toBe('sip:2002@acme.example');
  });

  it.each([
    ['an address of nobody', '<sip:x@elsewhere.example>'], ['the public telephone network', '<tel:+4930123>'], ['another tenant', '<sip:1@other.example>'],
    ['another port of a destination', '<sip:1@10.0.0.2:5070>'], ['another transport of a destination', '<sip:1@10.0.0.2;transport=tcp>'], ['headers in the URI', '<sip:2002@acme.example?Route=%3Csip:x%3E>'], ['another host behind ours', '<sip:2002@acme.example;maddr=203.0.113.66>'], ['another host behind a destination', '<sip:2002@10.0.0.2;maddr=203.0.113.66>'],
    ['where it came from', '<sip:1001@acme.example>'], ['nothing', ''],
  ])('does not follow to %s: the 3xx goes up', (_, contact) => {
    const edge = new Edge([...rows('recurse'), { table: 'tenant', key: '2', row: { ...tenantRow(), id: 2, key: 'other' } }, domain('other.example', 2)]);
    const sent = moved(edge, invited(edge), contact);
    expect(up(sent)).toEqual([302]);
    expect(sent).toHaveLength(1);
  });

  it('does not leave TLS for a sips request', () => {
    const edge = new Edge(rows('recurse', { destinations: [destination(1, 'sips:10.0.0.1')] }), undefined, [udp, tls]);
    expect(up(moved(edge, invited(edge, request('INVITE', { uri: 'sips:1001@acme.example' })), '<sip:2002@acme.example>'))).toEqual([302]);
  });

  it('goes to TLS for a sips Contact of a sip request, never over anything else', () => {
    const edge = new Edge(rows('recurse', { destinations: [destination(1, 'sip:10.0.0.1'), destination(2, 'sips:10.0.0.2', { rank: 2 })] }), undefined, [udp, tls]);
    const [next] = moved(edge, invited(edge), '<sips:2002@acme.example>');
    expect([next?.message.requestUri, next?.target.transport, next?.target.address]).toEqual(['sips:2002@acme.example', 'tls', '10.0.0.2']);
    const plain = new Edge(rows('recurse'), undefined, [udp, tls]);
    expect(up(moved(plain, invited(plain), '<SIPS:2002@acme.example>'))).toEqual([480]);
    expect(plain.outcomes.filter(([, outcome]) => outcome === 'transport')).toEqual([]);
  });

  it.each([['own', 1, 'INVITE'], ['shared', null, 302], ['another tenant’s', 2, 302]])('follows to a destination of an %s set: %s', (_, tenant, expected) => {
    const carrier = rows('recurse').flatMap((op): RowOp[] => (op.table === 'dispatcherSet' && op.row !== null ? [{ ...op, key: '20', row: { ...op.row, id: 20, tenant } }] : []));
    const edge = new Edge([...rows('recurse'), ...carrier, { table: 'destination', key: '9', row: { id: 9, set: 20, uri: 'sip:203.0.113.40', rank: 1, weight: 1, admin: 'enabled', attrs: {} } }]);
    expect(moved(edge, invited(edge), '<sip:+88299999@203.0.113.40>').map(({ message }) => (message.isRequest ? message.method : message.status))).toEqual([expected]);
  });

  it('follows to a destination beside the one that redirects, in a shared set too', () => {
    const edge = new Edge(rows('recurse').map((op): RowOp => (op.table === 'dispatcherSet' && op.row !== null ? { ...op, row: { ...op.row, tenant: null } } : op)));
    expect(moved(edge, invited(edge), '<sip:77@10.0.0.2>')[0]?.target.address).toBe('10.0.0.2');
  });

  it.each([305, 380])('leaves a %i alone', (status) => {
    const edge = new Edge(rows('recurse'));
    expect(up(moved(edge, invited(edge), '<sip:2002@acme.example>', status))).toEqual([status]);
  });

  it('calls Contacts of the same q together, better ones first, and cancels the rest when one answers', () => {
    const edge = new Edge(rows('recurse'));
    const first = moved(edge, invited(edge), '<sip:low@acme.example>;q=0.2, <sip:a@acme.example>;q=0.9, <sip:b@acme.example>;q=0.9');
    expect(first.map(({ message }) => message.requestUri)).toEqual(['sip:a@acme.example', 'sip:b@acme.example']);
    expect(first.map(({ message }) => message.header('max-breadth'))).toEqual(['30', '30']);
    const [a, b] = first as [Sent, Sent];
    edge.receive(answerTo(a, 486, 'a'), ...from(a));
    expect(edge.take().map(({ message }) => message.method)).toEqual(['ACK']);
    edge.receive(answerTo(b, 404, 'b'), ...from(b));
    const low = edge.take().find(({ message }) => message.requestUri === 'sip:low@acme.example' && message.raw.startsWith('INVITE'));
    edge.receive(answerTo(low as Sent, 480, 'low'), ...from(low as Sent));
    expect(up(edge.take())).toEqual([486]);
  });

  it('sends up what it did not follow, when what it followed failed', () => {
    const edge = new Edge(rows('recurse'));
    const sent = invited(edge);
    edge.receive(answerTo(sent, 302, 'mover', 'Contact: <sip:a@acme.example>;q=0.5, <sip:x@elsewhere.example>\r\nContact: "Y" <sip:y@elsewhere.example>\r\n'), ...from(sent));
    const [, next] = edge.take();
    edge.receive(answerTo(next as Sent, 486, 'a'), ...from(next as Sent));
    const answer = edge.take().find(({ message }) => !message.isRequest)?.message;
    expect([answer?.status, answer?.headers('contact').length, answer?.header('contact')]).toEqual([302, 1, '<sip:x@elsewhere.example>, "Y" <sip:y@elsewhere.example>']);
  });

  it('follows an address once, five redirections deep and ten Contacts wide', () => {
    const edge = new Edge(rows('recurse'));
    let sent: Sent | undefined = invited(edge);
    const seen: string[] = [];
    for (let n = 0; n < 20 && sent !== undefined; n++) {
      const next: Sent[] = moved(edge, sent, `<sip:n${n}@acme.example>`);
      sent = next.find(({ message }) => message.isRequest);
      if (sent === undefined) expect(up(next)).toEqual([302]);
      else seen.push(sent.message.requestUri);
    }
    expect(seen).toHaveLength(5);
    const wide = new Edge(rows('recurse'));
    const contacts = Array.from({ length: 30 }, (_, n) => `<sip:w${n}@acme.example>`).join(', ');
    expect(moved(wide, invited(wide), contacts)).toHaveLength(10);
  });

  it('between two users ends where it began', () => {
    const edge = new Edge(rows('recurse'));
    const [there] = moved(edge, invited(edge), '<sip:2002@acme.example>');
    expect(up(moved(edge, there as Sent, '<sip:1001@acme.example>'))).toEqual([302]);
  });

  it('asks nobody any more once the caller has given up', () => {
    const edge = new Edge(rows('recurse'));
    const sent = invited(edge);
    edge.receive(answerTo(sent, 180), ...from(sent));
    edge.receive(request('CANCEL', { branch: 'INVITE-1' }), ...phone);
    edge.take();
    expect(up(moved(edge, sent, '<sip:2002@acme.example>'))).toEqual([302]);
  });
});

describe('a 3xx of a phone', () => {
  it('passes to the PBX that called it: the policy is about destinations', () => {
    const edge = new Edge(rows('block'));
    edge.receive(request('REGISTER', { uri: 'sip:acme.example', to: 'sip:alice@acme.example', branch: 'r' }), ...phone);
    const path = edge.one().message.header('path') ?? '';
    edge.receive(request('INVITE', { uri: 'sip:alice@198.51.100.7', callId: 'in', branch: 'in', headers: `Route: ${path}\r\n` }), '10.0.0.1', 5060);
    expect(up(moved(edge, edge.one(), '<sip:cell@elsewhere.example>'))).toEqual([302]);
  });
});

function tenantRow(): Extract<RowOp, { table: 'tenant' }>['row'] & object {
  for (const op of world()) if (op.table === 'tenant' && op.row !== null) return op.row;
  throw new Error('no tenant');
}
