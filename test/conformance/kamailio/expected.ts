/**
 * Where Kamailio 5.6.3 with test/conformance/kamailio/edge.cfg does not pass a row that Signalbox passes, and why.
 * `fail` = its scenario fails every time; `either` = it depends on timing; `not run` = it cannot be asked.
 */
export interface Difference {
  readonly verdict: 'fail' | 'either' | 'not run';
  readonly reason: string;
}

const names = 'it takes its name servers from the machine: the DNS server of the tests cannot be named to it';
const media = 'the comparison has no rtpengine beside it, without which Kamailio relays no media';
const fail = (reason: string): Difference => ({ verdict: 'fail', reason });
const either = (reason: string): Difference => ({ verdict: 'either', reason });
const notRun = (reason: string): Difference => ({ verdict: 'not run', reason });

export const differences: Readonly<Record<number, Difference>> = {
  2: fail('its parser knows sip, sips, tel and urn: another scheme is answered 400, where §16.3 (2) asks for 416'),
  5: fail('its check names the first option that it does not support and leaves the others out of Unsupported'),
  12: fail('headers embedded in the Request-URI go on to the backend; Signalbox answers 400'),
  23: fail('a response that matches no transaction is forwarded statelessly by its next Via; Signalbox drops it (RFC 6026 §8.9)'),
  35: fail('a refused connection is answered 477, which no RFC knows; Signalbox says 503'),
  46: fail('a record-routing proxy without dialog state cannot tell a forged To tag; the Record-Route of Signalbox carries a keyed token'),
  60: fail('stray responses are forwarded statelessly, as in row 23'),
  63: either('its processes race: of 1,500 calls a few get the 180 after the 200, in some runs none'),
  64: fail('a 1xx to MESSAGE is passed on; RFC 4320 §4.1 wants none but 100'),
  65: fail('a non-INVITE request without an answer gets 408, which RFC 4320 §4.2 forbids'),
  71: fail('with the sanity check of Content-Length bytes behind the body are answered 400, without it they are forwarded; §18.3 wants them discarded'),
  76: fail('a folded Content-Length is not seen, and the stream is out of step from there on'),
  77: fail('WebSocket needs tcp_accept_no_cl, which holds for every TCP port: a message without Content-Length leaves the connection mute'),
  78: fail('an invalid Content-Length is neither answered nor ends the connection'),
  80: fail('half a message is held for more than 15 s; Signalbox gives a message 10 s'),
  90: fail('a fold between number and method of CSeq is not understood: silence'),
  92: fail("header names with %, ! or ' are refused although they are tokens: silence"),
  99: fail('a CSeq of 2^32 is taken, wrapped to 0'),
  103: fail('a tab between the parts of the request line goes on as it is'),
  104: fail('a space behind the request line goes on as it is; Signalbox strips it'),
  105: fail('a display name with an unquoted comma goes on as it is'),
  106: fail('another SIP version is dropped; §21.5.6 has 505 for it'),
  107: fail('a status of 700 to 999 goes on to the caller'),
  111: either('stray responses and Routes with host names make a worker wait for DNS: where names do not resolve at once, mutated messages stop it for seconds'),
  112: notRun(names),
  113: notRun(names),
  114: notRun(names),
  115: notRun(names),
  116: notRun(names),
  117: notRun(names),
  120: fail('Path shows the phone’s address in clear and may be changed by anyone; Signalbox seals it'),
  121: fail('a flow that is gone is answered 477; RFC 5626 §5.3.1 has 430'),
  137: fail('loops are not detected: they end by Max-Forwards, after 126 requests instead of 2 in six hops'),
  138: fail('Max-Breadth is not known: all branches start at once'),
  139: fail('the comparison has no topology hiding: topos needs a database beside it'),
  148: notRun(media),
  149: notRun(media),
  150: notRun(media),
  151: notRun(media),
  152: notRun(media),
  153: notRun(media),
  157: notRun(media),
  158: notRun(media),
  159: notRun(media),
};
