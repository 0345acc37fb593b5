/** Whom a message may make the real data plane talk to, and what a BYE to oneself is good for. */
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../harness/deadline.ts';
import { freePort } from '../../harness/ports.ts';
import { SipSocket } from '../../harness/sip-socket.ts';
import { token } from '../../harness/sip-text.ts';
import { establish, fromCallee, fromCaller, Peer, Rig, type Established } from './rig.ts';

const everywhere = 'udp:0.0.0.0:PORT,tcp:0.0.0.0:PORT';
let sockets: SipSocket[];
let rig: Rig;
let pbx: Peer;
/** The same with every target open, and no more than one call at a time. */
let open: Rig;
let openPbx: Peer;

beforeAll(async () => {
  sockets = [await SipSocket.open(), await SipSocket.open()];
  const [first, second] = sockets as [SipSocket, SipSocket];
  rig = await Rig.start([{ key: 'acme', destinations: [`sip:127.0.0.1:${first.port}`] }], { listen: everywhere });
  open = await Rig.start([{ key: 'acme', destinations: [`sip:127.0.0.1:${second.port}`], limits: { calls: 1 } }], { listen: everywhere, env: { SIGNALBOX_FORBIDDEN_TARGETS: 'none' } });
  pbx = new Peer(first, rig);
  openPbx = new Peer(second, open);
}, 60_000);
afterAll(async () => {
  for (const socket of sockets) await socket.close();
  await rig.stop();
  await open.stop();
});

/** A request of the caller inside the call, to wherever he likes. */
const astray = (caller: Peer, call: Established, method: string, uri: string, cseq: number, routes: readonly string[] = []): string =>
  caller.request(method, uri, { callId: call.callId, cseq, toTag: 'callee', headers: [...call.callerRoutes, ...routes] });

describe('a node that others reach keeps strangers from its own host', () => {
  it.each(['HOST:PORT', 'localhost:PORT', '0.0.0.0:PORT', '[::ffff:127.0.0.1]:PORT', 'HOST:PORT;transport=tcp', 'x.invalid:PORT;maddr=127.0.0.1'])('%s in a Request-URI or Route gets 403, and nothing arrives', async (place) => {
    const caller = await rig.peer({ host: '127.0.0.9' });
    const victim = await rig.peer();
    let connections = 0;
    const server = createServer(() => void connections++);
    await new Promise<void>((resolve) => { server.listen(victim.socket.port, '127.0.0.1', resolve); });
    const before = await rig.metric('refused_target_total');
    const call = await establish(caller, pbx, 'sip:1001@acme.example');
    const host = place.replace('HOST', '127.0.0.1').replace('PORT', String(victim.socket.port));
    await caller.send(astray(caller, call, 'INFO', `sip:x@${host}`, 2));
    await caller.hears(403, call.callId);
    await caller.send(astray(caller, call, 'OPTIONS', 'sip:1001@acme.example', 3, [`Route: <sip:${host};lr>`]));
    await caller.hears(403, call.callId);
    expect(await rig.metric('refused_target_total')).toBeGreaterThanOrEqual(before + 2);
    expect([victim.socket.received.length, connections]).toEqual([0, 0]);
    await new Promise((resolve) => { server.close(resolve); });
  });

  it('but not the PBX and the phone that live there, in both directions, over UDP and TCP', async () => {
    for (const transport of ['udp', 'tcp'] as const) {
      const caller = await rig.peer({ transport });
      const call = await establish(caller, pbx, 'sip:1001@acme.example');
      await pbx.send(fromCallee(pbx, call, 'INFO', 5));
      caller.answer(await caller.gets('INFO', call.callId), 200);
      await pbx.hears(200, call.callId);
      await caller.send(fromCaller(caller, call, 'BYE', 2));
      pbx.answer(await pbx.gets('BYE', call.callId), 200);
      await caller.hears(200, call.callId);
    }
  });

  it('says what it does not understand of the setting', async () => {
    const port = await freePort();
    const refused = rig.intrude([], { SIGNALBOX_FORBIDDEN_TARGETS: '10.0.0.0/40', SIGNALBOX_LISTEN: `udp:127.0.0.1:${port}` });
    expect(await refused.exit()).toBe(2);
    expect(refused.tail()).toContain('SIGNALBOX_FORBIDDEN_TARGETS: "10.0.0.0/40" is not accepted; give "none", or up to 64 of these');
  });
});

it('a caller at his limit gets no other call by a BYE that he answers himself, but by one that the PBX answers', async () => {
  const caller = await open.peer({ host: '127.0.0.9' });
  const accomplice = await open.peer({ host: '127.0.0.9' });
  const call = await establish(caller, openPbx, 'sip:1001@acme.example');
  await caller.send(astray(caller, call, 'BYE', accomplice.uri, 2));
  accomplice.answer(await accomplice.gets('BYE', call.callId), 200);
  await caller.hears(200, call.callId);
  await accomplice.send(fromCallee(accomplice, call, 'BYE', 7));
  caller.answer(await caller.gets('BYE', call.callId), 200);
  await accomplice.hears(200, call.callId);
  const another = token();
  await caller.send(caller.request('INVITE', 'sip:1002@acme.example', { callId: another }));
  await caller.hears(503, another);
  await caller.send(fromCaller(caller, call, 'BYE', 3));
  openPbx.answer(await openPbx.gets('BYE', call.callId), 200);
  await caller.hears(200, call.callId);
  // With two workers the one that has the call may hear of its end a moment later than the caller.
  const ended = (): Promise<unknown> => until('no call left', 3_000, async () => (await open.metric('calls')) === 0);
  await ended();
  const next = await establish(caller, openPbx, 'sip:1002@acme.example');
  await openPbx.send(fromCallee(openPbx, next, 'BYE', 1));
  caller.answer(await caller.gets('BYE', next.callId), 200);
  await openPbx.hears(200, next.callId);
  await ended();
  await establish(caller, openPbx, 'sip:1003@acme.example');
});
