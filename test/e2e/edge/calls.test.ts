import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../harness/deadline.ts';
import { Installation } from '../../harness/installation.ts';
import { callIdOf, headerOf, hostPort, newBranch, token, uriOf, valuesOf, writeSip } from '../../harness/sip-text.ts';
import { SipSocket } from '../../harness/sip-socket.ts';
import { putTenant, untilHealth } from '../../harness/tenant.ts';
import { Uac } from '../../harness/uac.ts';
import { Uas } from '../../harness/uas.ts';

const domain = 'sip.acme.example';
let site: Installation;
let first: Uas;
let second: Uas;

beforeAll(async () => {
  site = await Installation.start({ edge: { listen: 'udp:127.0.0.1:PORT,tcp:127.0.0.1:PORT,udp:[::1]:PORT,tcp:[::1]:PORT' } });
  first = site.with(await Uas.open('first'));
  second = site.with(await Uas.open('second'));
  await putTenant(site.api, {
    key: 'acme', domain, routeSet: 1, set: 1, algorithm: 8,
    destinations: [{ uri: first.uri, rank: 1 }, { uri: second.uri, rank: 2 }],
    failover: { frMs: 400, frInviteMs: 30_000, on: ['timeout', 'transport', 500, 503], maxAttempts: 3 },
  });
  await untilHealth(site.api, 1);
}, 60_000);
afterAll(() => site?.stop());

describe('a call through the edge', () => {
  it.each([
    ['udp', '127.0.0.1'], ['tcp', '127.0.0.1'], ['udp', '::1'], ['tcp', '::1'],
  ] as const)('over %s from %s: rings, is answered, carries requests both ways, ends', async (transport, host) => {
    const uac = await Uac.open({ transport, host });
    try {
      const call = uac.invite({ uri: `sip:1001@${domain}`, via: { host, port: site.edge.port } });
      const answer = await call.final;
      expect(answer.status).toBe(200);
      expect(call.provisionals.map(({ status }) => status)).toContain(180);
      expect(valuesOf(answer, 'via')).toHaveLength(1);
      expect(valuesOf(answer, 'record-route').length).toBeGreaterThan(0);
      await call.ack();
      await until('the ACK at the backend', 2_000, () => first.calls.get(call.callId)?.acked);
      expect((await call.inDialog('INFO')).status).toBe(200);
      expect((await call.bye()).status).toBe(200);
    } finally {
      await uac.close();
    }
  });

  it('keeps the backend’s 486 final and acknowledges it hop by hop', async () => {
    first.behaviour = { ...first.behaviour, invite: 486 };
    const uac = await Uac.open();
    const before = second.count('INVITE');
    expect((await uac.invite({ uri: `sip:1001@${domain}`, via: site.edge }).final).status).toBe(486);
    expect(second.count('INVITE')).toBe(before);
    first.behaviour = { ...first.behaviour, invite: 200 };
    await uac.close();
  });

  it.each([['answers 503', 503], ['is silent', 'silent']] as const)('goes on to the next destination when the first %s', async (_, invite) => {
    first.behaviour = { ...first.behaviour, invite };
    const uac = await Uac.open();
    const call = uac.invite({ uri: `sip:1001@${domain}`, via: site.edge });
    expect(await call.complete()).toMatchObject({ ok: true });
    expect(call.backend).toBe('second');
    first.behaviour = { ...first.behaviour, invite: 200 };
    await uac.close();
  });

  it('carries CANCEL to the backend and 487 to the caller', async () => {
    first.behaviour = { ...first.behaviour, invite: 'ring' };
    const uac = await Uac.open();
    const call = uac.invite({ uri: `sip:1001@${domain}`, via: site.edge });
    await uac.socket.waitFor('180', (message) => message.status === 180);
    expect((await call.cancel()).status).toBe(200);
    expect((await call.final).status).toBe(487);
    expect(first.count('CANCEL')).toBeGreaterThan(0);
    first.behaviour = { ...first.behaviour, invite: 200 };
    await uac.close();
  });
});

describe('what is not a call', () => {
  it('meets an unknown domain with silence and counts it', async () => {
    const uac = await Uac.open();
    const before = await site.edge.metric('dropped_unknown_domain_total');
    const call = uac.invite({ uri: 'sip:1001@nobody.example', via: site.edge });
    await until('the counter to move', 5_000, async () => (await site.edge.metric('dropped_unknown_domain_total')) > before);
    expect(uac.socket.received.filter(({ message }) => callIdOf(message) === call.callId)).toEqual([]);
    await uac.close();
  });

  it('meets scanners with silence and counts them', async () => {
    const uac = await Uac.open();
    const before = await site.edge.metric('dropped_scanner_total');
    const call = uac.invite({ uri: `sip:1001@${domain}`, via: site.edge, headers: ['User-Agent: friendly-scanner'] });
    await until('the counter to move', 5_000, async () => (await site.edge.metric('dropped_scanner_total')) > before);
    expect(uac.socket.received.filter(({ message }) => callIdOf(message) === call.callId)).toEqual([]);
    await uac.close();
  });

  it('answers OPTIONS to itself', async () => {
    const uac = await Uac.open();
    expect((await uac.plain('OPTIONS', { uri: `sip:${site.edge.address}`, via: site.edge })).status).toBe(200);
    await uac.close();
  });

  it('answers malformed SIP with 400 and the reason, and lives on', async () => {
    const socket = await SipSocket.open();
    const request = writeSip(`INVITE sip:1001@${domain} SIP/2.0`, [
      `Via: SIP/2.0/UDP ${hostPort(socket.host, socket.port)};branch=${newBranch()};rport`, 'Max-Forwards: 70',
      `From: <sip:a@b.example>;tag=${token()}`, `To: <sip:1001@${domain}>`, `Call-ID: ${token()}`, 'CSeq: 1 OPTIONS', 'Contact: <sip:a@127.0.0.1>',
    ]);
    await socket.send(request, site.edge);
    const answer = await socket.waitFor('400', (message) => message.status === 400);
    expect(answer.message.startLine).toMatch(/^SIP\/2\.0 400 \S.+/);
    await socket.send('\u0000\u0001 this is not SIP at all\r\n\r\n', site.edge);
    await socket.close();
    expect(site.edge.process.running).toBe(true);
  });

  it('refuses an in-dialog request whose Route is not ours to honour', async () => {
    const uac = await Uac.open();
    const call = uac.invite({ uri: `sip:1001@${domain}`, via: site.edge });
    const answer = await call.final;
    await call.ack();
    const routes = valuesOf(answer, 'record-route').toReversed().map((route) => `Route: ${route}`);
    const invented = token();
    const status = await uac.request({ text: writeSip(`BYE ${uriOf(headerOf(answer, 'contact'))} SIP/2.0`, [
      uac.viaLine(newBranch()), 'Max-Forwards: 70', ...routes, `From: <sip:x@y.example>;tag=${token()}`, `To: <sip:1001@${domain}>;tag=${token()}`, `Call-ID: ${invented}`, 'CSeq: 2 BYE',
    ]), to: site.edge, callId: invented, cseq: '2 BYE' }).then((message) => message.status);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(first.count('BYE') + second.count('BYE')).toBe([...first.calls.values(), ...second.calls.values()].filter(({ ended }) => ended).length);
    expect((await call.bye()).status).toBe(200);
    await uac.close();
  });

  it('answers 503 with Retry-After while no destination is healthy', async () => {
    first.behaviour = { ...first.behaviour, options: 'silent' };
    second.behaviour = { ...second.behaviour, options: 503 };
    await untilHealth(site.api, 1, { [first.uri]: 'down', [second.uri]: 'down' });
    const uac = await Uac.open();
    const answer = await uac.invite({ uri: `sip:1001@${domain}`, via: site.edge }).final;
    expect(answer.status).toBe(503);
    expect(headerOf(answer, 'retry-after')).toMatch(/^\d+/);
    first.behaviour = { ...first.behaviour, options: 200 };
    second.behaviour = { ...second.behaviour, options: 200 };
    await untilHealth(site.api, 1);
    expect(await uac.invite({ uri: `sip:1001@${domain}`, via: site.edge }).complete()).toMatchObject({ ok: true });
    await uac.close();
  });
});
