/** Phones in a browser whose media the edge relays: ICE, DTLS and SRTP of Chromium pass through, or end at an rtpengine. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { MediaState } from '../../../dataplane/media/messages.ts';
import { Baresip } from '../../harness/baresip.ts';
import { until } from '../../harness/deadline.ts';
import { Installation } from '../../harness/installation.ts';
import { Kamailio } from '../../harness/kamailio.ts';
import { freePort, freePortPairs } from '../../harness/ports.ts';
import { Rtpengine } from '../../harness/rtpengine.ts';
import { putTenant, untilHealth } from '../../harness/tenant.ts';
import { PhoneBrowser } from '../../harness/web-phone.ts';

const domain = 'phones.example';
const mediaPorts = 200;

let browser: PhoneBrowser;
let site: Installation;
beforeAll(async () => {
  browser = await PhoneBrowser.launch();
}, 60_000);
afterAll(() => browser?.stop());
afterEach(() => site?.stop());

describe.each(['worker', 'rtpengine'] as const)('media by %s', (engine) => {
  /** A site whose only tenant has its media relayed; calls pass the edge twice, on their way to the registrar and back. */
  async function open(): Promise<string> {
    const wss = await freePort();
    const first = await freePortPairs(mediaPorts / 2);
    const ports = { first, last: first + mediaPorts - 1 };
    site = await Installation.start({ edge: {
      listen: `udp:127.0.0.1:PORT,tcp:127.0.0.1:PORT,wss:127.0.0.1:${wss}`,
      env: { SIGNALBOX_MEDIA: engine, SIGNALBOX_RTP: `${ports.first}-${ports.last}` },
    } });
    const registrar = site.with(await Kamailio.start('test/e2e/phone/registrar.cfg'));
    await putTenant(site.api, { key: 'phones', domain, routeSet: 1, set: 1, destinations: [{ uri: registrar.uri }] });
    if (engine === 'rtpengine') {
      const { address } = site.with(await Rtpengine.start({ ports }));
      await site.api.patch('/settings/global?wait=applied', { media: { rtpengines: [{ address, weight: 1, enabled: true }] } });
    }
    await site.api.patch('/tenants/phones?wait=applied', { policies: { media: 'relay' } });
    await untilHealth(site.api, 1);
    return `wss://127.0.0.1:${wss}`;
  }

  const sessions = (count: number): Promise<unknown> => until(`${count} media sessions`, 10_000, async () => {
    const { media } = await site.edge.inspect();
    const found = (media as readonly MediaState[]).reduce((sum, state) => sum + state.sessions, 0);
    if (found !== count) throw new Error(`${found} media sessions`);
    return true;
  });

  it('two phones in a browser hear each other', async () => {
    const url = await open();
    const [alice, bob] = [await browser.phone(`sip:alice@${domain}`, url), await browser.phone(`sip:bob@${domain}`, url)];
    await alice.saw('registered');
    await bob.saw('registered');
    await alice.call(`sip:bob@${domain}`);
    await alice.saw('confirmed');
    await bob.saw('confirmed');
    await alice.heard();
    await bob.heard();
    await sessions(2);
    await bob.hangUp();
    await alice.saw('ended');
    await sessions(0);
    await alice.close();
    await bob.close();
  }, 60_000);

  it('a phone in a browser and a desk phone hear each other', async () => {
    const url = await open();
    const desk = site.with(await Baresip.start({ aor: `sip:desk@${domain}`, outbound: site.edge.address, web: true }));
    await desk.registered();
    const web = await browser.phone(`sip:web@${domain}`, url);
    await web.saw('registered');
    await web.call(`sip:desk@${domain}`);
    await web.saw('confirmed');
    await web.heard();
    await sessions(2);
    await web.hangUp();
    await desk.process.line(/session closed/);
    await sessions(0);
    expect(desk.process.log.some((line) => /incoming rtp for 'audio' established/.test(line)), desk.process.tail()).toBe(true);
    await web.close();
  }, 60_000);
});
