/** Session descriptions on their way through the edge, whether it relays media or not. */
import { expect } from 'vitest';
import { connect, hangUp, renegotiate } from '../../harness/media-peer.ts';
import type { SdpText } from '../../harness/sdp-text.ts';
import { headerOf } from '../../harness/sip-text.ts';
import { backendOf, connectThrough, edgeHost, exchange, expectOwnPort, expectPassed, expectRelayed, phoneOf } from '../media-ends.ts';
import { row } from '../row.ts';

const sdp = (...media: readonly string[]): string => ['v=0', 'o=alice 1 1 IN IP4 192.0.2.10', 's=-', 'c=IN IP4 192.0.2.10', 't=0 0', ...media, ''].join('\r\n');
const textOf = (description: SdpText | null): string => description?.text ?? '';

/** Lines of every kind (RFC 8866 §5), a stream with an address of its own, and letters that are no ASCII (as Latin-1 they keep their number of bytes). */
const rich = (name: string, version: number, address: string, port: number): string => [
  'v=0', `o=${name} 2890844526 ${version} IN IP4 ${address}`, 's=Gespr\u00e4ch', 'i=All lines', 'u=http://example.com/c=1', `e=${name}@example.com`, 'p=+49 30 123456', `c=IN IP4 ${address}`,
  'b=CT:512', 'b=X-YZ:128', 't=2873397496 2873404696', 'r=7d 1h 0 25h', 'a=tool:test', 'a=x-unknown:m=audio 1 c=IN IP4 192.0.2.99',
  `m=audio ${port} RTP/AVP 8 101`, 'i=first', 'b=AS:80', 'a=rtpmap:8 PCMA/8000', 'a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-15', 'a=ptime:20', 'a=x-private', 'a=sendrecv',
  `m=video ${port + 2} RTP/AVP 31`, `c=IN IP4 ${address}`, 'a=rtpmap:31 H261/90000', 'a=recvonly', '',
].join('\r\n');

row(148, { media: ['relay'] }, async (w) => {
  const [phone, backend] = [await phoneOf(w), await backendOf(w)];
  const said = (version: number): readonly [string, string] => [rich('alice', version, '192.0.2.10', 40_000), rich('bob', version, '198.51.100.20', 50_000)];
  const ports: unknown[] = [];
  const [firstOffer, firstAnswer] = said(1);
  await phone.invite(w.uri, firstOffer);
  ports.push(expectRelayed(w, firstOffer, textOf((await backend.isCalled(phone.callId)).sdp)));
  backend.answers(200, firstAnswer);
  ports.push(expectRelayed(w, firstAnswer, textOf((await phone.hears(200)).sdp)));
  await phone.acknowledges();
  await backend.takes('ACK');
  // o= goes on as its owner says it, version by version, and the ports are the same (RFC 3264 §8).
  const [nextOffer, nextAnswer] = said(2);
  const next = await renegotiate(phone, backend, nextOffer, nextAnswer);
  expect([expectRelayed(w, nextOffer, textOf(next.offer)), expectRelayed(w, nextAnswer, textOf(next.answer))]).toEqual(ports);
  const [lastAnswer, lastOffer] = said(3);
  const last = await renegotiate(backend, phone, lastOffer, lastAnswer);
  expect([expectRelayed(w, lastAnswer, textOf(last.answer)), expectRelayed(w, lastOffer, textOf(last.offer))]).toEqual(ports);
  await hangUp(phone, backend);
});

row(149, { media: ['relay'], backends: ['tcp'] }, async (w) => {
  for (const transport of ['udp', 'tcp'] as const) {
    const [phone, backend] = [await phoneOf(w, { sip: { transport } }), await backendOf(w)];
    // Longer and shorter than what the edge puts there; on a stream a wrong length would spoil the message that follows.
    for (const address of ['192.168.100.200', '10.0.0.1']) {
      const offer = rich('alice', 1, address, 40_000);
      await phone.invite(w.uri, offer);
      const { message: invite } = await backend.isCalled(phone.callId);
      const answer = rich('bob', 1, address, 9_000);
      backend.answers(200, answer);
      const { message: ok } = await phone.hears(200);
      for (const [message, said] of [[invite, offer], [ok, answer]] as const) {
        expectRelayed(w, said, message.body);
        expect(message.body.length).not.toBe(said.length);
        expect(message.headers.filter(([name]) => name === 'content-length').map(([, value]) => value)).toEqual([String(message.body.length)]);
        expect(headerOf(message, 'content-type')).toBe('application/sdp');
      }
      await phone.acknowledges();
      await backend.takes('ACK');
      await hangUp(phone, backend);
    }
  }
});

row(154, { media: ['direct', 'relay'] }, async (w) => {
  const [phone, backend] = [await phoneOf(w), await backendOf(w)];
  await connect(phone, backend, w.uri);
  const told = [phone.media.to, backend.media.to];
  const answering = { sendonly: 'recvonly', recvonly: 'sendonly', inactive: 'inactive', sendrecv: 'sendrecv' } as const;
  for (const [index, direction] of (['sendonly', 'recvonly', 'inactive', 'sendrecv'] as const).entries()) {
    const [from, to] = index % 2 === 0 ? [phone, backend] : [backend, phone];
    const [offer, answer] = [from.describe({ direction }), to.describe({ direction: answering[direction] })];
    const passed = await renegotiate(from, to, offer, answer);
    expectPassed(w, offer, textOf(passed.offer));
    expectPassed(w, answer, textOf(passed.answer));
    expect([phone.media.to, backend.media.to]).toEqual(told);
  }
  await exchange(phone, backend);
  await hangUp(phone, backend);
});

row(155, { media: ['direct', 'relay'] }, async (w) => {
  const [phone, backend] = [await phoneOf(w), await backendOf(w)];
  const offer = sdp('m=audio 4000 RTP/AVP 0', 'm=video 4002 RTP/AVP 31', 'm=application 0 udp wb');
  const answer = sdp('m=audio 5000 RTP/AVP 0', 'm=video 0 RTP/AVP 31', 'm=application 0 udp wb');
  await phone.invite(w.uri, offer);
  expectPassed(w, offer, textOf((await backend.isCalled(phone.callId)).sdp));
  backend.answers(200, answer);
  expectPassed(w, answer, textOf((await phone.hears(200)).sdp));
  await phone.acknowledges();
  await backend.takes('ACK');
  await hangUp(phone, backend);
});

row(156, { media: ['direct', 'relay'] }, async (w) => {
  const [phone, backend] = [await phoneOf(w), await backendOf(w)];
  await phone.invite(w.uri, '');
  expect((await backend.isCalled(phone.callId)).message.body).toBe('');
  const offer = backend.describe();
  backend.answers(200, offer);
  expectPassed(w, offer, textOf((await phone.hears(200)).sdp));
  const answer = phone.describe();
  await phone.acknowledges(answer);
  expectPassed(w, answer, textOf((await backend.takes('ACK')).sdp));
  await exchange(phone, backend);
  await hangUp(phone, backend);
});

/** An ICE agent's lines (RFC 8839 §5): candidates of its own host, of a NAT, of a relay, for TCP and IPv6. */
const iceLines = (name: string, host: string, port: number): readonly string[] => [
  `a=ice-ufrag:${name}`, `a=ice-pwd:${name}-password-of-22-characters`,
  `a=candidate:1 1 UDP 2130706431 ${host} ${port} typ host`, `a=candidate:1 2 UDP 2130706430 ${host} ${port + 1} typ host`,
  `a=candidate:2 1 UDP 1694498815 203.0.113.7 45664 typ srflx raddr ${host} rport ${port}`, `a=candidate:3 1 UDP 16777215 203.0.113.8 45666 typ relay raddr 203.0.113.7 rport 45664`,
  `a=candidate:4 1 TCP 1518280447 ${host} 9 typ host tcptype active`, `a=candidate:5 1 UDP 2130706175 2001:db8::7 ${port} typ host`,
  `a=remote-candidates:1 ${host} ${port} 2 ${host} ${port + 1}`,
];

row(157, { media: ['relay'] }, async (w) => {
  const phone = await phoneOf(w, { sip: { host: '127.0.0.21' } });
  const backend = await backendOf(w, { media: { host: '127.0.0.22' } });
  phone.says = { lines: iceLines('phone', phone.media.host, phone.media.port) };
  backend.says = { lines: iceLines('backend', backend.media.host, backend.media.port) };
  const { offer, answer } = await connectThrough(w, phone, backend);
  for (const [description, name, host] of [[offer, 'phone', '127.0.0.21'], [answer, 'backend', '127.0.0.22']] as const) {
    const { port = 0, address, attributes = [] } = description?.media[0] ?? {};
    expectOwnPort(w, port);
    expect(address).toBe(edgeHost);
    // The ends still check each other, through the edge and only there.
    expect(attributes).toEqual(expect.arrayContaining([`ice-ufrag:${name}`, `ice-pwd:${name}-password-of-22-characters`]));
    const candidates = attributes.filter((line) => line.startsWith('candidate:')).map((line) => line.split(' '));
    expect(candidates.map(([, component, transport, , at, on]) => [component, transport?.toUpperCase(), at, on]), textOf(description)).toEqual([['1', 'UDP', edgeHost, String(port)], ['2', 'UDP', edgeHost, String(port + 1)]]);
    const shown = textOf(description).split('\r\n').filter((line) => !line.startsWith('o=')).join('\n');
    for (const theirs of [host, '203.0.113.', '2001:db8::7', 'raddr', 'remote-candidates']) expect(shown).not.toContain(theirs);
  }
  for (const [from, to] of [[phone, backend], [backend, phone]] as const) expect((await to.media.gets(from.media.sendStun(), 'an ICE check')).from).toBe(`${to.media.to?.host}:${to.media.to?.port}`);
  await exchange(phone, backend);
  await hangUp(phone, backend);
});
