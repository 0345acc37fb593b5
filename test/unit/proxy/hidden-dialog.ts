/** A dialog through an edge that hides topology: alice behind a proxy of hers calls 1001 at a PBX behind its own. */
import { KeyRing } from '../../../dataplane/security/key-ring.ts';
import type { SipMessage } from '../../../dataplane/sip/message.ts';
import { answerTo, Edge, request, world, type Sent } from './edge.ts';

export const phone = { address: '198.51.100.7', port: 5060 };
export const pbx = { address: '10.0.0.1', port: 5060 };
export const ring = (...ids: number[]): KeyRing => new KeyRing(ids.map((id) => ({ id, key: new Uint8Array(32).fill(id) })));
export const value = (message: SipMessage, name: string): string => message.header(name) ?? '';
export const values = (message: SipMessage, name: string): string[] => message.routeValues(name).map((each) => each.uri);

export const hiding = (hideCallId: boolean): Edge => new Edge(world({ policies: { topologyHiding: true, hideCallId } }), ring(7));

/** A request within the dialog as the side that got `established` would write it: by its Route set and its remote target. */
export function within(method: string, side: { routes: string[]; target: string; callId: string; from: string; to: string; at: string }, cseq = 2, body = ''): string {
  return `${method} ${side.target} SIP/2.0\r\nVia: SIP/2.0/UDP ${side.at};branch=z9hG4bK${method}-${cseq}\r\nMax-Forwards: 70\r\n`
    + side.routes.map((uri) => `Route: <${uri}>\r\n`).join('')
    + `From: ${side.from}\r\nTo: ${side.to}\r\nCall-ID: ${side.callId}\r\nCSeq: ${cseq} ${method}\r\nContact: <sip:me@${side.at}>\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

export interface Dialog {
  readonly edge: Edge;
  readonly invite: Sent;
  readonly ok: Sent;
  readonly caller: Parameters<typeof within>[1];
  readonly callee: Parameters<typeof within>[1];
}

/** alice calls 1001; the PBX stands behind a proxy of its own at 10.0.0.9, alice behind one at 203.0.113.5. */
export function establish(edge: Edge): Dialog {
  const upstream = 'Via: SIP/2.0/UDP 203.0.113.77:5060;branch=z9hG4bKphone\r\nRecord-Route: <sip:203.0.113.5;lr>\r\n';
  edge.receive(request('INVITE', { headers: upstream }), phone.address, phone.port);
  const invite = edge.one();
  const answer = answerTo(invite, 200, 'bob', 'Contact: <sip:1001@10.0.0.77:5080;ob>\r\n').replace('Record-Route:', 'Record-Route: <sip:10.0.0.9;lr>\r\nRecord-Route:');
  edge.receive(answer, pbx.address, pbx.port);
  const ok = edge.one();
  const routes = values(ok.message, 'record-route');
  return {
    edge, invite, ok,
    caller: { routes: [...routes].reverse().slice(1), target: ok.message.contact?.uri ?? '', callId: ok.message.callId, from: '<sip:alice@acme.example>;tag=alice', to: '<sip:1001@acme.example>;tag=bob', at: '198.51.100.7:5060' },
    callee: { routes: ['sip:10.0.0.9;lr', ...values(invite.message, 'record-route')].slice(1), target: invite.message.contact?.uri ?? '', callId: invite.message.callId, from: '<sip:1001@acme.example>;tag=bob', to: '<sip:alice@acme.example>;tag=alice', at: '10.0.0.1:5060' },
  };
}
