import { describe, expect, it } from 'vitest';
import { parseMessage } from '../../../dataplane/sip/parse.ts';
import type { Via } from '../../../dataplane/sip/via.ts';
import { Address, ReceivedBy, type MessageSender, type Target, type TransportName } from '../../../dataplane/transport/flow.ts';
import type { Located, Locator } from '../../../dataplane/transport/locate.ts';
import { LostResponse, rescuingHost } from '../../../dataplane/transport/lost-response.ts';
import { tcp } from '../proxy/edge.ts';

const viaOf = (sentBy: string): Via => {
  const outcome = parseMessage(`OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP ${sentBy};branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n`);
  const via = outcome.ok ? outcome.message.topVia : null;
  if (via === null) throw new Error(`no Via: ${sentBy}`);
  return via;
};
const flowBy = (transport: TransportName, connection: number): ReceivedBy => new ReceivedBy({ ...tcp, transport }, 4, '198.51.100.7', 40_000, connection);

describe('a response whose connection is gone (RFC 3263 §5)', () => {
  it.each([
    ['client.example', 'tcp', 1, 'client.example'], ['client.example', 'tls', 1, 'client.example'],
    ['client.example:5070', 'tcp', 1, ''], ['192.0.2.1', 'tcp', 1, ''], ['[2001:db8::1]', 'tcp', 1, ''], ['client.example', 'udp', 0, ''], ['x.invalid', 'wss', 1, ''],
  ] as const)('with sent-by %s over %s (connection %s) has "%s" to ask DNS for', (sentBy, transport, connection, host) => {
    expect(rescuingHost(viaOf(sentBy), flowBy(transport, connection))).toBe(host);
  });

  it('goes to the port that SRV names at the address of the request, and nowhere else', () => {
    const place = (address: string, port: number, transport: Located['transport'] = 'tcp'): Located => ({ transport, family: 4, address, port, serverName: '' });
    const sent: [Target, string][] = [];
    const asked: unknown[] = [];
    const rescue = (...places: Located[]): void => {
      const locator: Locator = {
        locate: (host, port, transport, secure, prefer, key, done) => {
          asked.push([host, port, transport, secure, prefer, key]);
          done(places);
        },
      };
      const sender: MessageSender = { send: (target, text) => void sent.push([target, text]) };
      new LostResponse(locator, sender, new Address('tcp', 4, '198.51.100.7', 5060, null, 1), 'client.example', 'SIP/2.0 200 OK').sendFailed();
    };
    rescue(place('203.0.113.66', 22), place('198.51.100.7', 5060), place('198.51.100.7', 5072, 'tls'), place('198.51.100.7', 5070));
    expect(asked).toEqual([['client.example', 0, 'tcp', false, 4, '']]);
    expect(sent).toMatchObject([[{ transport: 'tcp', address: '198.51.100.7', port: 5070, connection: 0 }, 'SIP/2.0 200 OK']]);
    rescue(place('203.0.113.66', 22));
    rescue();
    expect(sent.length).toBe(1);
  });
});
