/**
 * What topology hiding puts in the place of other people's addresses (RFC 5853 §3.1): sealed texts, one kind for each place
 * they stand in. Nothing is kept: any node with the keys opens them, after a restart too.
 *
 * | place | token | bound to |
 * |---|---|---|
 * | `sbh` parameter of our Via | Vias of those before us | our branch |
 * | `sbh` parameter of our Record-Route URI | Record-Routes of the other side | Call-ID, and which side's they are |
 * | user of the Contact that stands for theirs | tenant, their URI, flow of a registered phone | inside dialogs, their Call-ID; outside, the tenant: a Contact is for use there too |
 * | Call-ID | the caller's | nothing |
 */
import { createHash } from 'node:crypto';
import { keyIdOf, openText, sealText } from '../security/sealed-text.ts';
import type { KeyRing } from '../security/key-ring.ts';

/** Name of the parameter of our Via and Record-Route that carries a token. */
export const hiddenParameter = 'sbh';

/**
 * What a message says about itself (`SipMessage.hidden`). `on`: the other side is hidden, so what goes on must be masked
 * again; `fromMasked`: its sender knows the dialog by a masked Call-ID; `toMasked`: who it goes to does.
 */
export const hidden = { on: 1, fromMasked: 2, toMasked: 4 } as const;

/**
 * Above those bits: which key sealed the tokens that came with the message. A dialog stays with the key that it began under:
 * its masked Call-ID must not change when another key begins to sign.
 */
const keyShift = 3;
const flags = (1 << keyShift) - 1;

/** Id of the key that a message's dialog began under; -1 = it had no tokens. */
export const dialogKey = (bits: number): number => (bits >> keyShift) - 1;

/** What several tokens of one message say; the first names the key. */
export const bothOf = (first: number, second: number): number => (first > flags ? first | (second & flags) : first | second);

const bitsOfKey = (token: string): number => (keyIdOf(token) + 1) << keyShift;

export interface SealedContact {
  /** Whose it is; 0 = not for use outside of its dialog. */
  readonly tenantId: number;
  readonly uri: string;
  /** Flow token (flow-token.ts) that the phone is reached by, '' = by its URI. */
  readonly flow: string;
  /** Call-ID of the dialog that it is the remote target of, '' = of none: a registration. */
  readonly callId: string;
}

/** '' when the URI is too long to be sealed. */
export function sealContact(keys: KeyRing, { tenantId, uri, flow, callId }: SealedContact): string {
  return sealText(keys, 'c', '', `${tenantId.toString(36)} ${flow} ${digestOf(callId)} ${uri}`);
}

/** What an opened Contact says. */
export interface OpenedContact extends Omit<SealedContact, 'callId'> {
  /** Whether it may be the remote target within a dialog of that Call-ID. */
  readonly fits: (callId: string) => boolean;
}

/** null = not ours. */
export function openContact(keys: KeyRing, token: string): OpenedContact | null {
  const text = openText(keys, 'c', '', token);
  if (text === null) return null;
  const first = text.indexOf(' ');
  const second = text.indexOf(' ', first + 1);
  const third = text.indexOf(' ', second + 1);
  const tenantId = Number.parseInt(text.slice(0, first), 36);
  if (first < 1 || second < 0 || third < 0 || !Number.isInteger(tenantId)) return null;
  const dialog = text.slice(second + 1, third);
  return { tenantId, flow: text.slice(first + 1, second), uri: text.slice(third + 1), fits: (callId) => dialog === '' || dialog === digestOf(callId) };
}

/** Ten characters stand for a Call-ID, which would make the token half as long again. */
const digestOf = (callId: string): string => (callId === '' ? '' : createHash('sha256').update(callId, 'latin1').digest('base64url').slice(0, 10));

/** Header values (latin1, comma list) behind one character that says what the other side knows. */
export interface SealedList {
  /** Bits of `hidden`, and `dialogKey` of an opened one. */
  readonly bits: number;
  readonly values: string;
}

export function sealList(keys: KeyRing, kind: 'v' | 'r', bound: string, { bits, values }: SealedList): string {
  return sealText(keys, kind, bound, `${bits & flags}${values}`);
}

/** null = not ours, or of another message. */
export function openList(keys: KeyRing, kind: 'v' | 'r', bound: string, token: string): SealedList | null {
  const text = openText(keys, kind, bound, token);
  return text === null ? null : { bits: (text.charCodeAt(0) - 48) | bitsOfKey(token), values: text.slice(1) };
}

/** What the Record-Routes of the answering side are bound to: a response, which that side writes, must not get them opened for the caller. */
export const boundToAnswer = (callId: string): string => `answer ${callId}`;

export const sealCallId = (keys: KeyRing, callId: string): string => sealText(keys, 'i', '', callId);

/** Bits of a message whose Call-ID was opened. */
export const bitsOfCallId = (token: string): number => hidden.fromMasked | bitsOfKey(token);

export const openCallId = (keys: KeyRing, callId: string): string | null => openText(keys, 'i', '', callId);
