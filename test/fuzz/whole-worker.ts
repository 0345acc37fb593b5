/** A whole worker between a phone and a PBX that say mutated things: nothing throws, what it sends are messages, and in the end nothing is left of them. */
import { unmask } from '../../dataplane/hiding/unmask.ts';
import { parseMessage } from '../../dataplane/sip/parse.ts';
import { bindingResponse, isStun } from '../../dataplane/transport/stun.ts';
import { answerTo, Edge, request, tcp, udp, world, type Sent } from '../unit/proxy/edge.ts';
import { mutate } from './mutate.ts';
import type { Random } from './random.ts';

const phone = ['198.51.100.7', 5060] as const;
const backend = ['10.0.0.1', 5060] as const;
/** Texts that one worker lives through. */
const lifetime = 300;
const contacts = ['', '', 'Contact: <sip:1001@acme.example>\r\n', 'Contact: <sip:2002@acme.example>;q=0.5, <sip:3@10.0.0.2>, <sip:4@elsewhere.example>\r\n'];
const statuses = [100, 180, 183, 200, 200, 200, 202, 302, 404, 408, 481, 486, 487, 500, 503, 603];

const edgeWith = (topologyHiding: boolean, hideCallId: boolean, redirects: 'pass' | 'block' | 'recurse', algorithm: 4 | 8 | 12): Edge =>
  new Edge(world({ algorithm, policies: { topologyHiding, hideCallId, redirects } }));

/** A side of a dialog: what it puts into its requests. */
interface Side { readonly uri: string; readonly routes: readonly string[]; readonly from: string; readonly to: string; readonly callId: string; readonly at: string }

const within = (method: string, cseq: number, side: Side): string =>
  `${method} ${side.uri} SIP/2.0\r\nVia: SIP/2.0/UDP ${side.at};branch=z9hG4bK${method}${cseq};rport\r\nMax-Forwards: 70\r\n${side.routes.map((uri) => `Route: <${uri}>\r\n`).join('')}`
  + `From: ${side.from}\r\nTo: ${side.to}\r\nCall-ID: ${side.callId}\r\nCSeq: ${cseq} ${method}\r\nContact: <sip:me@${side.at}>\r\nContent-Length: 0\r\n\r\n`;

/** What both sides of a call and a registration say, with tokens that any worker opens. */
function conversation(hide: boolean, hideCallId: boolean): string[] {
  const edge = edgeWith(hide, hideCallId, 'pass', 8);
  const said: string[] = [];
  const say = (text: string, from: readonly [string, number]): Sent => {
    said.push(text);
    edge.receive(text, ...from);
    const sent = edge.take().at(-1);
    if (sent === undefined) throw new Error(`nothing came of:\n${text}`);
    return sent;
  };
  const routesOf = ({ message }: Sent): string[] => message.routeValues('record-route').map(({ uri }) => uri);
  const invite = say(request('INVITE', { headers: 'Via: SIP/2.0/UDP 203.0.113.77:5060;branch=z9hG4bKphone;received="x"\r\nRecord-Route: <sip:203.0.113.5;lr>\r\nTimestamp: 54\r\nProxy-Authorization: Digest username="a\\"b", realm="acme"\r\n' }), phone);
  const ok = say(answerTo(invite, 200, 'bob', 'Contact: <sip:1001@10.0.0.77:5080;ob>\r\n').replace('Record-Route:', 'Record-Route: <sip:10.0.0.9;lr>\r\nRecord-Route:'), backend);
  const [alice, bob] = ['<sip:alice@acme.example>;tag=alice', '<sip:1001@acme.example>;tag=bob'];
  const caller: Side = { uri: ok.message.contact?.uri ?? '', routes: routesOf(ok).toReversed().slice(1), from: alice, to: bob, callId: ok.message.callId, at: '198.51.100.7:5060' };
  const callee: Side = { uri: invite.message.contact?.uri ?? '', routes: routesOf(invite), from: bob, to: alice, callId: invite.message.callId, at: '10.0.0.1:5060' };
  say(within('ACK', 1, caller), phone);
  for (const method of ['INVITE', 'UPDATE', 'INFO']) say(answerTo(say(within(method, 2, caller), phone), 200, 'bob', 'Contact: <sip:1001@10.0.0.77:5080>\r\n'), backend);
  say(answerTo(say(within('NOTIFY', 2, callee), backend), 200, 'alice'), phone);
  say(answerTo(say(within('BYE', 3, callee), backend), 200, 'alice'), phone);
  // The registrar knows the phone by what it got, and calls it so.
  const register = say(request('REGISTER', { uri: 'sip:acme.example', headers: 'Supported: path, outbound\r\nExpires: 600\r\n' }), phone);
  say(answerTo(register, 200, 'reg', `Contact: <${register.message.contact?.uri ?? ''}>;expires=600\r\nPath: <sip:192.0.2.1;lr>\r\n`), backend);
  say(request('INVITE', { uri: register.message.contact?.uri ?? '', branch: 'to-phone', headers: `Route: ${register.message.header('path') ?? ''}\r\n` }), backend);
  return said;
}

const stun = '\u0000\u0001\u0000\u0000\u0021\u0012\u00a4\u0042transaction!';
const others = [
  ...['CANCEL', 'OPTIONS', 'MESSAGE', 'SUBSCRIBE', 'PUBLISH'].map((method) => request(method, { branch: 'INVITE-1' })), request('INVITE', { uri: 'tel:+49-30-123;phone-context=acme.example' }),
  request('INVITE', { headers: 'Route: <sip:192.0.2.1;lr>, <sip:10.0.0.1;lr>\r\n' }), request('OPTIONS', { uri: 'sip:192.0.2.1', maxForwards: 0 }),
];
export const workerSeeds: readonly string[] = [...[[false, false], [true, false], [true, true]].flatMap(([hide = false, callId = false]) => conversation(hide, callId)), ...others, stun];

let edge = edgeWith(true, true, 'recurse', 8);
let age = 0;

function must(holds: boolean, rule: string): void {
  if (!holds) throw new Error(`broken: ${rule}`);
}

/** The worker remembers what it heard before: to see a failure again, run its seed. */
export function checkWorker(text: string, random: Random): void {
  if (age === 0) edge = edgeWith(random.below(3) > 0, random.below(2) === 0, random.pick(['pass', 'block', 'recurse']), random.pick([4, 8, 12]));
  age += 1;
  if (isStun(text)) must(bindingResponse(text, 4, phone[0], phone[1]).length <= 84, 'a binding request gets a short answer or silence');
  const [address, port] = random.pick([phone, backend]);
  hear(text, address, port, random.below(4) === 0);
  for (let turns = 3; turns > 0; turns--) {
    for (const sent of edge.take()) {
      must(sent.target.port > 0 && sent.target.port < 65_536 && sent.target.address !== '', 'what is sent goes somewhere');
      if (!sent.message.isRequest || sent.message.method === 'ACK' || random.below(3) === 0) continue;
      const answer = answerTo(sent, random.pick(statuses), 'bob', random.pick(contacts));
      const mutated = random.below(2) === 0 ? answer : mutate(answer, workerSeeds, random);
      if (random.below(20) === 0) sent.owner?.sendFailed('ECONNREFUSED');
      else hear(mutated, sent.target.address, sent.target.port, false);
    }
  }
  if (random.below(10) === 0) edge.advance(random.pick([20, 600, 5_100]));
  if (age === lifetime) settle();
  must(edge.faults.length === 0, edge.faults[0] ?? '');
}

/**
 * What is refused is answered with its own broken Via (the parser's fuzzer looks at that), and Vias below ours go up as a
 * backend left them: neither is said here.
 */
function hear(text: string, address: string, port: number, stream: boolean): void {
  const outcome = parseMessage(text);
  if (!outcome.ok) return;
  const { keys, identity } = edge.env;
  const viasAreWhole = outcome.message.isRequest || (unmask(keys, outcome.message, identity).via(1) !== null && !/\nv(?:ia)?[ \t]*:[ \t]*\r\n/i.test(text));
  if (viasAreWhole) edge.receive(text, address, port, stream ? tcp : udp, stream ? 7 : 0);
}

function settle(): void {
  age = 0;
  edge.advance(400_000);
  const { env } = edge;
  must(env.pending === 0 && env.pendingBytes === 0, 'no request is open for ever');
  must(env.layer.serverCount === 0 && env.layer.clientCount === 0, 'no transaction stays for ever');
}
