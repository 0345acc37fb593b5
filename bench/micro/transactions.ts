/**
 * Micro bench: what the transaction layer adds to a call of a proxy (INVITE, 100, 180, 200, ACK, BYE, 200), without
 * sockets: the difference between running the messages through the layer and only parsing them. Transactions end by
 * their timers on a simulated clock, so the tables have the size they have at the given rate.
 * Run: node bench/micro/transactions.ts [calls] [calls a second].
 */
import { ManualClock } from '../../dataplane/runtime/clock.ts';
import { TimerWheel } from '../../dataplane/runtime/timer-wheel.ts';
import type { SipMessage } from '../../dataplane/sip/message.ts';
import { parseMessage } from '../../dataplane/sip/parse.ts';
import { TransactionLayer } from '../../dataplane/transaction/layer.ts';
import type { ClientTransaction } from '../../dataplane/transaction/client.ts';
import type { ServerTransaction } from '../../dataplane/transaction/server.ts';
import type { TransactionUser } from '../../dataplane/transaction/user.ts';
import { Address, ReceivedBy } from '../../dataplane/transport/flow.ts';
import type { Flow, Listener } from '../../dataplane/transport/flow.ts';

const calls = Number(process.argv[2] ?? 100_000);
const rate = Number(process.argv[3] ?? 2_000);
const listener: Listener = {
  id: 0, transport: 'udp', family: 4, address: '192.0.2.1', port: 5060, advertisedHost: '192.0.2.1', advertisedPort: 5060,
  hostPort: '192.0.2.1:5060', hostIsFixed: true, backend: false,
};
const phone = new ReceivedBy(listener, 4, '198.51.100.7', 5060, 0);
const backend = new ReceivedBy(listener, 4, '203.0.113.5', 5060, 0);
const target = new Address('udp', 4, '203.0.113.5', 5060, listener);
const timeouts = { frMs: 5_000, frInviteMs: 30_000 };

const rest = (call: number, method: string): string =>
  `From: <sip:alice@pbx.example>;tag=a${call}\r\nTo: <sip:1001@pbx.example>;tag=b${call}\r\nCall-ID: ${call}-4711@198.51.100.7\r\n`
  + `CSeq: 1 ${method}\r\nMax-Forwards: 70\r\nContact: <sip:alice@198.51.100.7:5060>\r\nSubject: ${'x'.repeat(300)}\r\nContent-Length: 0\r\n\r\n`;
const ours = (call: number, method: string): string => `z9hG4bKsb00${method}${call}xxxxxxxx`;
const phoneVia = (call: number, method: string): string => `Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK-${method}-${call}-7;rport\r\n`;
const request = (call: number, method: string): string => `${method} sip:1001@pbx.example SIP/2.0\r\n${phoneVia(call, method)}${rest(call, method)}`;
const response = (call: number, method: string, status: number): string =>
  `SIP/2.0 ${status} Something\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=${ours(call, method)}\r\n${phoneVia(call, method)}${rest(call, method)}`;

const clock = new ManualClock(1_000);
const wheel = new TimerWheel(clock);
let call = 0;
const user: TransactionUser = {
  onRequest(tx: ServerTransaction, message: SipMessage) {
    layer.request(tx, message.method, ours(call, message.method), message.raw, target, timeouts);
  },
  onCancel() {},
  onAck() {},
  onResponse(tx: ClientTransaction, message: SipMessage) {
    if (message.status > 100) layer.respond(tx.user as ServerTransaction, message.raw, message.status);
  },
  onStrayResponse() {
    throw new Error('a response found no transaction');
  },
  onTimeout() {},
  onTransportError() {},
  onServerEnd() {},
  onClientEnd() {},
  onOverload() {
    throw new Error('the cap is too low for this rate');
  },
};
const layer = new TransactionLayer({ send() {} }, wheel, user, { maxServers: 1e6, maxClients: 1e6 });

const parse = (text: string): SipMessage => {
  const outcome = parseMessage(text);
  if (!outcome.ok) throw new Error(outcome.reason);
  return outcome.message;
};
type Take = (message: SipMessage, flow: Flow) => void;
const through: Take = (message, flow) => layer.receive(message, flow);
let touched = 0;
const parseOnly: Take = (message) => { touched += message.topVia?.branch.length ?? 0; };

const run = (take: Take, count: number): number => {
  const before = process.cpuUsage();
  const first = call;
  let clockDebt = 0;
  while (call < first + count) {
    call++;
    take(parse(request(call, 'INVITE')), phone);
    for (const status of [100, 180, 200]) take(parse(response(call, 'INVITE', status)), backend);
    take(parse(request(call, 'ACK')), phone);
    take(parse(request(call, 'BYE')), phone);
    take(parse(response(call, 'BYE', 200)), backend);
    clockDebt += 1_000 / rate;
    if (clockDebt >= 20) {
      clock.advance(clockDebt);
      wheel.advance();
      clockDebt = 0;
    }
  }
  const spent = process.cpuUsage(before);
  return (spent.user + spent.system) / count;
};

run(parseOnly, calls / 5);
run(through, calls / 5);
for (let round = 0; round < 3; round++) {
  const plain = run(parseOnly, calls);
  const whole = run(through, calls);
  console.log(`${(whole - plain).toFixed(2)} µs a call in the layer (${whole.toFixed(2)} with, ${plain.toFixed(2)} without); `
    + `${layer.serverCount} + ${layer.clientCount} transactions, ${wheel.size} timers, ${Math.round(process.memoryUsage().rss / 1e6)} MB (${touched > 0})`);
}
