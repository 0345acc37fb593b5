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

test('no SIP message and no keep-alive looks like STUN', () => {
  for (const text of ['OPTIONS sip:a@b SIP/2.0\r\n\r\n', 'SIP/2.0 200 OK\r\n\r\n', '\r\n\r\n', '', '\0\0\0\0']) expect(isStun(text)).toBe(false);
  expect(isStun(request)).toBe(true);
});
