/** RFC 3261 §7, §20, §25, RFC 4475: header fields as they may and may not be written. */
import { expect } from 'vitest';
import { callIdOf, headerOf, token, valuesOf } from '../../harness/sip-text.ts';
import type { Peer } from '../../harness/peer.ts';
import { tortureTextOf } from '../../torture/corpus.ts';
import { row } from '../row.ts';
import { statuses, type World } from '../world.ts';

/** Messages of the backend whatever their Call-ID looks like there: those that hold `mark`. */
const reached = (w: World, mark: string): boolean => w.backend.socket.received.some(({ message }) => message.raw.includes(mark));

/** Sends a MESSAGE as changed by `change` and sees it arrive and its answer come back. */
async function passes(w: World, change: (text: string) => string, callId = token(), phone?: Peer): Promise<string> {
  const from = phone ?? (await w.phone());
  const text = change(from.request('MESSAGE', w.uri, { callId, body: 'hello', headers: ['Content-Type: text/plain'] }));
  await from.send(text);
  const got = await w.backend.socket.waitFor('the MESSAGE', (m) => m.raw.includes(callId));
  w.backend.answer(got, 200);
  await from.socket.waitFor('its answer', (m) => m.status === 200 && m.raw.includes(callId));
  return got.message.raw;
}

/** Sends a MESSAGE as changed by `change`: it is answered with one of `allowed` or not at all, and never goes on. */
async function fails(w: World, change: (text: string) => string, allowed: readonly number[] = [400], method = 'MESSAGE'): Promise<void> {
  const phone = await w.phone();
  const callId = token();
  const text = change(phone.request(method, w.uri, { callId, headers: [`X-Mark: m${callId}`] }));
  await phone.send(text);
  await w.settled(phone);
  expect(reached(w, `m${callId}`), text).toBe(false);
  const came = phone.socket.received.filter(({ message }) => message.status > 100 && message.method !== 'OPTIONS').map(({ message }) => message.status);
  for (const status of came) expect(allowed, text).toContain(status);
}

row(90, {}, async (w) => {
  await passes(w, (text) => text.replace(/From: (.*);tag/, 'From:\r\n $1\r\n\t;tag'));
  await passes(w, (text) => text.replace('SIP/2.0/UDP ', 'SIP/2.0/UDP\r\n  '));
  await passes(w, (text) => text.replace('CSeq: 1 MESSAGE', 'CSeq: 1\r\n MESSAGE'));
  await passes(w, (text) => text.replace('Max-Forwards: 70', 'Max-Forwards:\r\n 70'));
  const raw = await passes(w, (text) => text.replace('Content-Type:', 'X-Folded: a\r\n  b\r\n\tc\r\nContent-Type:'));
  expect(raw).toContain('X-Folded: a\r\n  b\r\n\tc\r\n');
});

row(91, {}, async (w) => {
  const compact: readonly (readonly [RegExp, string])[] = [[/Via *:/g, 'v:'], [/From *:/, 'F :'], [/To *:/, 't\t: '], [/Call-ID *:/, 'i  :'], [/Contact *:/, 'M:'], [/Content-Type *:/, 'c:'], [/Content-Length *:/, 'L: ']];
  await passes(w, (text) => compact.reduce((all, [name, short]) => all.replace(name, short), text));
  await passes(w, (text) => text.replace('Via:', 'VIA:').replace('Call-ID:', 'call-id:').replace('CSeq:', 'cSEQ:').replace('MESSAGE\r\n', 'MESSAGE \r\n'));
});

row(92, {}, async (w) => {
  const odd = "extensionHeader-!.%*+_`'~: it's fine";
  const raw = await passes(w, (text) => text.replace('Content-Type:', `${odd}\r\nC%6Fntact: <sip:alias@h.example>\r\nContent-Type:`));
  expect(raw).toContain(`${odd}\r\nC%6Fntact: <sip:alias@h.example>\r\n`);
});

row(94, {}, async (w) => {
  for (const display of ['"J Rosenberg \\\\\\""', '"a, <b>; c"', '"\\"x\\""', '""']) {
    const raw = await passes(w, (text) => text.replace('From: <', `From: ${display} <`));
    expect(raw).toContain(`From: ${display} <sip:alice@`);
  }
});

row(95, {}, async (w) => {
  const long = 'l'.repeat(600);
  const raw = await passes(w, (text) => text.replace(';tag=alice', `;tag=${long};${long}=${long}`).replace('Content-Type:', `X-Long: ${long}${long}${long}\r\nContent-Type:`), `${'i'.repeat(200)}${token()}`);
  expect(raw).toContain(`;tag=${long};${long}=${long}`);
  const values = Array.from({ length: 30 }, (_, i) => `Via: SIP/2.0/UDP h${i}.example;branch=z9hG4bK${i}${'v'.repeat(40)}`);
  await passes(w, (text) => text.replace('Max-Forwards', `${values.join('\r\n')}\r\nMax-Forwards`));
});

row(96, {}, async (w) => {
  const vias = ['UDP t1.example.com', 'SCTP t2.example.com', 'TLS t3.example.com', 'UNKNOWN t4.example.com', 'TCP t5.example.com'].map((via) => `Via: SIP/2.0/${via};branch=z9hG4bK${token()}`);
  const raw = await passes(w, (text) => text.replace('Max-Forwards', `${vias.join('\r\n')}\r\nMax-Forwards`));
  for (const via of vias) expect(raw).toContain(`${via}\r\n`);
});

row(97, {}, async (w) => {
  const torture = tortureTextOf('mpart01');
  const body = torture.slice(torture.indexOf('\r\n\r\n') + 4);
  const phone = await w.phone();
  const callId = token();
  await phone.send(phone.request('MESSAGE', w.uri, { callId, body, headers: ['Content-Type: multipart/mixed;boundary=7a9cbec02ceef655'] }));
  const got = await w.backend.gets('MESSAGE', callId);
  expect(got.message.body).toBe(body);
  w.backend.answer(got, 200, { body });
  expect((await phone.hears(200, callId)).message.body).toBe(body);
});

row(98, {}, async (w) => {
  const phone = await w.phone();
  for (const method of ['OPTIONS', 'NEWMETHOD']) {
    const callId = token();
    await phone.send(phone.request('MESSAGE', w.uri, { callId }).replace('CSeq: 1 MESSAGE', `CSeq: 1 ${method}`));
    await phone.socket.waitFor(`a refusal of CSeq ${method}`, (m) => [400, 501].includes(m.status) && callIdOf(m) === callId);
    expect(reached(w, callId)).toBe(false);
  }
});

row(99, {}, async (w) => {
  for (const number of ['abc', '36893488147419103232', '4294967296', '-1', '']) await fails(w, (text) => text.replace('CSeq: 1 ', `CSeq: ${number} `));
});

row(100, {}, async (w) => {
  for (const name of ['From', 'To', 'Call-ID', 'CSeq', 'Via']) await fails(w, (text) => text.replace(new RegExp(`^${name}: [^\\r]*\\r\\n`, 'm'), ''));
});

row(101, {}, async (w) => {
  for (const name of ['From', 'To', 'Call-ID', 'CSeq', 'Max-Forwards']) await fails(w, (text) => text.replace(new RegExp(`^${name}: [^\\r]*\\r\\n`, 'm'), (line) => `${line}${line}`));
  await fails(w, (text) => text.replace('Content-Length: 0', 'Content-Length: 0\r\nContent-Length: 5'));
});

row(102, {}, async (w) => {
  for (const value of ['-999', 'five', '1e3', '0x10']) await fails(w, (text) => text.replace('Content-Length: 0', `Content-Length: ${value}`));
});

row(105, {}, async (w) => {
  // RFC 4475 lets a proxy repair these; then nothing broken may go on.
  await fails(w, (text) => text.replace('To: <', 'To: "Mr. J. User <'));
  await fails(w, (text) => text.replace('From: <', 'From: Bell, Alexander <'));
  await fails(w, (text) => text.replace('To: <', 'To: "x\\" <'));
});

row(107, {}, async (w) => {
  const { caller, callId, invite } = await w.invite();
  for (const status of ['4294967301', '700', '999', '099', '20', 'abc', '-200']) {
    invite.reply(['SIP/2.0 ' + status + ' Odd', ...invite.message.headers.filter(([name]) => ['via', 'from', 'to', 'call-id', 'cseq'].includes(name)).map(([name, value]) => `${name}: ${value}`), 'Content-Length: 0', '', ''].join('\r\n'));
  }
  await w.settled(w.backend);
  expect(statuses(caller, callId)).toEqual([]);
  w.backend.answer(invite, 486);
  await caller.hears(486, callId);
  expect(headerOf(invite.message, 'call-id')).toBe(callId);
});

row(109, {}, async (w) => {
  const oddities: ((text: string) => string)[] = [
    (text) => text.replace('Contact: <', 'Authorization: NoOneKnowsThisScheme opaque-data=here\r\nContact: <'),
    (text) => text.replace(/Contact: ([^\r]*)/, 'Contact: $1;+unknown="yes";other'),
    (text) => text.replace(/Contact: <([^>]*)>/, 'Contact: <$1;unknownparam=here>'),
    (text) => text.replace(/Contact: <([^>]*)>/, 'Contact: <$1?Route=%3Csip:sip.example.com%3E>'),
    (text) => text.replace(/To: <[^>]*>/, 'To: <isbn:2983792873>').replace(/From: <[^>]*>/, 'From: <http://www.example.com>').replace(/Contact: <[^>]*>/, 'Contact: <name:John_Smith>'),
  ];
  for (const odd of oddities) {
    const phone = await w.phone();
    const callId = token();
    const text = odd(phone.request('REGISTER', `sip:${w.domain}`, { callId }));
    await phone.send(text);
    const got = await w.backend.gets('REGISTER', callId);
    expect(valuesOf(got.message, 'contact')).toEqual([/^Contact: ([^\r]*)/m.exec(text)?.[1]]);
    w.backend.answer(got, 400);
    await phone.hears(400, callId);
  }
});
