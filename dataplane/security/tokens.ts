import type { KeyRing } from './key-ring.ts';
import { DIGITS, SipHasher } from './siphash.ts';
import type { SipKey } from './siphash.ts';

/**
 * Keyed values that we put into messages and recognise when they come back, in this process or a later one (design 02):
 * branches and Record-Route tokens. They carry no secret, only a check value that nobody else can make.
 */

/** What a branch of ours is bound to: all of it comes back in the response (its second Via, Call-ID and CSeq). */
export interface BranchOrigin {
  /** Branch of the incoming request's top Via, '' when it has none. */
  readonly branch: string;
  /** host[:port] of that Via as written. */
  readonly sentBy: string;
  readonly callId: string;
  readonly cseqNumber: number;
}

const PREFIX = 'z9hG4bKsb';
const HASH_LENGTH = 11;
const BRANCH_LENGTH = PREFIX.length + 2 + HASH_LENGTH;
const hasher = new SipHasher();

function hashBranch(key: SipKey, worker: number, attempt: number, branch: string, sentBy: string, callId: string, cseqNumber: number): string {
  hasher.reset();
  hasher.addByte(worker);
  hasher.addByte(attempt);
  hasher.addInt(cseqNumber);
  hasher.addField(branch);
  hasher.addField(sentBy);
  hasher.addText(callId);
  hasher.digest(key);
  return hasher.text();
}

/**
 * The branch for attempt `attempt` (0-63) of worker `worker` (0-63): the same for every process that has the key.
 * Form: `z9hG4bKsb`, worker digit, attempt digit, 11 characters of check value.
 */
export function makeBranch(
  ring: KeyRing, worker: number, attempt: number, branch: string, sentBy: string, callId: string, cseqNumber: number,
): string {
  return PREFIX + (DIGITS[worker & 63] ?? '') + (DIGITS[attempt & 63] ?? '')
    + hashBranch(ring.signing.branch, worker & 63, attempt & 63, branch, sentBy, callId, cseqNumber);
}

/** Worker that made a branch of our form, -1 for any other branch. Not verified: for handing a message on, not for trust. */
export function branchWorker(ours: string): number {
  if (ours.length !== BRANCH_LENGTH || !ours.startsWith(PREFIX)) return -1;
  return DIGITS.indexOf(ours.charAt(PREFIX.length));
}

/**
 * Whether `ours` is a branch that this installation made for the request that `branch` .. `cseqNumber` describe.
 * @returns worker * 64 + attempt, or -1
 */
export function verifyBranch(ring: KeyRing, ours: string, branch: string, sentBy: string, callId: string, cseqNumber: number): number {
  const worker = branchWorker(ours);
  if (worker < 0) return -1;
  const attempt = DIGITS.indexOf(ours.charAt(PREFIX.length + 1));
  if (attempt < 0) return -1;
  for (const key of ring.keys) {
    if (ours.endsWith(hashBranch(key.branch, worker, attempt, branch, sentBy, callId, cseqNumber))) return worker * 64 + attempt;
  }
  return -1;
}

function hashDialog(key: SipKey, callId: string, tenantId: number): string {
  hasher.reset();
  hasher.addInt(tenantId);
  hasher.addText(callId);
  hasher.digest(key);
  return hasher.text();
}

/** User part of our Record-Route: `d`, tenant id in base 36, `.`, 11 characters of check value over tenant and Call-ID. */
export function makeDialogToken(ring: KeyRing, callId: string, tenantId: number): string {
  return `d${tenantId.toString(36)}.${hashDialog(ring.signing.dialog, callId, tenantId)}`;
}

/** Tenant id of a dialog token made for this Call-ID, -1 when it is forged, of another call or no dialog token at all. */
export function openDialogToken(ring: KeyRing, token: string, callId: string): number {
  const dot = token.length - HASH_LENGTH - 1;
  // At most 7 digits of base 36 hold a 32-bit id.
  if (dot < 2 || dot > 8 || token.charCodeAt(0) !== 100 || token.charCodeAt(dot) !== 46) return -1;
  let tenantId = 0;
  for (let i = 1; i < dot; i++) {
    const c = token.charCodeAt(i);
    const value = c >= 48 && c <= 57 ? c - 48 : c >= 97 && c <= 122 ? c - 87 : -1;
    if (value < 0) return -1;
    tenantId = tenantId * 36 + value;
  }
  if (tenantId > 0x7fffffff) return -1;
  for (const key of ring.keys) {
    if (token.endsWith(hashDialog(key.dialog, callId, tenantId))) return tenantId;
  }
  return -1;
}
