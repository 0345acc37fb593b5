import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Baresip } from '../../harness/baresip.ts';
import { Installation } from '../../harness/installation.ts';
import { Kamailio } from '../../harness/kamailio.ts';
import { putTenant, untilHealth } from '../../harness/tenant.ts';
import { Uac } from '../../harness/uac.ts';

const domain = 'phones.example';
const offer = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', 'm=audio 40000 RTP/AVP 8', 'a=rtpmap:8 PCMA/8000', ''].join('\r\n');

let site: Installation;
let registrar: Kamailio;
let colleague: Uac;

beforeAll(async () => {
  site = await Installation.start();
  registrar = site.with(await Kamailio.start('test/e2e/phone/registrar.cfg'));
  colleague = site.with(await Uac.open());
  await putTenant(site.api, { key: 'phones', domain, routeSet: 1, set: 1, destinations: [{ uri: registrar.uri }] });
  await untilHealth(site.api, 1);
}, 60_000);
afterAll(() => site?.stop());

describe('a phone (baresip) behind the edge, a registrar (Kamailio) on the other side', () => {
  it.each(['udp', 'tcp'] as const)('registers over %s, and a call from the registrar’s side reaches it', async (transport) => {
    const aor = `sip:alice-${transport}@${domain}`;
    const phone = await Baresip.start({ aor, outbound: site.edge.address, transport });
    try {
      await phone.registered();
      const call = colleague.invite({ uri: aor, via: registrar, headers: ['Content-Type: application/sdp'], body: offer });
      const answer = await call.final;
      expect(answer.status, phone.process.tail()).toBe(200);
      expect(answer.body).toContain('m=audio');
      await call.ack();
      await phone.process.line(/Call established/);
      expect((await call.bye()).status).toBe(200);
      await phone.process.line(/session closed/);
    } finally {
      await phone.stop();
    }
  }, 40_000);

  it('is found again after the edge was killed and started again, because its flow token needs no memory', async () => {
    const aor = `sip:bob@${domain}`;
    const phone = await Baresip.start({ aor, outbound: site.edge.address });
    try {
      await phone.registered();
      await site.edge.kill();
      await site.edge.restart();
      await untilHealth(site.api, 1);
      const call = colleague.invite({ uri: aor, via: registrar, headers: ['Content-Type: application/sdp'], body: offer });
      expect((await call.final).status, phone.process.tail()).toBe(200);
      await call.ack();
      expect((await call.bye()).status).toBe(200);
    } finally {
      await phone.stop();
    }
  }, 60_000);
});
