/** A new process takes over beside the old one: nobody outside can tell, and no message is lost. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startCalls, describeFailures } from '../../harness/call-load.ts';
import { until } from '../../harness/deadline.ts';
import { SipSocket } from '../../harness/sip-socket.ts';
import { callIdOf, headerOf, newBranch, token, writeSip } from '../../harness/sip-text.ts';
import { Uac } from '../../harness/uac.ts';
import { Uas } from '../../harness/uas.ts';
import { establish, fromCallee, fromCaller, Peer } from '../../harness/peer.ts';
import { Rig } from '../dataplane/rig.ts';

const uri = 'sip:1001@acme.example';

/** One rig with a backend, closed at the end. */
async function withRig(workers: number, body: (rig: Rig, pbx: Peer) => Promise<void>, calls = 0): Promise<void> {
  const socket = await SipSocket.open();
  const rig = await Rig.start([{ key: 'acme', destinations: [`sip:127.0.0.1:${socket.port}`], limits: { calls } }], { workers, env: { SIGNALBOX_DRAIN_MS: '300' } });
  try {
    await body(rig, new Peer(socket, rig));
  } finally {
    await rig.stop();
    await socket.close();
  }
}

describe.each([1, 2])('an upgrade of %i workers beside the old process', (workers) => {
  it('lets calls that ring be answered, cancelled and acknowledged, from whichever socket the kernel chooses', () => withRig(workers, async (rig, pbx) => {
    const phones = await Promise.all(Array.from({ length: 12 }, () => rig.peer()));
    const ringing = [];
    for (const phone of phones) {
      const callId = token();
      const branch = newBranch();
      await phone.send(phone.request('INVITE', uri, { callId, branch }));
      const invite = await pbx.gets('INVITE', callId);
      pbx.answer(invite, 180);
      await phone.hears(180, callId);
      ringing.push({ phone, callId, branch, invite });
    }
    const former = await rig.replace();
    for (const [index, { phone, callId, branch, invite }] of ringing.entries()) {
      const say = (method: string, more = {}): string => phone.request(method, uri, { callId, branch, ...more });
      await phone.send(say('INVITE'));
      await phone.hears(180, callId);
      if (index % 2 === 0) {
        await phone.send(say('CANCEL'));
        pbx.answer(await pbx.gets('CANCEL', callId), 200);
        pbx.answer(invite, 487);
        await pbx.gets('ACK', callId);
        await phone.hears(487, callId);
        await phone.send(say('ACK', { toTag: 'callee' }));
      } else {
        pbx.answer(invite, 200);
        await phone.hears(200, callId);
      }
      expect(pbx.count('INVITE', callId)).toBe(1);
    }
    expect(former.running).toBe(true);
    expect(await rig.metric('dropped_stray_response_total')).toBe(0);
  }), 60_000);

  it('takes calls that are up along: they go on from both ends, and count for their tenant until they end', () => withRig(workers, async (rig, pbx) => {
    const phones = await Promise.all(Array.from({ length: 6 }, () => rig.peer()));
    const up = [];
    for (const phone of phones) up.push({ phone, call: await establish(phone, pbx, uri) });
    const former = await rig.replace();
    await until('the calls to be known', 5_000, async () => (await rig.metric('calls')) === phones.length);
    const page = await rig.inspect('/inspect/calls?cursor=&text=') as { readonly items: readonly { readonly callId: string; readonly decision: string }[] };
    expect(new Set(page.items.map(({ callId }) => callId))).toEqual(new Set(up.map(({ call }) => call.callId)));
    expect(page.items.every(({ decision }) => decision !== '')).toBe(true);
    expect((await rig.inspect())['handover']).toMatchObject({ generation: 1, former: { pid: former.pid } });
    const [one] = phones;
    const refused = token();
    await one?.send(one.request('INVITE', uri, { callId: refused }));
    await one?.hears(503, refused);
    for (const [index, { phone, call }] of up.entries()) {
      const [from, to, bye] = index % 2 === 0 ? [phone, pbx, fromCaller(phone, call, 'BYE', 2)] as const : [pbx, phone, fromCallee(pbx, call, 'BYE', 2)] as const;
      await from.send(bye);
      to.answer(await to.gets('BYE', call.callId), 200);
      await from.socket.waitFor('200 for the BYE', (m) => m.status === 200 && headerOf(m, 'cseq') === '2 BYE' && callIdOf(m) === call.callId);
    }
    await until('no call to be left', 5_000, async () => (await rig.metric('calls')) === 0);
    const fresh = token();
    await one?.send(one.request('INVITE', uri, { callId: fresh }));
    pbx.answer(await pbx.gets('INVITE', fresh), 486);
    await one?.hears(486, fresh);
  }, 6), 60_000);

  it('knows what phones registered before it came', () => withRig(workers, async (rig, pbx) => {
    const phone = await rig.peer();
    const callId = token();
    await phone.send(phone.request('REGISTER', 'sip:acme.example', { callId, to: 'sip:alice@acme.example', headers: ['Expires: 600'] }));
    pbx.answer(await pbx.gets('REGISTER', callId), 200, { headers: ['Expires: 600'] });
    await phone.hears(200, callId);
    await rig.replace();
    await until('the registration to be known', 5_000, async () => (await rig.metric('registrations')) === 1);
  }), 60_000);

  it('reaches a phone on a TCP connection that the old process holds, in both directions', () => withRig(workers, async (rig, pbx) => {
    const phone = await rig.peer({ transport: 'tcp' });
    const call = await establish(phone, pbx, uri, { contact: 'sip:alice@192.168.7.7:5060;transport=tcp' });
    await rig.replace();
    await pbx.send(fromCallee(pbx, call, 'INFO', 2));
    phone.answer(await phone.gets('INFO', call.callId), 200);
    await pbx.hears(200, call.callId);
    await phone.send(fromCaller(phone, call, 'BYE', 3));
    pbx.answer(await pbx.gets('BYE', call.callId), 200);
    await phone.socket.waitFor('200 for the BYE', (m) => m.status === 200 && headerOf(m, 'cseq') === '3 BYE');
  }), 60_000);
});

it('200 calls a second over UDP while the process is replaced three times: none lost, nothing taken twice, no repetitions needed', async () => {
  const uas = await Uas.open('pbx');
  const rig = await Rig.start([{ key: 'acme', destinations: [uas.uri], failover: { frMs: 30_000, maxAttempts: 1 } }], { workers: 1 });
  const uacs = await Promise.all(Array.from({ length: 20 }, () => Uac.open()));
  try {
    const load = startCalls(uacs, 200, 100, () => ({ uri, via: { host: '127.0.0.1', port: rig.port } }));
    for (let n = 1; n <= 3; n++) {
      await until('some calls', 20_000, () => load.ended.length >= n * 200);
      await rig.replace();
    }
    await until('some more calls', 20_000, () => load.ended.length >= 1_000);
    const ended = await load.stop();
    expect(ended.filter((call) => !call.ok), describeFailures(ended)).toEqual([]);
    const answers = uacs.flatMap(({ socket }) => socket.received).filter(({ message }) => message.status === 200).map(({ message }) => `${callIdOf(message)} ${headerOf(message, 'cseq')}`);
    expect(answers.length - new Set(answers).size).toBeLessThan(ended.length / 100);
    expect([uas.count('INVITE'), uas.count('BYE')]).toEqual([ended.length, ended.length]);
    // None on a quiet machine; one that stands still for half a second repeats as well.
    expect(uas.retransmissions).toBeLessThan(ended.length / 100);
  } finally {
    for (const uac of uacs) await uac.close();
    await rig.stop();
    await uas.close();
  }
}, 120_000);

describe('the end of a process that was replaced', () => {
  it.each([1, 2])('loses nothing that was in its sockets: %i workers, OPTIONS all the while, each answered once', async (workers) => {
    const rig = await Rig.start([], { workers });
    const sockets = await Promise.all(Array.from({ length: 16 }, () => SipSocket.open({ keep: false })));
    const answers = new Map<string, number>();
    let sent = 0;
    let going = true;
    for (const socket of sockets) socket.onMessage = ({ message }) => answers.set(callIdOf(message), (answers.get(callIdOf(message)) ?? 0) + 1);
    // They do not wait for answers: a hand-over that lags behind is overtaken by the end of its process.
    const ask = async (): Promise<void> => {
      for (; going; await pause(5)) {
        for (const socket of sockets) {
          const text = writeSip(`OPTIONS sip:127.0.0.1:${rig.port} SIP/2.0`, [
            `Via: SIP/2.0/UDP 127.0.0.1:${socket.port};branch=${newBranch()};rport`, 'Max-Forwards: 70', 'From: <sip:a@acme.example>;tag=1', `To: <sip:127.0.0.1:${rig.port}>`, `Call-ID: ask-${sent++}`, 'CSeq: 1 OPTIONS',
          ]);
          await socket.send(text, { host: '127.0.0.1', port: rig.port });
        }
      }
    };
    try {
      const asking = ask();
      // Nothing stays of an OPTIONS: each of the former processes ends at once, in the middle of the traffic.
      for (let n = 0; n < 3; n++) expect(await (await rig.replace()).exit(30_000)).toBe(0);
      going = false;
      await asking;
      await until('every OPTIONS to be answered', 20_000, () => answers.size === sent);
      expect([...answers].filter(([, times]) => times !== 1)).toEqual([]);
      expect(sent).toBeGreaterThan(1_000);
    } finally {
      going = false;
      for (const socket of sockets) await socket.close();
      await rig.stop();
    }
  }, 120_000);

  it('comes with that of its successor, when that one dies before its time', () => withRig(1, async (rig, pbx) => {
    const phone = await rig.peer();
    const callId = token();
    await phone.send(phone.request('INVITE', uri, { callId }));
    pbx.answer(await pbx.gets('INVITE', callId), 180);
    const former = await rig.replace();
    await rig.process.kill();
    expect(await former.exit(10_000)).toBe(1);
  }), 30_000);
});

describe('a second process', () => {
  it('without --takeover is refused in one sentence, on the data folder as well as on the ports', () => withRig(1, async (rig, pbx) => {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-second-'));
    const [same, other] = [rig.intrude(), rig.intrude([], { SIGNALBOX_DATA: folder })];
    expect([await same.exit(), await other.exit()]).toEqual([2, 2]);
    rmSync(folder, { recursive: true });
    expect(same.log.join('\n')).toMatch(/^signalbox data plane: SIGNALBOX_DATA: .*--takeover[^\n]*$/);
    expect(other.log.join('\n')).toMatch(/EADDRINUSE/);
    await establish(await rig.peer(), pbx, uri);
  }), 30_000);

  it('that would be the fifth in a row is refused until the first has ended', () => withRig(1, async (rig, pbx) => {
    const phone = await rig.peer();
    const callId = token();
    await phone.send(phone.request('INVITE', uri, { callId }));
    const invite = await pbx.gets('INVITE', callId);
    pbx.answer(invite, 180);
    await phone.hears(180, callId);
    for (let n = 0; n < 3; n++) await rig.replace();
    const fifth = rig.intrude(['--takeover']);
    expect(await fifth.exit()).toBe(2);
    expect(fifth.log.join('\n')).toMatch(/4 data planes are at work/);
    // By three hand-overs to the process that has the call, and back.
    pbx.answer(invite, 200);
    await phone.hears(200, callId);
    await until('the call to be known', 5_000, async () => (await rig.metric('calls')) === 1);
  }), 60_000);

  it('that cannot open its ports leaves everything to the one that runs', () => withRig(1, async (rig, pbx) => {
    const taken = await SipSocket.open({ transport: 'tcp' });
    const next = rig.intrude(['--takeover'], { SIGNALBOX_LISTEN: `udp:127.0.0.1:${rig.port},tcp:127.0.0.1:${taken.port}` });
    expect(await next.exit()).toBe(2);
    await taken.close();
    for (let n = 0; n < 8; n++) await establish(await rig.peer(), pbx, uri);
    // And it can be replaced after all.
    await rig.replace();
    await establish(await rig.peer(), pbx, uri);
  }), 30_000);
});
