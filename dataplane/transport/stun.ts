/**
 * STUN keep-alives on the SIP port (RFC 5626 §4.4.2): the answer to a binding request of RFC 5389, which tells
 * the phone the address that its NAT shows us. Pure; latin1 text in and out.
 */
import type { Family } from './flow.ts';

const headerBytes = 20;
const bindingRequest = '\x00\x01';
const bindingSuccess = '\x01\x01';
const magicCookie = '\x21\x12\xa4\x42';
const xorMappedAddress = '\x00\x20';

/** Whether a datagram is a STUN message (RFC 5389 §6): its first two bits are 0 and the cookie is in its place. No SIP message looks so. */
export const isStun = (raw: string): boolean =>
  raw.charCodeAt(0) < 4 && raw.length >= headerBytes && raw.startsWith(magicCookie, 4);

/**
 * The success response with XOR-MAPPED-ADDRESS.
 * @returns '' for anything but a binding request, which gets silence.
 */
export const bindingResponse = (request: string, family: Family, address: string, port: number): string => {
  if (!isStun(request) || !request.startsWith(bindingRequest)) return '';
  const mask = request.slice(4, headerBytes);
  const bytes = family === 4 ? address.split('.').map(Number) : ipv6Bytes(address);
  let value = `\x00${family === 4 ? '\x01' : '\x02'}${word(port ^ 0x2112)}`;
  for (let i = 0; i < bytes.length; i++) value += String.fromCharCode((bytes[i] ?? 0) ^ mask.charCodeAt(i));
  return bindingSuccess + word(4 + value.length) + mask + xorMappedAddress + word(value.length) + value;
};

const word = (value: number): string => String.fromCharCode((value >> 8) & 255, value & 255);

/** Bytes of a canonical IPv6 literal, without its zone. */
function ipv6Bytes(address: string): number[] {
  const [head = '', tail = ''] = (address.split('%')[0] ?? '').split('::');
  const groupsOf = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const left = groupsOf(head);
  const right = groupsOf(tail);
  const groups = [...left, ...new Array<number>(Math.max(0, 8 - left.length - right.length)).fill(0), ...right];
  return groups.flatMap((group) => [group >> 8, group & 255]);
}
