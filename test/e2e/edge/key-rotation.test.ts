/** Cluster keys are rotated under a registered phone and hidden calls that go on: a real control plane and a node with two workers. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../../harness/deadline.ts';
import { Installation } from '../../harness/installation.ts';
import { Peer } from '../../harness/peer.ts';
import { SipSocket } from '../../harness/sip-socket.ts';
import { callIdOf, headerOf, token, valuesOf, type SipText } from '../../harness/sip-text.ts';
import { putTenant } from '../../harness/tenant.ts';

const contact = 'sip:bob@192.168.1.20:5060';

let site: Installation;
let phone: Peer;
let pbx: Peer;

beforeAll(async () => {
  site = await Installation.start({ edge: { workers: 2 } });
  const edge = { addressFor: () => ({ host: site.edge.host, port: site.edge.port }) };
  [phone, pbx] = [new Peer(site.with(await SipSocket.open()), edge), new Peer(site.with(await SipSocket.open()), edge)];
  await putTenant(site.api, { key: 'acme', domain: 'acme.example', routeSet: 1, set: 1, destinations: [{ uri: pbx.uri }], probing: { mode: 'never' } });
  await site.api.patch('/tenants/acme?wait=applied', { policies: { topologyHiding: true, hideCallId: true } });
}, 120_000);
afterAll(() => site?.stop());

/** What one end knows of a call. */
interface End {
  readonly peer: Peer;
  readonly callId: string;
  readonly target: string;
  readonly routes: readonly string[];
  readonly fromTag: string;
  readonly toTag: string;
  cseq: number;
}

interface Call {
  readonly caller: End;
  readonly callee: End;
}

const contactOf = (message: SipText): string => /<([^>]*)>/.exec(headerOf(message, 'contact'))?.[1] ?? '';
/** Id of the key that sealed a token, whose kind takes so many characters. */
const keyOf = (sealed: string, kind: number): number => Buffer.from(sealed.slice(kind, kind + 2), 'base64url')[0] ?? -1;
const pathKey = (path: string): number => keyOf(/sip:(f[\w-]+)@/.exec(path)?.[1] ?? '', 1);
const contactKey = (uri: string): number => keyOf(/sip:(~sbc[\w-]+)@/.exec(uri)?.[1] ?? '', 4);

/** Registers the phone and gives its Path. */
async function register(): Promise<string> {
  const callId = token();
  await phone.send(phone.request('REGISTER', 'sip:acme.example', { callId, to: 'sip:bob@acme.example', contact, headers: ['Expires: 600'] }));
  const seen = await pbx.socket.waitFor('a REGISTER', ({ method, status }) => method === 'REGISTER' && status === 0);
  pbx.answer(seen, 200);
  await phone.hears(200, callId);
  return headerOf(seen.message, 'path');
}

async function call(caller: Peer, callee: Peer, uri: string, headers: readonly string[] = []): Promise<Call> {
  const callId = token();
  await caller.send(caller.request('INVITE', uri, { callId, headers }));
  const invite = await callee.gets('INVITE');
  callee.answer(invite, 200);
  const ok = await caller.hears(200, callId);
  const records = valuesOf(ok.message, 'record-route').toReversed();
  const up: Call = {
    caller: { peer: caller, callId, target: contactOf(ok.message), routes: records, fromTag: 'alice', toTag: 'callee', cseq: 1 },
    callee: { peer: callee, callId: callIdOf(invite.message), target: contactOf(invite.message), routes: valuesOf(invite.message, 'record-route'), fromTag: 'callee', toTag: 'alice', cseq: 1 },
  };
  expect(up.callee.callId).not.toBe(callId);
  await caller.send(within(up.caller, 'ACK'));
  await callee.gets('ACK', up.callee.callId);
  return up;
}

function within(end: End, method: string): string {
  if (method !== 'ACK') end.cseq += 1;
  const { callId, cseq, fromTag, toTag } = end;
  return end.peer.request(method, end.target, { callId, cseq, fromTag, toTag, headers: end.routes.map((route) => `Route: ${route}`) });
}

/** A request from one end arrives at the other under the name that this one knows, and its answer comes back. */
async function passes(from: End, to: End, method: string): Promise<void> {
  await from.peer.send(within(from, method));
  to.peer.answer(await to.peer.gets(method, to.callId), 200);
  await from.peer.socket.waitFor(`200 to ${method}`, (m) => m.status === 200 && callIdOf(m) === from.callId && headerOf(m, 'cseq') === `${from.cseq} ${method}`);
}

async function lives({ caller, callee }: Call): Promise<void> {
  await passes(caller, callee, 'INFO');
  await passes(callee, caller, 'INFO');
}

/** Status of the answer to a request that the node itself refuses. */
async function refusal(end: End, method: string): Promise<number> {
  await end.peer.send(within(end, method));
  const answer = await end.peer.socket.waitFor(`an answer to ${method}`, (m) => m.status >= 200 && callIdOf(m) === end.callId && headerOf(m, 'cseq') === `${end.cseq} ${method}`);
  return answer.message.status;
}

const addKey = async (): Promise<number> => (await site.api.post<{ id: number }>('/cluster-keys', { signsInMs: 5_000 })).id;
const untilPathUnder = (key: number): Promise<string> => until(`a Path under key ${key}`, 30_000, async () => {
  const path = await register();
  return pathKey(path) === key ? path : '';
});

it('rotates under calls and registrations that live on, over restarts, and ends with the retired key only what was sealed under it', async () => {
  const oldPath = await register();
  expect(pathKey(oldPath)).toBe(1);
  const [out, into] = [await call(phone, pbx, 'sip:1001@acme.example'), await call(pbx, phone, contact, [`Route: ${oldPath}`])];
  expect([contactKey(out.caller.target), contactKey(into.callee.target)]).toEqual([1, 1]);
  await lives(out);

  expect(await addKey()).toBe(2);
  await lives(out);
  const newPath = await untilPathUnder(2);
  await lives(out);
  await lives(into);
  await passes(into.callee, into.caller, 'BYE');
  // The registrar still has the Path of before.
  const late = await call(pbx, phone, contact, [`Route: ${oldPath}`]);
  await passes(late.caller, late.callee, 'BYE');
  const fresh = await call(phone, pbx, 'sip:1001@acme.example');
  expect(contactKey(fresh.caller.target)).toBe(2);

  // Without the control plane: the node starts with the keys that it has kept, in their order.
  await site.control.kill();
  await site.edge.restart();
  await lives(out);
  await lives(fresh);
  expect(pathKey(await register())).toBe(2);

  // A rotation that the node sleeps through.
  await site.edge.kill();
  await site.control.restart();
  // A database that was killed skips numbers.
  const third = await addKey();
  await until('the third key to sign', 20_000, async () => (await site.api.get<{ state: string }[]>('/cluster-keys'))[0]?.state === 'signing');
  await site.edge.restart();
  await untilPathUnder(third);
  await lives(out);

  expect(await site.api.ask('DELETE', '/cluster-keys/1')).toMatchObject({ status: 204 });
  await until('the call of key 1 to be refused', 10_000, async () => {
    await out.caller.peer.send(within(out.caller, 'OPTIONS'));
    const cseq = `${out.caller.cseq} OPTIONS`;
    const passed = pbx.socket.waitFor('it', (m) => m.status === 0 && headerOf(m, 'cseq') === cseq).then((seen) => { pbx.answer(seen, 200); }, () => undefined);
    const { message: { status } } = await phone.socket.waitFor('its answer', (m) => m.status >= 200 && headerOf(m, 'cseq') === cseq);
    if (status === 200) await passed;
    return status >= 400;
  });
  expect(await refusal(out.callee, 'BYE')).toBeGreaterThanOrEqual(400);
  await pbx.send(pbx.request('INVITE', contact, { callId: 'by-the-old-path', headers: [`Route: ${oldPath}`] }));
  expect((await pbx.socket.waitFor('a refusal', (m) => m.status >= 400 && callIdOf(m) === 'by-the-old-path')).message.status).toBeLessThan(500);
  await lives(fresh);
  await passes(fresh.caller, fresh.callee, 'BYE');
  const again = await call(pbx, phone, contact, [`Route: ${newPath}`]);
  await passes(again.caller, again.callee, 'BYE');
}, 180_000);
