/** Transactions through the real data plane: retransmission, CANCEL and its races, failover, time-outs, stray responses. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { branchOf, callIdOf, headerOf, newBranch, toTagOf, token, valuesOf } from '../../harness/sip-text.ts';
import { until } from '../../harness/deadline.ts';
import { SipSocket } from '../../harness/sip-socket.ts';
import { Peer, Rig } from './rig.ts';

let rig: Rig;
let first: Peer;
let second: Peer;
let tcpOnly: Peer;
const uri = 'sip:1001@acme.example';

beforeAll(async () => {
  const sockets = [await SipSocket.open(), await SipSocket.open(), await SipSocket.open({ transport: 'tcp' })];
  const [a, b, c] = sockets.map((socket) => `sip:127.0.0.1:${socket.port}${socket.transport === 'tcp' ? ';transport=tcp' : ''}`);
  const refusing = await SipSocket.open({ transport: 'tcp' });
  await refusing.close();
  rig = await Rig.start([
    { key: 'acme', destinations: [a ?? '', b ?? ''] },
    { key: 'short', destinations: [a ?? ''], failover: { frMs: 1_000, frInviteMs: 1_500, maxAttempts: 1 } },
    { key: 'refused', destinations: [`sip:127.0.0.1:${refusing.port};transport=tcp`, c ?? ''] },
    { key: 'nobody', destinations: [`sip:127.0.0.1:${refusing.port};transport=tcp`] },
    { key: 'slow', destinations: [a ?? ''], failover: { frMs: 30_000, maxAttempts: 1 } },
  ]);
  const peers = sockets.map((socket) => new Peer(socket, rig));
  [first, second, tcpOnly] = peers as [Peer, Peer, Peer];
}, 40_000);
afterAll(async () => {
  for (const peer of [first, second, tcpOnly]) await peer.socket.close();
  await rig.stop();
});

/** An INVITE that has reached the first backend. */
async function invited(target = uri, transport: 'udp' | 'tcp' = 'udp') {
  const caller = await rig.peer({ transport });
  const callId = token();
  const branch = newBranch();
  const text = caller.request('INVITE', target, { callId, branch });
  await caller.send(text);
  const invite = await first.gets('INVITE', callId);
  const responses = (): number[] => caller.socket.received.filter(({ message }) => message.status > 0 && callIdOf(message) === callId && headerOf(message, 'cseq').endsWith('INVITE')).map(({ message }) => message.status);
  const cancel = (): Promise<void> => caller.send(caller.request('CANCEL', target, { callId, branch }));
  return { caller, callId, branch, text, invite, responses, cancel };
}

describe('an INVITE', () => {
  it('gets one 100 within 200 ms, which answers its retransmissions; the backend sees it once more by our own timer only', async () => {
    const { caller, callId, text, responses, invite } = await invited();
    const trying = await caller.hears(100, callId);
    expect(trying.atMs - invite.atMs).toBeLessThan(300);
    expect(toTagOf(trying.message)).toBe('');
    await caller.send(text);
    await caller.hears(100, callId);
    expect(responses()).toEqual([100, 100]);
    first.answer(invite, 180);
    await caller.hears(180, callId);
    await caller.send(text);
    await caller.hears(180, callId);
    first.answer(invite, 486);
    await caller.hears(486, callId);
    expect(new Set(first.socket.received.filter(({ message }) => callIdOf(message) === callId && message.method === 'INVITE').map(({ message }) => branchOf(message))).size).toBe(1);
  });

  it('passes every provisional and every 2xx, repeated ones and another callee’s too, in order', async () => {
    const { caller, callId, invite, responses } = await invited();
    for (const status of [180, 183, 181, 199]) first.answer(invite, status);
    first.answer(invite, 200);
    first.answer(invite, 200);
    first.answer(invite, 200, { toTag: 'other' });
    await until('all of them', 3_000, () => responses().length >= 7);
    expect(responses().filter((status) => status !== 100)).toEqual([180, 183, 181, 199, 200, 200, 200]);
    expect(caller.socket.received.filter(({ message }) => callIdOf(message) === callId && message.status === 200).map(({ message }) => toTagOf(message))).toEqual(['callee', 'callee', 'other']);
  });

  it('has its failure repeated until the ACK, and acknowledged hop by hop each time it comes', async () => {
    const { caller, callId, branch, invite } = await invited();
    first.answer(invite, 404, { headers: ['Warning: 399 pbx "no such number"'] });
    const ack = await first.gets('ACK', callId);
    expect(valuesOf(ack.message, 'via')).toHaveLength(1);
    expect(branchOf(ack.message)).toBe(branchOf(invite.message));
    expect(ack.message.uri).toBe(invite.message.uri);
    expect(toTagOf(ack.message)).toBe('callee');
    first.answer(invite, 404);
    await first.gets('ACK', callId);
    expect(headerOf((await caller.hears(404, callId)).message, 'warning')).toBe('399 pbx "no such number"');
    await caller.hears(404, callId);
    const acks = first.count('ACK', callId);
    await caller.send(caller.request('ACK', uri, { callId, branch, toTag: 'callee' }));
    await caller.send(caller.request('OPTIONS', `sip:127.0.0.1:${rig.port}`, { callId: `${callId}-after` }));
    await caller.hears(200, `${callId}-after`);
    expect(first.count('ACK', callId)).toBe(acks);
  });

  it('whose backend rings for ever ends with 408 and a CANCEL', async () => {
    const { caller, callId, invite } = await invited('sip:1001@short.example');
    first.answer(invite, 180);
    await first.gets('CANCEL', callId);
    first.answer(invite, 487);
    await caller.hears(408, callId);
  });

  it('is over with its failure: a 200 of the same branch behind it changes nothing', async () => {
    const { caller, callId, invite, responses } = await invited();
    first.answer(invite, 486);
    await caller.hears(486, callId);
    first.answer(invite, 200, { toTag: 'late' });
    await caller.send(caller.request('OPTIONS', `sip:127.0.0.1:${rig.port}`, { callId: `${callId}-after` }));
    await caller.hears(200, `${callId}-after`);
    expect(responses().filter((status) => status >= 200)).not.toContain(200);
  });
});

describe('CANCEL', () => {
  it('goes on once it rings, with its Reason, and brings 487', async () => {
    const { caller, callId, branch, invite } = await invited();
    first.answer(invite, 180);
    await caller.hears(180, callId);
    await caller.send(caller.request('CANCEL', uri, { callId, branch, headers: ['Reason: SIP;cause=200;text="Call completed elsewhere"'] }));
    const cancel = await first.gets('CANCEL', callId);
    expect(branchOf(cancel.message)).toBe(branchOf(invite.message));
    expect(headerOf(cancel.message, 'reason')).toContain('cause=200');
    expect(headerOf((await caller.hears(200, callId)).message, 'cseq')).toBe('1 CANCEL');
    first.answer(cancel, 200);
    first.answer(invite, 487);
    await caller.hears(487, callId);
    await first.gets('ACK', callId);
  });

  it('waits for a provisional', async () => {
    const { caller, callId, invite, cancel } = await invited('sip:1001@slow.example');
    await cancel();
    await caller.hears(200, callId);
    expect(first.count('CANCEL', callId)).toBe(0);
    first.answer(invite, 100);
    first.answer(await first.gets('CANCEL', callId), 200);
    first.answer(invite, 487);
    await caller.hears(487, callId);
  });

  it('during a try that nobody answers ends the search with 487', async () => {
    const { caller, callId, cancel } = await invited();
    await cancel();
    await caller.hears(487, callId);
    expect(second.count('INVITE', callId)).toBe(0);
  });

  it('that crosses the 200 leaves the call up', async () => {
    const { caller, callId, invite, cancel } = await invited();
    first.answer(invite, 180);
    await caller.hears(180, callId);
    first.answer(invite, 200);
    await cancel();
    const answers = [await caller.hears(200, callId), await caller.hears(200, callId)].map(({ message }) => headerOf(message, 'cseq')).sort();
    expect(answers).toEqual(['1 CANCEL', '1 INVITE']);
  });

  it('that crosses the 200 at the backend still lets the 200 through', async () => {
    const { caller, callId, invite, cancel } = await invited();
    first.answer(invite, 180);
    await caller.hears(180, callId);
    await cancel();
    const got = await first.gets('CANCEL', callId);
    first.answer(got, 481);
    first.answer(invite, 200);
    await caller.socket.waitFor('200 to INVITE', (m) => m.status === 200 && headerOf(m, 'cseq') === '1 INVITE' && callIdOf(m) === callId);
  });

  it('sent again is answered again and goes on once', async () => {
    const { caller, callId, invite, cancel } = await invited();
    first.answer(invite, 180);
    await caller.hears(180, callId);
    await cancel();
    await cancel();
    await caller.hears(200, callId);
    await caller.hears(200, callId);
    first.answer(await first.gets('CANCEL', callId), 200);
    first.answer(invite, 487);
    await caller.hears(487, callId);
    expect(first.count('CANCEL', callId)).toBe(1);
  });

  it('without its INVITE gets 481', async () => {
    const caller = await rig.peer();
    await caller.send(caller.request('CANCEL', uri));
    await caller.hears(481);
  });
});

describe('failover', () => {
  it('after 503 acknowledges the first backend and gives the second a branch of its own', async () => {
    const { caller, callId, invite } = await invited();
    first.answer(invite, 503);
    await first.gets('ACK', callId);
    const again = await second.gets('INVITE', callId);
    expect(branchOf(again.message)).not.toBe(branchOf(invite.message));
    second.answer(again, 200);
    await caller.hears(200, callId);
  });

  it('after silence', async () => {
    const { caller, callId, invite } = await invited();
    const again = await second.gets('INVITE', callId);
    expect(again.atMs - invite.atMs).toBeGreaterThanOrEqual(950);
    second.answer(again, 180);
    await caller.hears(180, callId);
    // The first one wakes up late: it is told to stop.
    first.answer(invite, 180);
    await first.gets('CANCEL', callId);
    second.answer(again, 200);
    await caller.hears(200, callId);
  });

  it('after a refused connection, and 503 when there is nobody else', async () => {
    const caller = await rig.peer();
    const callId = token();
    await caller.send(caller.request('INVITE', 'sip:1001@refused.example', { callId }));
    tcpOnly.answer(await tcpOnly.gets('INVITE', callId), 486);
    await caller.hears(486, callId);
    const alone = token();
    await caller.send(caller.request('INVITE', 'sip:1001@nobody.example', { callId: alone }));
    expect(headerOf((await caller.hears(503, alone)).message, 'retry-after')).toBe('10');
  });

  it('moves a REGISTER, too, and its digest retry goes to the PBX that asked', async () => {
    const phone = await rig.peer();
    const callId = token();
    const register = (cseq: number, headers: string[] = []): string => phone.request('REGISTER', 'sip:acme.example', { callId, cseq, to: 'sip:alice@acme.example', headers });
    await phone.send(register(1));
    first.answer(await first.gets('REGISTER', callId), 401, { headers: ['WWW-Authenticate: Digest realm="acme", nonce="1"', 'WWW-Authenticate: Digest realm="acme", nonce="2", algorithm=SHA-256'] });
    expect(valuesOf((await phone.hears(401, callId)).message, 'www-authenticate').length).toBeGreaterThanOrEqual(2);
    await phone.send(register(2, ['Authorization: Digest username="alice", realm="acme", nonce="1", uri="sip:acme.example", response="0"']));
    const retry = await first.gets('REGISTER', callId);
    expect(headerOf(retry.message, 'authorization')).toContain('username="alice"');
    first.answer(retry, 503);
    second.answer(await second.gets('REGISTER', callId), 200);
    await phone.hears(200, callId);
  });

  it.each([300, 302, 380, 400, 401, 403, 404, 407, 410, 420, 480, 484, 486, 488, 600, 603, 604, 606])('never happens after %i, which passes with its headers', async (status) => {
    const { caller, callId, invite } = await invited();
    first.answer(invite, status, { headers: ['Contact: <sip:elsewhere@192.0.2.9>', 'X-Reason: kept'] });
    const got = await caller.hears(status, callId);
    expect(headerOf(got.message, 'x-reason')).toBe('kept');
    expect(second.count('INVITE', callId)).toBe(0);
  });
});

describe('other requests', () => {
  it('get no provisional and no 408, whatever the backend does (RFC 4320)', async () => {
    const caller = await rig.peer();
    const callId = token();
    await caller.send(caller.request('MESSAGE', 'sip:1001@short.example', { callId }));
    const got = await first.gets('MESSAGE', callId);
    first.answer(got, 180);
    await until('our own repetitions', 3_000, () => first.count('MESSAGE', callId) >= 2);
    await until('the end of the wait', 5_000, async () => (await rig.metric('timeouts_total')) > 0);
    expect(caller.socket.received.filter(({ message }) => callIdOf(message) === callId)).toEqual([]);
    // Late, but better than never: it has our check value.
    first.answer(got, 200);
    await caller.hears(200, callId);
  });

  it('that come again get the same answer, without the backend', async () => {
    const caller = await rig.peer();
    const callId = token();
    const text = caller.request('MESSAGE', uri, { callId, body: 'hello' });
    await caller.send(text);
    first.answer(await first.gets('MESSAGE', callId), 202);
    const one = await caller.hears(202, callId);
    await caller.send(text);
    expect((await caller.hears(202, callId)).message.raw).toBe(one.message.raw);
    expect(first.count('MESSAGE', callId)).toBe(1);
  });
});

describe('a response that is not for us', () => {
  it.each(['another branch', 'no Via below ours', 'a Via of somebody else on top'])('(%s) goes nowhere', async (kind) => {
    const { caller, callId, invite } = await invited();
    const before = await rig.metric('dropped_stray_response_total');
    const [top = '', below = ''] = valuesOf(invite.message, 'via');
    const forged = { 'another branch': [top.replace(/branch=[^;]+/, 'branch=z9hG4bKsbAA00000000000'), below], 'no Via below ours': [top.replace(/branch=[^;]+/, 'branch=z9hG4bKforged')], 'a Via of somebody else on top': [below] }[kind] ?? [];
    await first.send(['SIP/2.0 200 OK', ...forged.map((via) => `Via: ${via}`), 'From: <sip:a@b>;tag=1', 'To: <sip:c@d>;tag=2', `Call-ID: ${callId}`, 'CSeq: 1 INVITE', 'Content-Length: 0', '', ''].join('\r\n'));
    await until('it to be counted', 3_000, async () => (await rig.metric('dropped_stray_response_total')) > before);
    first.answer(invite, 486);
    await caller.hears(486, callId);
    expect(caller.socket.received.some(({ message }) => message.status === 200 && callIdOf(message) === callId)).toBe(false);
  });
});
