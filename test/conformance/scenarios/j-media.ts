/** Sessions whose media go directly between the ends: their descriptions pass unchanged. */
import { expect } from 'vitest';
import { establish, fromCallee, fromCaller } from '../../harness/peer.ts';
import { headerOf, token, valuesOf } from '../../harness/sip-text.ts';
import { row } from '../row.ts';

const sdp = (...media: readonly string[]): string => ['v=0', 'o=alice 1 1 IN IP4 192.0.2.10', 's=-', 'c=IN IP4 192.0.2.10', 't=0 0', ...media, ''].join('\r\n');
const typed = ['Content-Type: application/sdp'];

row(154, {}, async (w) => {
  const phone = await w.phone();
  const call = await establish(phone, w.backend, w.uri, { body: sdp('m=audio 4000 RTP/AVP 0'), headers: typed });
  for (const [index, direction] of ['sendonly', 'recvonly', 'inactive', 'sendrecv'].entries()) {
    const offer = sdp('m=audio 4000 RTP/AVP 0', `a=${direction}`);
    const [from, to, text] = index % 2 === 0
      ? [phone, w.backend, fromCaller(phone, call, 'INVITE', 10 + index, typed)]
      : [w.backend, phone, fromCallee(w.backend, call, 'INVITE', 10 + index, typed)];
    await from.send(text.replace('Content-Length: 0\r\n\r\n', `Content-Length: ${offer.length}\r\n\r\n${offer}`));
    const got = await to.gets('INVITE', call.callId);
    expect(got.message.body).toBe(offer);
    to.answer(got, 200, { headers: typed, body: offer });
    const ok = await from.socket.waitFor('its answer', (m) => m.status === 200 && headerOf(m, 'cseq') === `${10 + index} INVITE`);
    expect(ok.message.body).toBe(offer);
    await from.send((from === phone ? fromCaller(phone, call, 'ACK', 10 + index) : fromCallee(w.backend, call, 'ACK', 10 + index)));
    await to.gets('ACK', call.callId);
  }
});

row(155, {}, async (w) => {
  const offer = sdp('m=audio 4000 RTP/AVP 0', 'm=video 4002 RTP/AVP 31', 'm=application 0 udp wb');
  const answer = sdp('m=audio 5000 RTP/AVP 0', 'm=video 0 RTP/AVP 31', 'm=application 0 udp wb');
  const { caller, callId, invite } = await w.invite({ body: offer, headers: typed });
  expect(invite.message.body).toBe(offer);
  w.backend.answer(invite, 200, { headers: typed, body: answer });
  expect((await caller.hears(200, callId)).message.body).toBe(answer);
});

row(156, {}, async (w) => {
  const offer = sdp('m=audio 4000 RTP/AVP 0');
  const phone = await w.phone();
  const callId = token();
  await phone.send(phone.request('INVITE', w.uri, { callId }));
  const invite = await w.backend.gets('INVITE', callId);
  expect(invite.message.body).toBe('');
  w.backend.answer(invite, 200, { headers: typed, body: offer });
  const { message } = await phone.hears(200, callId);
  expect(message.body).toBe(offer);
  const routes = valuesOf(message, 'record-route').toReversed().map((value) => `Route: ${value}`);
  await phone.send(phone.request('ACK', w.backend.uri, { callId, toTag: 'callee', headers: [...routes, ...typed], body: sdp('m=audio 6000 RTP/AVP 0') }));
  expect((await w.backend.gets('ACK', callId)).message.body).toBe(sdp('m=audio 6000 RTP/AVP 0'));
});

row(160, {}, async (w) => {
  const { caller, callId, invite } = await w.invite({ body: sdp('m=audio 4000 RTP/AVP 0'), headers: typed });
  w.backend.answer(invite, 183, { headers: typed, body: sdp('m=audio 5000 RTP/AVP 0') });
  expect((await caller.hears(183, callId)).message.body).toBe(sdp('m=audio 5000 RTP/AVP 0'));
  w.backend.answer(invite, 200, { headers: typed, body: sdp('m=audio 5000 RTP/AVP 0') });
  await caller.hears(200, callId);
});
