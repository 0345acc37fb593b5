/** What a node answers by itself before it routes, for requests that came and for those that are only asked about. PURE. */
import type { SettingRow } from '../contract/rows.ts';
import type { SipUri } from '../sip/uri.ts';

/** Allow of a node that takes everything. */
export const allMethods = 'INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER, PRACK, UPDATE, INFO, REFER, SUBSCRIBE, NOTIFY, MESSAGE, PUBLISH';
const strictMethods = 'INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER';
const ianaSet = new Set(allMethods.split(', '));
const strictSet = new Set(strictMethods.split(', '));

/** The Allow of a 405 where a setting does not let the method begin anything here (RFC 3261 §8.2.1); '' = it may. */
export function allowInstead(accepted: SettingRow['methods'], method: string): string {
  if (accepted === 'any') return '';
  const strict = accepted === 'strict';
  if ((strict ? strictSet : ianaSet).has(method)) return '';
  return strict ? strictMethods : allMethods;
}

/** Whether a request to a URI of the node is a peer's keep-alive: an OPTIONS to nobody there. */
export const isKeepAlive = (method: string, uri: SipUri): boolean => method === 'OPTIONS' && uri.user === '';

/** Its answer: 503 while the node drains; 0 = silence, if its row wants that, so that upstreams leave. */
export const keepAliveStatus = (answersOptions: boolean, draining: boolean): 0 | 200 | 503 => (!answersOptions ? 0 : draining ? 503 : 200);
