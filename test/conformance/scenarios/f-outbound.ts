/** RFC 3327, RFC 5626, RFC 5923, RFC 6314: Path, flows and what NATs do. */
import { createSocket } from 'node:dgram';
import { expect } from 'vitest';
import { until } from '../../harness/deadline.ts';
import { establish, fromCallee, fromCaller, type Peer } from '../../harness/peer.ts';
import { callIdOf, headerOf, hostPort, token, valuesOf } from '../../harness/sip-text.ts';
import { RawStream } from '../../harness/raw-stream.ts';
import { row } from '../row.ts';
import { requests, statuses, type World } from '../world.ts';

/** Registers a phone and returns the Path that the registrar got. */
async function register(w: World, phone: Peer, contact = phone.uri): Promise<string> {
  const callId = token();
  await phone.send(phone.request('REGISTER', `sip:${w.domain}`, { callId, contact, to: `sip:alice@${w.domain}`, headers: ['Supported: path'] }));
  const got = await w.backend.gets('REGISTER', callId);
  const [path = ''] = valuesOf(got.message, 'path');
  w.backend.answer(got, 200, { headers: [`Path: ${path}`] });
  await phone.hears(200, callId);
  return path;
}

/** An INVITE of the registrar's side along that Path. */
async function call(w: World, path: string, contact: string): Promise<string> {
  const callId = token();
  await w.backend.send(w.backend.request('INVITE', contact, { callId, headers: [`Route: ${path}`] }));
  return callId;
}

row(118, {}, async (w) => {
  const phone = await w.phone();
  const path = await register(w, phone);
  expect(path).toMatch(/;lr(=on)?[;>]/);
  expect(path).toContain(hostPort(phone.edge.host, phone.edge.port));
});

row(119, {}, async (w) => {
  for (const transport of ['udp', 'tcp', 'tls', 'ws', 'wss'] as const) {
    const phone = await w.phone({ transport });
    const contact = `sip:alice@192.168.77.7:5066${transport === 'udp' ? '' : `;transport=${transport}`}`;
    const callId = await call(w, await register(w, phone, contact), contact);
    const invite = await phone.gets('INVITE', callId);
    expect([invite.message.uri, valuesOf(invite.message, 'route')]).toEqual([contact, []]);
    phone.answer(invite, 486);
    await w.backend.hears(486, callId);
  }
});

row(120, {}, async (w) => {
  const [phone, victim] = [await w.phone(), await w.phone()];
  const path = await register(w, phone);
  // The token shows no address, and with any of its characters changed it opens nothing.
  expect(path).not.toContain(String(phone.socket.port));
  const user = /<sip:([^@>]+)@/.exec(path)?.[1] ?? '';
  expect(user.length).toBeGreaterThan(10);
  for (let i = 1; i < user.length; i += 5) {
    const forged = path.replace(user, `${user.slice(0, i)}${user[i] === 'A' ? 'B' : 'A'}${user.slice(i + 1)}`);
    const callId = await call(w, forged, victim.uri);
    const refused = await w.backend.socket.waitFor('the refusal', (m) => m.status >= 400 && callIdOf(m) === callId);
    expect(refused.message.status).toBeLessThan(500);
  }
  expect([requests(phone, 'INVITE', '').length, phone.socket.received.filter(({ message }) => message.method === 'INVITE').length, victim.socket.received.length]).toEqual([0, 0, 0]);
});

row(121, {}, async (w) => {
  for (const transport of ['tcp', 'ws'] as const) {
    const phone = await w.phone({ transport });
    const path = await register(w, phone);
    phone.socket.dropConnections();
    await w.settled(await w.phone());
    const callId = await call(w, path, phone.uri);
    await w.backend.hears(430, callId);
  }
});

row(123, {}, async (w) => {
  const socket = createSocket('udp4');
  w.defer(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  const answers: Buffer[] = [];
  socket.on('message', (data) => answers.push(data));
  const { host, port } = w.edge.addressFor('udp', '127.0.0.1');
  const request = Buffer.from('000100002112a4420102030405060708090a0b0c', 'hex');
  await new Promise<void>((resolve) => socket.send(request, port, host, () => resolve()));
  const answer = await until('the binding response', 3_000, () => answers[0]);
  expect([answer.readUInt16BE(0), answer.subarray(4, 20).toString('hex')]).toEqual([0x0101, request.subarray(4, 20).toString('hex')]);
  // XOR-MAPPED-ADDRESS: what it saw of us.
  const at = answer.indexOf(Buffer.from([0x00, 0x20, 0x00, 0x08]));
  expect(answer.readUInt16BE(at + 6) ^ 0x2112).toBe(socket.address().port);
  const phone = await w.phone();
  await w.settled(phone);
});

row(125, {}, async (w) => {
  const phone = await w.phone();
  const contact = 'sip:alice@192.168.99.10:5060';
  const dialog = await establish(phone, w.backend, w.uri, { contact });
  for (const [cseq, method] of [[2, 'INVITE'], [3, 'BYE']] as const) {
    await w.backend.send(fromCallee(w.backend, dialog, method, cseq));
    const got = await phone.gets(method, dialog.callId);
    phone.answer(got, 200, { toTag: 'alice' });
    await w.backend.socket.waitFor(`200 to ${method}`, (m) => m.status === 200 && headerOf(m, 'cseq') === `${cseq} ${method}`);
  }
});

row(126, {}, async (w) => {
  const phone = await w.phone();
  for (const contact of [phone.uri, `sip:alice;x=1@${phone.hostPort};ob;custom="a"`.replace('"a"', 'a'), 'sip:alice@10.11.12.13:5066;transport=udp']) {
    const dialog = await establish(phone, w.backend, w.uri, { contact });
    await w.backend.send(fromCallee(w.backend, dialog, 'BYE', 2));
    expect((await phone.gets('BYE', dialog.callId)).message.uri).toBe(contact);
  }
});

row(127, {}, async (w) => {
  const [phone, moved] = [await w.phone(), await w.phone()];
  const dialog = await establish(phone, w.backend, w.uri);
  await moved.send(fromCaller(phone, dialog, 'INFO', 2));
  w.backend.answer(await w.backend.gets('INFO', dialog.callId), 200);
  await moved.hears(200, dialog.callId);
  expect(statuses(phone, dialog.callId, 'INFO')).toEqual([]);
});

row(128, { backends: ['tcp'] }, async (w) => {
  // Somebody claims the backend's address for a connection of his own.
  const thief = await RawStream.open(w.edge.addressFor('tcp', '127.0.0.1'));
  w.defer(() => thief.end());
  const { host, port } = w.edge.addressFor('tcp', '127.0.0.1');
  const phone = await w.phone({ transport: 'tcp' });
  const text = phone.request('OPTIONS', `sip:${hostPort(host, port)}`, { via: ';alias' }).replace(/^Via: SIP\/2.0\/TCP [^;]+/m, `Via: SIP/2.0/TCP ${w.backend.hostPort}`);
  await thief.send(text);
  await thief.hears('SIP/2.0 200');
  const { caller, callId, invite } = await w.invite();
  w.backend.answer(invite, 486);
  await caller.hears(486, callId);
  expect(thief.text).not.toMatch(/^INVITE /m);
});
