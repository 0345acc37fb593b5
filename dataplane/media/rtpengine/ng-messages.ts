/**
 * Passages → commands of rtpengine 10.5, and its answers → outcomes. Pure. A session is a call of rtpengine's whose two tags
 * are always the same: forks answer an offer that all of them got with the same ports, so to rtpengine they are one callee whose
 * address changes.
 */
import { canonicalAddress, familyOf, parsePrefix, parseAddress, prefixHolds } from '../../contract/address.ts';
import type { Sdp } from '../../sip/sdp.ts';
import type { Latching, PassageOutcome, SdpPassage } from '../passage.ts';
import { otherSide, type Side } from '../relay.ts';
import { textAt, type BencodeDictionary, type BencodeFields } from './bencode.ts';

export type Exchange = 'offer' | 'answer';

/** Addresses that are good behind a NAT only: RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291 link-local. */
const privatePrefixes = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '169.254.0.0/16', 'fc00::/7', 'fe80::/10'].flatMap((text) => parsePrefix(text) ?? []);
const words = new Int32Array(4);

function isPrivate(address: string): boolean {
  const family = parseAddress(address, words);
  return privatePrefixes.some((prefix) => prefix.family === family && prefixHolds(prefix, words));
}

/** How an instance learns addresses; "off" takes them from the SDP alone. All of them drop others once they have learned. */
const learning: Readonly<Record<Latching, string>> = { strict: 'off', sdp: 'heuristic', loose: 'delayed' };

/**
 * Whether media is expected where the SDP says, not where the signalling came from: always, but for a private address that came
 * from a public one (the sender is behind NAT), and for one that no stranger may send us to.
 */
export function trustsSdp(sdp: Sdp, { source, latching }: Pick<SdpPassage, 'source' | 'latching'>, forbidden: (address: string) => boolean): boolean {
  const hosts = [...sdp.connections, ...sdp.media.flatMap((media) => media.connections)].flatMap(({ kind, address }) => (kind === 'host' ? [canonicalAddress(address)] : []));
  if (familyOf(source) === 0) return true;
  if (!forbidden(source) && hosts.some(forbidden)) return false;
  return latching === 'strict' || isPrivate(source) || !hosts.some(isPrivate);
}

/**
 * The command for a passage: `from-tag` is always the side that offered.
 * @param trusted see `trustsSdp`
 */
export function passageFields(passage: SdpPassage, exchange: Exchange, trusted: boolean): BencodeFields {
  const offering: Side = passage.fromCaller === (exchange === 'offer') ? 'caller' : 'callee';
  return {
    command: exchange,
    'call-id': passage.session,
    'from-tag': offering,
    'to-tag': otherSide(offering),
    'received-from': [familyOf(passage.source) === 6 ? 'IP6' : 'IP4', passage.source],
    'address-family': passage.family === 6 ? 'IP6' : 'IP4',
    replace: ['session-connection', ...(passage.hideOrigin ? ['origin'] : [])],
    flags: [
      trusted ? 'trust-address' : 'SIP-source-address',
      'strict-source', `endpoint-learning-${learning[passage.latching]}`,
      // Directions are the ends' own business, and a new answer must not move the port that the caller sends to.
      'original-sendrecv', 'port-latching',
    ],
    sdp: passage.sdp,
  };
}

/** Ends a call at once (not after the instance's delete delay); the answer has its last figures. */
export const deleteFields = (session: string): BencodeFields => ({ command: 'delete', 'call-id': session, 'from-tag': 'caller', 'delete-delay': 0 });

export const queryFields = (session: string): BencodeFields => ({ command: 'query', 'call-id': session });

/** What an instance made of a passage. `full` = another one may take the call; `lost` = it does not know the call. */
export type Verdict = PassageOutcome | { readonly t: 'full'; readonly why: 'ports' | 'sessions' } | { readonly t: 'lost' };

/** Reads the answer to an offer or answer. */
export function readVerdict(answer: BencodeDictionary): Verdict {
  const sdp = textAt(answer, 'sdp');
  if (textAt(answer, 'result') === 'ok' && sdp !== '') return { t: 'edited', sdp };
  if (knowsNoCall(answer)) return { t: 'lost' };
  const reason = reasonOf(answer);
  if (reason.includes('ports')) return { t: 'full', why: 'ports' };
  if (reason.includes('limit') || reason.includes('load')) return { t: 'full', why: 'sessions' };
  if (reason.includes('sdp')) return { t: 'untouched', why: 'malformed' };
  return { t: 'refused', why: 'engine' };
}

/** Whether the answer says that the instance does not have the call. */
export const knowsNoCall = (answer: BencodeDictionary): boolean => reasonOf(answer).includes('unknown call-id');

const reasonOf = (answer: BencodeDictionary): string => textAt(answer, 'error-reason').toLowerCase();
