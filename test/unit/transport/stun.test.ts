import { expect, test } from 'vitest';
import { bindingResponse, isStun } from '../../../dataplane/transport/stun.ts';

const bytes = (hex: string): string => Buffer.from(hex.replaceAll(' ', ''), 'hex').toString('latin1');
const hex = (text: string): string => Buffer.from(text, 'latin1').toString('hex');
/** Transaction id of RFC 5769 §2.2 and §2.3. */
const id = 'b7e7a701bc34d686fa87dfae';
const request = bytes(`0001 0000 2112a442 ${id}`);

test('XOR-MAPPED-ADDRESS as in the vectors of RFC 5769', () => {
  expect(hex(bindingResponse(request, 4, '192.0.2.1', 32853))).toBe(`0101000c2112a442${id}002000080001a147e112a643`);
  expect(hex(bindingResponse(request, 6, '2001:db8:1234:5678:11:2233:4455:6677', 32853)))
    .toBe(`010100182112a442${id}002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9`);
});

test('an abbreviated IPv6 address and one with a zone have 16 bytes', () => {
  expect(hex(bindingResponse(request, 6, '::1', 1)).slice(48)).toBe(hex(bindingResponse(request, 6, '0:0:0:0:0:0:0:1', 1)).slice(48));
  expect(bindingResponse(request, 6, 'fe80::1%eth0', 1)).toHaveLength(44);
});

test.each([
  ['an indication', bytes(`0011 0000 2112a442 ${id}`)],
  ['a response', bytes(`0101 0000 2112a442 ${id}`)],
  ['half a header', request.slice(0, 19)],
  ['another cookie', bytes(`0001 0000 2112a443 ${id}`)],
  ['SIP', 'OPTIONS sip:a@b SIP/2.0\r\n\r\n'],
])('%s gets no answer', (_, text) => {
  expect(bindingResponse(text, 4, '192.0.2.1', 1)).toBe('');
});

/** A binding request with attributes, given in hex. */
const withAttributes = (attributes: string): string => {
  const value = bytes(attributes);
  return bytes(`0001 ${value.length.toString(16).padStart(4, '0')} 2112a442 ${id}`) + value;
};
const answered = (text: string): string => hex(bindingResponse(text, 4, '192.0.2.1', 32853));
const success = `0101000c2112a442${id}002000080001a147e112a643`;
/** 420 Unknown Attribute, before the list of types. */
const refusal = (length: string): string => `0111${length}2112a442${id}00090015000004 14${hex('Unknown Attribute')}000000`.replaceAll(' ', '');

test('an attribute that would have to be understood gets 420 with its type (RFC 5389 §7.3.1)', () => {
  expect(answered(withAttributes('0003 0004 00000006'))).toBe(`${refusal('0024')}000a000200030000`);
  // Each once, filled up to a multiple of four.
  expect(answered(withAttributes('0003 0000 0025 0000 0003 0000'))).toBe(`${refusal('0024')}000a000400030025`);
});

test.each([
  ['types from 0x8000 on', '8022 0005 4142434445000000 c001 0000'],
  ['those of authentication, which is not asked for', '0006 0003 61626300 0008 0014 0000000000000000000000000000000000000000'],
  ['what follows MESSAGE-INTEGRITY (§15.4)', '0008 0014 0000000000000000000000000000000000000000 0003 0000'],
])('attributes that count for nothing do not hinder the answer: %s', (_, attributes) => {
  expect(answered(withAttributes(attributes))).toBe(success);
});

test('a 420 names sixteen types at the most', () => {
  const types = Array.from({ length: 100 }, (_, index) => (0x4000 + index).toString(16));
  expect(answered(withAttributes(types.map((type) => `${type} 0000`).join(' ')))).toBe(`${refusal('0040')}000a0020${types.slice(0, 16).join('')}`);
});

/** The request of RFC 5769 §2.1. Its PRIORITY is of ICE, which is not spoken here. */
const vector = bytes(`00010058 2112a442 ${id} 80220010 5354554e207465737420636c69656e74 00240004 6e0001ff 80290008 932ff9b151263b36
  00060009 6576746a3a68367659202020 00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2 80280004 e57a3bcf`.replace(/\s/g, ''));

test('a right FINGERPRINT is taken, with a wrong one or one that is not the last attribute the message is none', () => {
  expect(answered(vector)).toBe(`${refusal('0024')}000a000200240000`);
  expect(answered(vector.slice(0, -1) + '\xce')).toBe('');
  expect(answered(vector.replace('client', 'Client'))).toBe('');
  expect(answered(withAttributes('8028 0004 00000000'))).toBe('');
  expect(answered(withAttributes('8028 0000'))).toBe('');
  expect(answered(bytes(`0001 0060 2112a442 ${id}`) + vector.slice(20) + bytes('80220004 61626364'))).toBe('');
});

test.each([
  ['a length that says more than there is', bytes(`0001 0004 2112a442 ${id}`)],
  ['a length that says less than there is', `${request}\x80\x22\x00\x00`],
  ['a length that is no multiple of four', bytes(`0001 0002 2112a442 ${id} 8022`)],
  ['an attribute that runs out of it', withAttributes('8022 0005 41424344')],
  ['an attribute whose filling is missing', withAttributes('8022 0000 8022 0001')],
  ['more than 1,280 bytes', withAttributes(`8022 04fc ${'41'.repeat(1_276)}`)],
])('%s gets no answer (RFC 5389 §7.3)', (_, text) => {
  expect(isStun(text)).toBe(true);
  expect(answered(text)).toBe('');
});

test('no SIP message and no keep-alive looks like STUN', () => {
  for (const text of ['OPTIONS sip:a@b SIP/2.0\r\n\r\n', 'SIP/2.0 200 OK\r\n\r\n', '\r\n\r\n', '', '\0\0\0\0']) expect(isStun(text)).toBe(false);
  expect(isStun(request)).toBe(true);
});
