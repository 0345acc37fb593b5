/** Phones in a browser (JsSIP in Chromium) behind the edge, a registrar (Kamailio) on the other side. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Baresip } from '../../harness/baresip.ts';
import { Installation } from '../../harness/installation.ts';
import { Kamailio } from '../../harness/kamailio.ts';
import { freePort } from '../../harness/ports.ts';
import { putTenant, untilHealth } from '../../harness/tenant.ts';
import { Uac } from '../../harness/uac.ts';
import { PhoneBrowser } from '../../harness/web-phone.ts';

const domain = 'phones.example';

let site: Installation;
let registrar: Kamailio;
let browser: PhoneBrowser;
const urls = { wss: '', ws: '', tls: '' };

beforeAll(async () => {
  const [wss, ws, tls] = [await freePort(), await freePort(), await freePort()];
  urls.tls = `127.0.0.1:${tls}`;
  urls.wss = `wss://127.0.0.1:${wss}`;
  urls.ws = `ws://127.0.0.1:${ws}`;
  site = await Installation.start({ edge: { listen: `udp:127.0.0.1:PORT,tcp:127.0.0.1:PORT,wss:127.0.0.1:${wss},ws:127.0.0.1:${ws},tls:127.0.0.1:${tls}` } });
  registrar = site.with(await Kamailio.start('test/e2e/phone/registrar.cfg'));
  browser = site.with(await PhoneBrowser.launch());
  await putTenant(site.api, { key: 'phones', domain, routeSet: 1, set: 1, destinations: [{ uri: registrar.uri }] });
  await untilHealth(site.api, 1);
}, 90_000);
afterAll(() => site?.stop());

describe.each(['wss', 'ws'] as const)('two phones in a browser over %s', (transport) => {
  it('register, call each other with audio both ways, and hang up from either side', async () => {
    const [alice, bob] = [await browser.phone(`sip:alice-${transport}@${domain}`, urls[transport]), await browser.phone(`sip:bob-${transport}@${domain}`, urls[transport])];
    await alice.saw('registered');
    await bob.saw('registered');
    await alice.call(`sip:bob-${transport}@${domain}`);
    await alice.saw('confirmed');
    await bob.saw('confirmed');
    await alice.heard();
    await bob.heard();
    await bob.hangUp();
    await alice.saw('ended');
    await bob.call(`sip:alice-${transport}@${domain}`);
    await bob.saw('call local');
    await alice.saw('call remote');
    await alice.close();
    await bob.close();
  }, 60_000);
});

describe.each(['udp', 'tcp', 'tls'] as const)('a phone in a browser and a desk phone on %s', (transport) => {
  it('call each other, media straight between them', async () => {
    const aor = `sip:desk-${transport}@${domain}`;
    const desk = site.with(await Baresip.start({ aor, outbound: transport === 'tls' ? urls.tls : site.edge.address, transport, web: true }));
    await desk.registered();
    const web = await browser.phone(`sip:web-${transport}@${domain}`, urls.wss);
    await web.saw('registered');
    await web.call(aor);
    await web.saw('confirmed');
    await web.heard();
    await web.hangUp();
    await desk.process.line(/session closed/);
    await desk.command('dial', `sip:web-${transport}@${domain}`);
    await web.saw('call remote');
    await desk.process.line(/Call established: sip:web-/);
    await web.close();
  }, 60_000);
});

describe('a phone in a browser', () => {
  it('that closed its tab is gone for callers: 430 goes to the registrar, and nobody waits', async () => {
    const phone = await browser.phone(`sip:carol@${domain}`, urls.wss);
    await phone.saw('registered');
    await phone.close();
    const caller = site.with(await Uac.open());
    const call = caller.invite({ uri: `sip:carol@${domain}`, via: registrar });
    const { status } = await call.final;
    expect([430, 480, 404, 408, 500]).toContain(status);
  }, 40_000);
});
