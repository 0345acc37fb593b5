import type { KeyRing } from './key-ring.ts';
import { DIGITS, SipHasher } from './siphash.ts';
import type { SipKey } from './siphash.ts';

/**
 * Keyed values that we put into messages and recognise when they come back, in this process or a later one (design 02):
 * branches and Record-Route tokens. They carry no secret, only a check value that nobody else can make.
 */

/**
 * What a branch of ours is bound to. All of it comes back in the response (its second Via, Call-ID and CSeq), so that nobody
 * can bend the way of a response that has lost its transaction, nor make two requests share a branch.
 */
export interface BranchOrigin {
  /** A response to our CANCEL is no response to the INVITE, though the branch is the same. */
  readonly method: string;
  /** Branch of the incoming request's top Via, '' when it has none. */
  readonly branch: string;
  /** host[:port] of that Via as written. */
  readonly sentBy: string;
  /** Where the request came from: `received` and `rport`, or the sent-by itself when it says the same. */
  readonly address: string;
  readonly port: number;
  readonly callId: string;
  readonly cseqNumber: number;
}

const PREFIX = 'z9hG4bKsb';
const HASH_LENGTH = 11;
const BRANCH_LENGTH = PREFIX.length + 2 + HASH_LENGTH;
/** A loop mark (see proxy/loop.ts) may follow. */
const MARK_LENGTH = 6;
const hasher = new SipHasher();

function hashBranch(key: SipKey, worker: number, attempt: number, origin: BranchOrigin): string {
  hasher.reset();
  hasher.addByte(worker);
  hasher.addByte(attempt);
  hasher.addInt(origin.cseqNumber);
  hasher.addInt(origin.port);
  hasher.addField(origin.method);
  hasher.addField(origin.branch);
  hasher.addField(origin.sentBy);
  hasher.addField(origin.address);
  hasher.addText(origin.callId);
  hasher.digest(key);
  return hasher.text();
}

/**
 * The branch for attempt `attempt` (0-63) of worker `worker` (0-63): the same for every process that has the key.
 * Form: `z9hG4bKsb`, worker digit, attempt digit, 11 characters of check value, loop mark.
 * @param mark 6 characters, or ''; the check value does not cover it, as a response says nothing that could prove it
 */
export function makeBranch(ring: KeyRing, worker: number, attempt: number, origin: BranchOrigin, mark = ''): string {
  return PREFIX + (DIGITS[worker & 63] ?? '') + (DIGITS[attempt & 63] ?? '') + hashBranch(ring.signing.branch, worker & 63, attempt & 63, origin) + mark;
}

/** Whether a text may hold a branch of our form: its request has been here, or somebody plays with us. */
export const mayHoldBranch = (text: string): boolean => text.includes(PREFIX);

/** The loop mark of a branch of our form, '' when it has none or another form. */
export function branchMark(branch: string): string {
  return branch.length === BRANCH_LENGTH + MARK_LENGTH && branch.startsWith(PREFIX) ? branch.slice(BRANCH_LENGTH) : '';
}

/** Worker that made a branch of our form, -1 for any other branch. Not verified: for handing a message on, not for trust. */
export function branchWorker(ours: string): number {
  if ((ours.length !== BRANCH_LENGTH && ours.length !== BRANCH_LENGTH + MARK_LENGTH) || !ours.startsWith(PREFIX)) return -1;
  return DIGITS.indexOf(ours.charAt(PREFIX.length));
}

/**
 * Whether `ours` is a branch that this installation made for the request that `origin` describes.
 * @returns worker * 64 + attempt, or -1
 */
export function verifyBranch(ring: KeyRing, ours: string, origin: BranchOrigin): number {
  const worker = branchWorker(ours);
  if (worker < 0) return -1;
  const attempt = DIGITS.indexOf(ours.charAt(PREFIX.length + 1));
  if (attempt < 0) return -1;
  const check = ours.slice(PREFIX.length + 2, BRANCH_LENGTH);
  for (const key of ring.keys) {
    if (check === hashBranch(key.branch, worker, attempt, origin)) return worker * 64 + attempt;
  }
  return -1;
}

/** What a dialog token says about a request that carries it. */
export interface DialogToken {
  readonly tenantId: number;
  /** The request comes from the side that sent the first request of the dialog; else from the side that answered it. */
  readonly fromCaller: boolean;
  /** Flow token (see flow-token.ts) of the side that this request goes to, '' = none: it goes by Route and Request-URI. */
  readonly flow: string;
  /** Media session of the dialog (see media/passage.ts), '' = none: its media goes direct. */
  readonly session: string;
}

/** Characters of a media session's name. */
export const sessionLength = 12;

/** Whose flow a dialog token carries: the caller's or the callee's. */
export type FlowSide = 'c' | 'e';

function hashDialog(key: SipKey, callId: string, callerTag: string, tenantId: number, rest: string): string {
  hasher.reset();
  hasher.addInt(tenantId);
  hasher.addField(rest);
  hasher.addField(callerTag);
  hasher.addText(callId);
  hasher.digest(key);
  return hasher.text();
}

/**
 * User part of our Record-Route: `d`, tenant id in base 36, `.`, 11 characters of check value over tenant, Call-ID and the
 * caller's tag; `.m` and the media session follow where there is one, and with the flow of a side that can be reached no other
 * way `.`, the side and its flow token. The check value covers all of it.
 * @param callerTag From tag of the request that begins the dialog.
 * @param flow side and flow token, '' = none.
 * @param session media session of `sessionLength` characters, '' = none.
 */
export function makeDialogToken(ring: KeyRing, callId: string, callerTag: string, tenantId: number, flow: `${FlowSide}${string}` | '' = '', session = ''): string {
  const rest = session === '' ? flow : flow === '' ? `m${session}` : `m${session}.${flow}`;
  const head = `d${tenantId.toString(36)}.${hashDialog(ring.signing.dialog, callId, callerTag, tenantId, rest)}`;
  return rest === '' ? head : `${head}.${rest}`;
}

/**
 * Opens a dialog token for a request with this Call-ID and these tags, one of which must be the caller's.
 * @returns null when it is forged, of another dialog or no dialog token at all.
 */
export function openDialogToken(ring: KeyRing, token: string, callId: string, fromTag: string, toTag: string): DialogToken | null {
  const dot = token.indexOf('.');
  const end = dot + 1 + HASH_LENGTH;
  // At most 7 digits of base 36 hold a 32-bit id.
  if (dot < 2 || dot > 8 || token.charCodeAt(0) !== 100 || token.length < end) return null;
  let tenantId = 0;
  for (let i = 1; i < dot; i++) {
    const c = token.charCodeAt(i);
    const value = c >= 48 && c <= 57 ? c - 48 : c >= 97 && c <= 122 ? c - 87 : -1;
    if (value < 0) return null;
    tenantId = tenantId * 36 + value;
  }
  if (tenantId > 0x7fffffff) return null;
  if (token.length > end && (token.charCodeAt(end) !== 46 || token.length === end + 1)) return null;
  const rest = token.slice(end + 1);
  const check = token.slice(dot + 1, end);
  for (const { dialog } of ring.keys) {
    const fromCaller = check === hashDialog(dialog, callId, fromTag, tenantId, rest);
    if (!fromCaller && check !== hashDialog(dialog, callId, toTag, tenantId, rest)) continue;
    const session = rest.startsWith('m') ? rest.slice(1, 1 + sessionLength) : '';
    const flow = session === '' ? rest : rest.slice(2 + sessionLength);
    return { tenantId, fromCaller, flow: flow.startsWith(fromCaller ? 'e' : 'c') ? flow.slice(1) : '', session };
  }
  return null;
}
