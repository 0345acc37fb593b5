/**
 * STUN keep-alives on the SIP port (RFC 5626 §4.4.2): the answer to a binding request of RFC 5389, which tells
 * the phone the address that its NAT shows us. Pure; latin1 text in and out.
 */
import { crc32 } from 'node:zlib';
import type { Family } from './flow.ts';

const headerBytes = 20;
/** What RFC 5389 §7.1 lets any request over UDP have. */
const maxRequestBytes = 1_280;
const bindingRequest = '\x00\x01';
const bindingSuccess = '\x01\x01';
const bindingError = '\x01\x11';
const magicCookie = '\x21\x12\xa4\x42';
const xorMappedAddress = '\x00\x20';
const messageIntegrity = 0x0008;
const fingerprint = 0x8028;
const fingerprintMask = 0x5354554e;

/**
 * Attributes that RFC 5389 §18.2 wants understood: those of a binding request without authentication are read over. Types from
 * 0x8000 on may stay unknown.
 */
const understood: ReadonlySet<number> = new Set([0x0001, 0x0006, messageIntegrity, 0x0009, 0x000a, 0x0014, 0x0015, 0x0020]);
/** Unknown types that a 420 names at the most. */
const maxUnknown = 16;

/** ERROR-CODE 420 (RFC 5389 §15.6), its reason filled up to a multiple of 4. */
const unknownAttribute = '\x00\x09\x00\x15\x00\x00\x04\x14Unknown Attribute\x00\x00\x00';
const unknownAttributes = '\x00\x0a';

/** Whether a datagram is a STUN message (RFC 5389 §6): its first two bits are 0 and the cookie is in its place. No SIP message looks so. */
export const isStun = (raw: string): boolean =>
  raw.charCodeAt(0) < 64 && raw.length >= headerBytes && raw.startsWith(magicCookie, 4);

/**
 * The success response with XOR-MAPPED-ADDRESS, or 420 with the types of attributes that would have to be understood (§7.3.1).
 * @returns '' for anything but a well-formed binding request with the right FINGERPRINT, if it has one: it gets silence (§7.3)
 */
export function bindingResponse(request: string, family: Family, address: string, port: number): string {
  if (!isStun(request) || !request.startsWith(bindingRequest)) return '';
  const unknown = unknownTypes(request);
  if (unknown === null) return '';
  const id = request.slice(4, headerBytes);
  if (unknown.length === 0) return message(bindingSuccess, id, xorMappedAddress + counted(mappedAddress(id, family, address, port)));
  return message(bindingError, id, unknownAttribute + unknownAttributes + counted(unknown.map(word).join('')));
}

/** Types of attributes that a request wants understood and that are not; null = it is malformed, or its FINGERPRINT is wrong. */
function unknownTypes(request: string): readonly number[] | null {
  const { length } = request;
  if (length > maxRequestBytes || length % 4 !== 0 || headerBytes + wordAt(request, 2) !== length) return null;
  const unknown: number[] = [];
  let sealed = false;
  for (let at = headerBytes; at < length;) {
    const type = wordAt(request, at);
    const next = at + 4 + ((wordAt(request, at + 2) + 3) & ~3);
    if (next > length) return null;
    if (type === fingerprint) return next === length && wordAt(request, at + 2) === 4 && isFingerprint(request, at) ? unknown : null;
    // What follows MESSAGE-INTEGRITY counts for nothing (§15.4).
    if (type < 0x8000 && !sealed && !understood.has(type) && unknown.length < maxUnknown && !unknown.includes(type)) unknown.push(type);
    sealed ||= type === messageIntegrity;
    at = next;
  }
  return unknown;
}

/** Whether the FINGERPRINT at `at`, the last attribute, is that of the bytes before it (§15.5). */
const isFingerprint = (request: string, at: number): boolean =>
  (crc32(Buffer.from(request.slice(0, at), 'latin1')) ^ fingerprintMask) >>> 0 === wordAt(request, at + 4) * 0x10000 + wordAt(request, at + 6);

function mappedAddress(id: string, family: Family, address: string, port: number): string {
  const bytes = family === 4 ? address.split('.').map(Number) : ipv6Bytes(address);
  let value = `\x00${family === 4 ? '\x01' : '\x02'}${word(port ^ 0x2112)}`;
  for (let i = 0; i < bytes.length; i++) value += String.fromCharCode((bytes[i] ?? 0) ^ id.charCodeAt(i));
  return value;
}

/** A message of the cookie and transaction id `id`, which masks addresses too. */
const message = (type: string, id: string, attributes: string): string => type + word(attributes.length) + id + attributes;

/** A value with its length before it, and filled up to a multiple of 4 (§15). */
const counted = (value: string): string => word(value.length) + value + '\x00'.repeat(-value.length & 3);

const wordAt = (text: string, at: number): number => (text.charCodeAt(at) << 8) | text.charCodeAt(at + 1);

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
