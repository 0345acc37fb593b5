/** "Explain" over the API: what a node answers by itself, by its configuration and the address it connects from. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { InProcessControlPlane, startDeadlineMs } from '../../harness/control-plane.ts';

let plane: InProcessControlPlane;
let node = { id: '', name: '' };

beforeAll(async () => {
  plane = await InProcessControlPlane.start();
  await plane.ask('PUT', '/tenants/acme', { name: 'Acme' });
  await plane.ask('PUT', '/dispatcher-sets/10', { name: 'acme pbx', tenant: 'acme', probing: { mode: 'never' }, destinations: [{ uri: 'sip:10.0.1.10' }] });
  await plane.ask('PUT', '/route-sets/1', { name: 'acme', tenant: 'acme', rules: [{ match: { type: 'any' }, sets: [10] }] });
  await plane.ask('PUT', '/domains/sip.acme.example', { tenant: 'acme', routeSet: 1 });
  const { token } = (await plane.ask<{ token: string }>('POST', '/nodes/join-tokens', {})).body;
  node = (await plane.runtime.auth.directory.join(token, 'ams-1'))?.node ?? node;
  await plane.runtime.live.refreshNodes();
  plane.runtime.live.sink.hello(node, { boot: 'boot-1', version: '0.1.0', rev: 0, epoch: '', capabilities: [], address: '127.0.0.1' });
  await settled();
}, startDeadlineMs);

afterAll(() => plane.close());

async function settled(): Promise<void> {
  plane.runtime.live.mirror.wake();
  await plane.runtime.live.mirror.settled();
}

it('says what the node answers by itself: to keep-alives, to methods that may not begin anything, to headers in the URI, and while it drains', async () => {
  const decided = async (body: object): Promise<unknown> => (await plane.ask<{ decision: unknown }>('POST', '/explain', body)).body.decision;
  const call = { uri: 'sip:1001@sip.acme.example' };
  expect(await decided({ method: 'OPTIONS', uri: 'sip:127.0.0.1:5080' })).toEqual({ action: 'reply', status: 200, reason: 'OK' });
  expect(await decided({ method: 'OPTIONS', uri: 'sip:127.0.0.2' })).toMatchObject({ action: 'drop' });
  expect(await decided({ uri: `${call.uri}?Subject=x` })).toEqual({ action: 'reply', status: 400, reason: 'Headers In Request-URI' });
  await plane.ask('PATCH', '/settings/global', { methods: 'strict' });
  await settled();
  expect(await decided({ ...call, method: 'MESSAGE' })).toEqual({ action: 'reply', status: 405, reason: 'Method Not Allowed' });
  await plane.ask('PATCH', '/settings/global', { methods: 'any' });
  await plane.ask('PATCH', `/nodes/${node.id}`, { draining: true });
  await settled();
  expect(await decided(call)).toEqual({ action: 'reply', status: 503, reason: 'Draining' });
  await plane.ask('PATCH', `/nodes/${node.id}`, { draining: false });
  await settled();
  expect(await decided(call)).toMatchObject({ action: 'forward' });
});
