import { describe, expect, it } from 'vitest';
import { onlyByFlow } from '../../../dataplane/proxy/reachability.ts';
import { parseMessage } from '../../../dataplane/sip/parse.ts';
import { ReceivedBy, type Listener } from '../../../dataplane/transport/flow.ts';
import { request, tcp, tls, udp, ws } from './edge.ts';

function byFlow(contact: string, listener: Listener, port: number, more: { headers?: string; rport?: boolean } = {}): boolean {
  const raw = request('INVITE', { headers: more.headers ?? '' }).replace('<sip:alice@198.51.100.7:5060>', `<${contact}>`).replace(';branch=', `${more.rport === true ? ';rport' : ''};branch=`);
  const outcome = parseMessage(raw);
  if (!outcome.ok) throw new Error(outcome.reason);
  return onlyByFlow(outcome.message, new ReceivedBy(listener, 4, '198.51.100.7', port, listener.transport === 'udp' ? 0 : 9));
}

describe('a phone is reached by its flow alone', () => {
  it.each([
    ['on a connection that its Contact does not name', 'sip:a@198.51.100.7:5060;transport=tcp', tcp, 40_000, true],
    ['not where it can be called', 'sip:a@198.51.100.7:40000;transport=tcp', tcp, 40_000, false],
    ['on TLS at another port', 'sips:a@198.51.100.7', tls, 40_000, true],
    ['not on TLS at the port of sips', 'sips:a@198.51.100.7;transport=tls', tls, 5_061, false],
    ['in a browser', 'sip:a@x.invalid;transport=ws', ws, 40_000, true],
    ['in a browser that tells its address and port', 'sip:a@198.51.100.7:40000;transport=ws', ws, 40_000, true],
    ['behind NAT on UDP', 'sip:a@192.168.1.5:5060', udp, 40_000, true],
    ['not on UDP at its Contact', 'sip:a@198.51.100.7:5060', udp, 5_060, false],
  ] as const)('%s', (_, contact, listener, port, expected) => {
    expect(byFlow(contact, listener, port)).toBe(expected);
  });

  it('never with another proxy before us', () => {
    expect(byFlow('sip:a@x.invalid;transport=ws', ws, 40_000, { headers: 'Record-Route: <sip:proxy.example;lr>\r\n' })).toBe(false);
  });
});
