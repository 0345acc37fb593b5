/** What Signalbox does with each torture message. What is not named here is forwarded. */
import type { Sender } from '../torture.ts';

export interface KnownVerdict {
  readonly verdict: string;
  readonly reason: string;
  /** The index of the corpus says otherwise, and the reason says why it is wrong for this edge. */
  readonly corrected?: true;
}

const stray = 'a response without a transaction of ours';
const notServed = 'an address is no domain that is served; a trunk’s request goes to the trunk’s tenant whatever it names';
const noDialog = 'a To tag and no Record-Route of ours: a dialog that nobody began here';

const known: Readonly<Record<string, KnownVerdict>> = {
  wsinv: { verdict: '404', reason: `well-formed, and read to its last fold; ${noDialog}` },
  mpart01: { verdict: '403', reason: 'well-formed; its preloaded Route names a stranger, and following it would make an open relay. The same body passes byte-exact in row 97' },
  unreason: { verdict: 'silent', reason: stray },
  noreason: { verdict: 'silent', reason: stray },
  badinv01: { verdict: '400', reason: 'empty parameters and values in Via and Contact' },
  clerr: { verdict: '400', reason: 'the body is shorter than Content-Length' },
  ncl: { verdict: '400', reason: 'a negative Content-Length' },
  scalar02: { verdict: '400', reason: 'a CSeq above 2^32 - 1' },
  scalarlg: { verdict: 'silent', reason: 'a response with numbers out of range' },
  quotbal: { verdict: '400', reason: 'a quote in To that never ends' },
  ltgtruri: { verdict: '400', reason: 'a Request-URI in angle brackets' },
  lwsruri: { verdict: '400', reason: 'a space in the Request-URI' },
  lwsstart: { verdict: '400', reason: 'more than one space in the request line' },
  escruri: { verdict: '400', reason: 'headers in the Request-URI' },
  badaspec: { verdict: '400', reason: 'spaces in the address of To' },
  baddn: { verdict: '400', reason: 'an unquoted display name with characters that no token has' },
  badvers: { verdict: '505', reason: 'SIP/7.0' },
  mismatch01: { verdict: '400', reason: 'the method is not that of CSeq' },
  mismatch02: { verdict: '400', reason: 'the method is not that of CSeq' },
  bigcode: { verdict: 'silent', reason: 'a status above 699' },
  insuf: { verdict: '400', reason: 'no Call-ID, From or To' },
  unkscm: { verdict: '416', reason: 'an unknown scheme in the Request-URI' },
  novelsc: { verdict: '416', reason: 'a scheme that is not SIP’s in the Request-URI' },
  bext01: { verdict: '420', reason: 'Proxy-Require with options that nobody knows' },
  multi01: { verdict: '400', reason: 'several values where one may stand' },
  mcl01: { verdict: '400', reason: 'two Content-Lengths' },
  bcast: { verdict: 'silent', reason: stray },
  zeromf: { verdict: '483', reason: 'Max-Forwards 0' },
  'v6.ipv6-good stranger': { verdict: '404', reason: notServed },
  'v6.ipv6-bad': { verdict: '400', reason: 'an IPv6 address without brackets' },
  'v6.port-ambiguous stranger': { verdict: '404', reason: notServed },
  'v6.port-unambiguous stranger': { verdict: '404', reason: notServed },
  'v6.via-received-param-with-delim': { verdict: '404', reason: noDialog },
  'v6.via-received-param-no-delim stranger': { verdict: '404', reason: notServed },
  'v6.ipv6-in-sdp stranger': { verdict: '404', reason: notServed },
  'v6.mult-ip-in-header': { verdict: '404', reason: noDialog },
  'v6.mult-ip-in-sdp stranger': { verdict: '404', reason: notServed },
  'v6.ipv6-bug-abnf-3-colons': { verdict: '400', reason: 'three colons in an IPv6 address' },
  'v6.ipv6-correct-abnf-2-colons stranger': { verdict: '404', reason: notServed },
};

/** The verdict for a message; where the sender makes a difference, his. */
export const verdictOf = (name: string, sender: Sender): KnownVerdict =>
  known[`${name} ${sender}`] ?? known[name] ?? { verdict: 'forward', reason: 'well-formed, for a domain that is served' };

/** Names that have an entry, for the check that each is a message. */
export const namedVerdicts = (): readonly string[] => Object.keys(known).map((name) => name.split(' ')[0] ?? '');
