/** Calls between every two transports and families through the real data plane: INVITE, ACK and BYE from either end (RFC 5658). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultSetting } from '../../../dataplane/contract/rows.ts';
import { makeCertificate } from '../../../dataplane/security/x509.ts';
import { headerOf, valuesOf, type SipText } from '../../harness/sip-text.ts';
import { SipSocket } from '../../harness/sip-socket.ts';
import type { SipTransport } from '../../harness/sip-wires.ts';
import { Peer, Rig, establish, fromCallee, fromCaller } from '../dataplane/rig.ts';

const phones = ['udp', 'tcp', 'tls', 'ws', 'wss'] as const;
const backends = ['udp', 'tcp', 'tls'] as const;
const families = [['IPv4', '127.0.0.1'], ['IPv6', '::1']] as const;
const pairs = phones.flatMap((phone) => families.flatMap(([phoneFamily, phoneHost]) => backends.flatMap((backend) => families.map(([family, host]) => ({ phone, phoneFamily, phoneHost, backend, family, host })))));

const authority = makeCertificate({ commonName: 'Bridge Root', names: [], nowMs: Date.now(), days: 1, authority: true });
const pbxCertificate = makeCertificate({ commonName: 'pbx', names: ['127.0.0.1', '::1'], nowMs: Date.now(), days: 1, issuer: authority });
const sockets = new Map<string, SipSocket>();
const key = (transport: SipTransport, host: string): string => `${transport}-${host === '::1' ? '6' : '4'}`;
let rig: Rig;

beforeAll(async () => {
  for (const backend of backends) for (const [, host] of families) sockets.set(key(backend, host), await SipSocket.open({ transport: backend, host, certificate: pbxCertificate }));
  const listen = families.flatMap(([, host]) => {
    const at = host === '::1' ? '[::1]' : host;
    return [`udp:${at}:PORT`, `tcp:${at}:PORT`, `tls:${at}:TLS_PORT`, `ws:${at}:WS_PORT`, `wss:${at}:WSS_PORT`];
  });
  rig = await Rig.start(
    [...sockets].map(([name, socket]) => ({ key: name, destinations: [`sip:${socket.host === '::1' ? '[::1]' : socket.host}:${socket.port}${socket.transport === 'udp' ? '' : `;transport=${socket.transport}`}`] })),
    { listen: listen.join(','), setting: { tls: { ...defaultSetting.tls, ca: authority.cert } } },
  );
});
afterAll(async () => {
  await rig.stop();
  for (const socket of sockets.values()) await socket.close();
});

const uriForm = (transport: SipTransport): string => (transport === 'udp' ? ';lr>' : `;transport=${transport === 'wss' ? 'ws' : transport};lr>`);
const topVia = (message: SipText): string => headerOf(message, 'via');

describe.each(pairs)('a call from $phone $phoneFamily to a backend on $backend $family', ({ phone, phoneHost, backend, host }) => {
  it('is set up, and ended from either end', async () => {
    const callee = new Peer(sockets.get(key(backend, host))!, rig);
    for (const end of ['caller', 'callee'] as const) {
      const caller = await rig.peer({ transport: phone, host: phoneHost });
      const call = await establish(caller, callee, `sip:1001@${key(backend, host)}.example`);
      expect(topVia(call.invite)).toMatch(new RegExp(`^SIP/2.0/${backend.toUpperCase()} `));
      const records = valuesOf(call.invite, 'record-route');
      const same = phone === backend && phoneHost === host;
      expect(records.length).toBe(same ? 1 : 2);
      expect(records[0]).toContain(uriForm(backend));
      expect(records.at(-1)).toContain(uriForm(phone));
      if (end === 'caller') {
        await caller.send(fromCaller(caller, call, 'BYE', 2));
        callee.answer(await callee.gets('BYE', call.callId), 200);
        await caller.socket.waitFor('200 to BYE', (m) => m.status === 200 && headerOf(m, 'cseq') === '2 BYE');
      } else {
        await callee.send(fromCallee(callee, call, 'BYE', 1));
        const bye = await caller.gets('BYE', call.callId);
        expect(topVia(bye.message)).toMatch(new RegExp(`^SIP/2.0/${phone.toUpperCase()} `));
        caller.answer(bye, 200);
        await callee.socket.waitFor('200 to BYE', (m) => m.status === 200 && headerOf(m, 'cseq') === '1 BYE');
      }
    }
  });
});
