import { afterEach, describe, expect, it } from 'vitest';
import { startCalls } from '../../harness/call-load.ts';
import { until } from '../../harness/deadline.ts';
import { answerTo, headerOf, readSip, targetOf, valuesOf, writeSip } from '../../harness/sip-text.ts';
import { Uac } from '../../harness/uac.ts';
import { Uas, type UasBehaviour } from '../../harness/uas.ts';

const open: { close(): Promise<void> }[] = [];
const keep = <T extends { close(): Promise<void> }>(thing: T): T => {
  open.push(thing);
  return thing;
};
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close();
});

async function pair(transport: 'udp' | 'tcp', host: string, behaviour: Partial<UasBehaviour> = {}): Promise<{ uac: Uac; uas: Uas; via: { host: string; port: number } }> {
  const uas = keep(await Uas.open('backend', { transport, host, behaviour }));
  const uac = keep(await Uac.open({ transport, host }));
  return { uac, uas, via: { host, port: uas.socket.port } };
}

describe('the harness’s caller and backend, without a proxy between them', () => {
  it.each([['udp', '127.0.0.1'], ['tcp', '127.0.0.1'], ['udp', '::1'], ['tcp', '::1']] as const)('complete a call over %s on %s', async (transport, host) => {
    const { uac, uas, via } = await pair(transport, host);
    const call = uac.invite({ uri: uas.uri, via });
    expect(await call.complete()).toMatchObject({ ok: true, answered: true });
    expect(call.provisionals.map(({ status }) => status)).toEqual([180]);
    expect(uas.counts).toEqual({ INVITE: 1, ACK: 1, BYE: 1 });
    expect(call.backend).toBe('backend');
  });

  it('end a call from the backend’s side', async () => {
    const { uac, uas, via } = await pair('udp', '127.0.0.1');
    const call = uac.invite({ uri: uas.uri, via });
    await call.final;
    await call.ack();
    const status = uas.bye(call.callId);
    const bye = await uac.socket.waitFor('BYE', (message) => message.method === 'BYE');
    bye.reply(answerTo(bye.message, 200, 'OK'));
    expect(await status).toBe(200);
  });

  it('cancel a ringing call', async () => {
    const { uac, uas, via } = await pair('udp', '127.0.0.1', { invite: 'ring' });
    const call = uac.invite({ uri: uas.uri, via });
    await uac.socket.waitFor('180', (message) => message.status === 180);
    expect((await call.cancel()).status).toBe(200);
    expect((await call.final).status).toBe(487);
  });

  it('retransmit an INVITE that nobody answers, over UDP', async () => {
    const { uac, uas, via } = await pair('udp', '127.0.0.1', { invite: 'silent' });
    uac.invite({ uri: uas.uri, via });
    await until('two retransmissions', 4_000, () => uas.retransmissions >= 2);
    expect(uas.count('INVITE')).toBe(1);
  });

  it('count what fails in a load', async () => {
    const { uac, uas, via } = await pair('udp', '127.0.0.1');
    const load = startCalls([uac], 100, 0, () => ({ uri: uas.uri, via }));
    await until('20 calls', 5_000, () => load.ended.length >= 20);
    uas.behaviour = { ...uas.behaviour, invite: 503 };
    await until('a failed call', 5_000, () => load.ended.some(({ ok }) => !ok));
    const calls = await load.stop();
    expect(calls.filter(({ ok }) => ok).length).toBeGreaterThanOrEqual(20);
    expect(calls.filter(({ ok }) => !ok).every(({ status, answered }) => status === 503 && !answered)).toBe(true);
  });
});

describe('the harness’s view of SIP', () => {
  it('reads compact names, folds and comma lists', () => {
    const message = readSip('INVITE sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP x;branch=1,\r\n SIP/2.0/UDP y;branch=2\r\nm: "a, b" <sip:c@d;x=1,2>\r\n\r\n');
    expect(valuesOf(message, 'via')).toEqual(['SIP/2.0/UDP x;branch=1', 'SIP/2.0/UDP y;branch=2']);
    expect(valuesOf(message, 'contact')).toHaveLength(1);
  });

  it('refuses what is not SIP', () => {
    expect(() => readSip('hello')).toThrow('not a SIP message');
  });

  it('knows where a URI points', () => {
    expect(targetOf('sip:a@[::1]:5070;transport=tcp;lr')).toEqual({ host: '::1', port: 5070, transport: 'tcp' });
    expect(targetOf('sip:host.example')).toEqual({ host: 'host.example', port: 5060, transport: 'udp' });
  });

  it('answers with the request’s Via, From, To, Call-ID and CSeq', () => {
    const request = readSip(writeSip('OPTIONS sip:a@b SIP/2.0', ['Via: SIP/2.0/UDP x;branch=1', 'From: <sip:c@d>;tag=1', 'To: <sip:a@b>', 'Call-ID: q', 'CSeq: 1 OPTIONS']));
    const answer = readSip(answerTo(request, 200, 'OK', { toTag: 't' }));
    expect(headerOf(answer, 'to')).toBe('<sip:a@b>;tag=t');
    expect(headerOf(answer, 'cseq')).toBe('1 OPTIONS');
  });
});
