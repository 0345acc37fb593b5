/**
 * CPU of one call through parser, transactions and proxy, without sockets: INVITE 180 200 ACK BYE 200.
 * Run by hand: `node bench/micro/proxy.ts [calls]`. Prints µs a call.
 */
import { answerTo, Edge, request, world } from '../../test/unit/proxy/edge.ts';

const calls = Number(process.argv[2] ?? 20_000);
const edge = new Edge(world({ algorithm: 4 }));
const sdp = 'v=0\r\no=- 1 1 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n';

interface Script { readonly text: string; readonly address: string }

/** The six messages of a call, as its two ends would send them. */
function script(n: number): Script[] {
  const callId = `call-${n}@198.51.100.7`;
  edge.receive(request('INVITE', { callId, branch: `i${n}` }).replace('Content-Length: 0\r\n\r\n', `Content-Length: ${sdp.length}\r\n\r\n${sdp}`), '198.51.100.7', 5060);
  const invite = edge.one();
  const route = `Route: ${invite.message.header('record-route')}\r\n`;
  const ack = request('ACK', { callId, uri: 'sip:1001@10.0.0.1:5060', toTag: 'callee', branch: `a${n}`, headers: route });
  const byeText = request('BYE', { callId, uri: 'sip:1001@10.0.0.1:5060', toTag: 'callee', branch: `b${n}`, headers: route, cseq: 2 });
  const messages = [
    { text: answerTo(invite, 180), address: '10.0.0.1' }, { text: answerTo(invite, 200), address: '10.0.0.1' },
    { text: ack, address: '198.51.100.7' }, { text: byeText, address: '198.51.100.7' },
  ];
  for (const one of messages.slice(0, 3)) edge.receive(one.text, one.address, 5060);
  edge.take();
  edge.receive(byeText, '198.51.100.7', 5060);
  messages.push({ text: answerTo(edge.one(), 200), address: '10.0.0.1' });
  return [{ text: request('INVITE', { callId, branch: `i${n}` }).replace('Content-Length: 0\r\n\r\n', `Content-Length: ${sdp.length}\r\n\r\n${sdp}`), address: '198.51.100.7' }, ...messages];
}

const flat = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');
const scripts = Array.from({ length: calls }, (_, n) => script(n).map(({ text, address }) => ({ text: flat(text), address })));
// All transactions of the preparation end; the measured calls begin anew.
edge.advance(64_000);
edge.take();
edge.quiet = true;

let at = 0;
for (let round = 0; round < 5; round++) {
  const until = Math.floor((calls * (round + 1)) / 5);
  const from = at;
  const started = process.cpuUsage();
  for (; at < until; at++) {
    const messages = scripts[at];
    if (messages === undefined) break;
    for (const { text, address } of messages) edge.receive(text, address, 5060);
    if (at % 40 === 0) edge.advance(20);
  }
  const used = process.cpuUsage(started);
  process.stdout.write(`round ${round + 1}: ${((used.user + used.system) / (at - from)).toFixed(1)} µs a call, ${edge.sentCount} messages sent, ${edge.env.layer.serverCount} server transactions\n`);
}
