/** The end of a process, and streams and forgers that misbehave, as peers see them. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until, within } from '../../harness/deadline.ts';
import { callIdOf, headerOf, newBranch, token, valuesOf, writeSip } from '../../harness/sip-text.ts';
import { SipSocket } from '../../harness/sip-socket.ts';
import { establish, fromCallee, fromCaller, Peer, Rig } from './rig.ts';

describe('SIGTERM', () => {
  it('lets a call that rings be answered, refuses new ones, passes what is inside calls, then ends with 0', async () => {
    const socket = await SipSocket.open();
    const rig = await Rig.start([{ key: 'acme', destinations: [`sip:127.0.0.1:${socket.port}`] }]);
    const pbx = new Peer(socket, rig);
    const caller = await rig.peer();
    const up = await establish(caller, pbx, 'sip:1@acme.example');
    const ringing = token();
    await caller.send(caller.request('INVITE', 'sip:1@acme.example', { callId: ringing }));
    const invite = await pbx.gets('INVITE', ringing);
    pbx.answer(invite, 180);
    await caller.hears(180, ringing);
    rig.process.signal('SIGTERM');
    await until('the node to refuse', 3_000, async () => {
      const callId = token();
      await caller.send(caller.request('OPTIONS', `sip:127.0.0.1:${rig.port}`, { callId }));
      const answer = await caller.socket.waitFor('an answer', (m) => m.status > 0 && callIdOf(m) === callId, 500);
      return answer.message.status === 503;
    });
    const late = token();
    await caller.send(caller.request('INVITE', 'sip:1@acme.example', { callId: late }));
    expect(headerOf((await caller.hears(503, late)).message, 'retry-after')).toBe('60');
    await caller.send(fromCaller(caller, up, 'BYE', 2));
    pbx.answer(await pbx.gets('BYE', up.callId), 200);
    await caller.hears(200, up.callId);
    pbx.answer(invite, 200);
    await caller.hears(200, ringing);
    expect(await rig.process.exit(10_000)).toBe(0);
    await socket.close();
    await rig.stop();
  }, 30_000);
});

describe('misbehaviour', () => {
  let rig: Rig;
  let pbx: Peer;
  beforeAll(async () => {
    const socket = await SipSocket.open();
    rig = await Rig.start([{ key: 'acme', destinations: [`sip:127.0.0.1:${socket.port}`] }]);
    pbx = new Peer(socket, rig);
  }, 30_000);
  afterAll(async () => {
    await pbx.socket.close();
    await rig.stop();
  });

  it.each(['-1', 'five', '99999999999', ''])('a stream with Content-Length "%s" hears 400 or 513 and is closed', async (length) => {
    const stream = connect(rig.port, '127.0.0.1');
    let heard = '';
    stream.setEncoding('latin1').on('data', (chunk) => { heard += String(chunk); });
    const closed = new Promise<void>((resolve) => { stream.once('close', () => resolve()); });
    stream.write(`OPTIONS sip:127.0.0.1:${rig.port} SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=${newBranch()}\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: ${token()}\r\nCSeq: 1 OPTIONS\r\nContent-Length: ${length}\r\n\r\n`);
    await within(5_000, 'the end of the connection', closed);
    expect(heard).toMatch(/^SIP\/2\.0 (400|513) /);
  });

  it('a token of one call is refused in another, and so is one whose caller has another tag', async () => {
    const caller = await rig.peer();
    const victim = await rig.peer();
    const call = await establish(caller, pbx, 'sip:1@acme.example');
    const forge = async (callId: string, fromTag: string): Promise<void> => {
      await caller.send(caller.request('INVITE', victim.uri, { callId, cseq: 9, fromTag, toTag: 'x', headers: call.callerRoutes }));
      await caller.hears(403, callId);
    };
    await forge(token(), 'alice');
    await forge(call.callId, 'mallory');
    expect(victim.socket.received).toEqual([]);
  });

  it('a backend that copies Record-Route into its 401 hands no token to the stranger', async () => {
    const stranger = await rig.peer();
    const callId = token();
    await stranger.send(stranger.request('INVITE', 'sip:1@acme.example', { callId }));
    const invite = await pbx.gets('INVITE', callId);
    pbx.answer(invite, 401, { headers: valuesOf(invite.message, 'record-route').map((value) => `Record-Route: ${value}`) });
    expect(valuesOf((await stranger.hears(401, callId)).message, 'record-route')).toEqual([]);
  });

  it('a response that comes after its request was answered goes nowhere, with another way in its Via neither', async () => {
    const caller = await rig.peer();
    const victim = await rig.peer();
    const callId = token();
    await caller.send(caller.request('MESSAGE', 'sip:1@acme.example', { callId }));
    const got = await pbx.gets('MESSAGE', callId);
    const [top = '', below = ''] = valuesOf(got.message, 'via');
    await caller.hears(503, callId);
    const before = await rig.metric('dropped_stray_response_total');
    const bent = below.replace(/rport=\d+/, `rport=${victim.socket.port}`);
    expect(bent).not.toBe(below);
    const stray = (via: string): string => writeSip('SIP/2.0 200 OK', [`Via: ${top}`, `Via: ${via}`, 'From: <sip:alice@acme.example>;tag=alice', 'To: <sip:1001@acme.example>;tag=x', `Call-ID: ${callId}`, 'CSeq: 1 MESSAGE']);
    await pbx.send(stray(bent));
    await pbx.send(stray(below));
    await until('both to be dropped', 3_000, async () => (await rig.metric('dropped_stray_response_total')) === before + 2);
    expect(caller.socket.received.map(({ message }) => message.status)).toEqual([503]);
    expect(victim.socket.received).toEqual([]);
  }, 30_000);

  it('a BYE of the callee over a route of another call is refused', async () => {
    const caller = await rig.peer();
    const [one, two] = [await establish(caller, pbx, 'sip:1@acme.example'), await establish(caller, pbx, 'sip:1@acme.example')];
    await pbx.send(fromCallee(pbx, { ...one, calleeRoutes: two.calleeRoutes }, 'BYE', 1));
    await pbx.hears(403, one.callId);
    expect(caller.count('BYE', one.callId)).toBe(0);
  });
});
