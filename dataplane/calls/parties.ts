/**
 * Who calls whom, kept for as long as a call is up: one short string of its own a call, `caller\ncallee\ndialled`. Whatever is
 * cut out of a message is a view of it and would keep all of it in memory; `join` copies. PURE.
 */
import type { SipMessage } from '../sip/message.ts';
import type { NameAddr } from '../sip/name-addr.ts';

const colon = 58;
const semicolon = 59;
const question = 63;
const atSign = 64;

/** Characters kept of each: with three of them a call holds less than 400 bytes more. */
export const partyLength = 120;

/** Each as it was written: user, host and port; a number alone for a tel URI; '' = not known. */
export interface Parties {
  /** Of From, without the display name. */
  readonly caller: string;
  /** Of To. */
  readonly callee: string;
  /** Of the Request-URI as it came. */
  readonly dialled: string;
}

/** @param message the INVITE, or a response to it, which does not say what was dialled */
export function partiesOf(message: SipMessage): string {
  const dialled = message.isRequest ? party(message.raw, message.uriStart, message.uriEnd) : '';
  return [partyIn(message.from), partyIn(message.to), dialled].join('\n');
}

/** @param text of `partiesOf`; absent = a process of an older version has handed the call over */
export function readParties(text: string | undefined): Parties {
  const [caller = '', callee = '', dialled = ''] = (text ?? '').split('\n');
  return { caller, callee, dialled };
}

const partyIn = (address: NameAddr | null): string => (address === null ? '' : party(address.raw, address.uriStart, address.uriEnd));

/** What a person knows the URI in `raw[start, end)` by: no scheme, password, parameters or headers. Half the cost of taking it apart. */
function party(raw: string, start: number, end: number): string {
  const from = raw.indexOf(':', start) + 1;
  if (from === 0 || from > end) return '';
  let password = -1;
  let at = -1;
  let stop = end;
  for (let i = from; i < end; i++) {
    const c = raw.charCodeAt(i);
    if (c === atSign) {
      // What came before may have been parameters of the user.
      at = i;
      stop = end;
    } else if (c === colon) {
      if (at < 0 && password < 0) password = i;
    } else if ((c === semicolon || c === question) && stop === end) {
      stop = i;
    }
  }
  if (password < 0 || at < 0) return raw.slice(from, Math.min(stop, from + partyLength));
  return (raw.slice(from, password) + raw.slice(at, stop)).slice(0, partyLength);
}
