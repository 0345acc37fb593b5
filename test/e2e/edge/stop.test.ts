import { afterAll, beforeAll, expect, it } from 'vitest';
import { Installation } from '../../harness/installation.ts';
import { putTenant, untilHealth } from '../../harness/tenant.ts';
import { Uac } from '../../harness/uac.ts';
import { Uas } from '../../harness/uas.ts';

let site: Installation;
let uac: Uac;
let uas: Uas;

beforeAll(async () => {
  site = await Installation.start();
  uac = site.with(await Uac.open());
  uas = site.with(await Uas.open('pbx-a'));
  await putTenant(site.api, { key: 'acme', domain: 'sip.acme.example', routeSet: 1, set: 1, destinations: [{ uri: uas.uri }] });
  await untilHealth(site.api, 1);
}, 60_000);
afterAll(() => site?.stop());

it('SIGTERM lets a call that is being set up finish, then ends with exit code 0', async () => {
  uas.behaviour = { ...uas.behaviour, answerAfterMs: 1_500 };
  const call = uac.invite({ uri: 'sip:1001@sip.acme.example', via: site.edge });
  await uac.socket.waitFor('180', (message) => message.status === 180);
  site.edge.process.signal('SIGTERM');
  expect((await call.final).status).toBe(200);
  expect(await site.edge.process.exit(40_000)).toBe(0);

  // The next process carries the rest of the call.
  await site.edge.restart();
  await call.ack();
  expect((await call.bye()).status).toBe(200);
}, 60_000);

it('SIGTERM ends an idle control plane with exit code 0', async () => {
  site.control.process.signal('SIGTERM');
  expect(await site.control.process.exit(15_000)).toBe(0);
}, 30_000);
