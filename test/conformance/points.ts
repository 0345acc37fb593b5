/** The fifteen points at which Kamailio 5.6.3 was measured to fall short, with what shows that Signalbox does not. */
export interface Point {
  readonly text: string;
  /** Rows of the checklist and torture messages whose tests show it. */
  readonly rows: readonly number[];
  readonly messages: readonly string[];
  /** What else shows it. */
  readonly also?: string;
}

export const points: readonly Point[] = [
  { text: 'Header names are tokens, with %, ~ and all; a fold may stand inside CSeq and Content-Length', rows: [76, 90, 92], messages: ['esc02', 'intmeth', 'wsinv'] },
  { text: 'Bytes behind the body of a datagram are cut off; a body shorter than Content-Length gets 400', rows: [71, 72], messages: ['dblreq', 'clerr'] },
  { text: 'Headers in the Request-URI are refused; a space behind the request line is stripped', rows: [12, 104], messages: ['escruri', 'trws'] },
  { text: 'Unknown scheme 416, unknown version 505, unknown Proxy-Require 420', rows: [2, 5, 106], messages: ['unkscm', 'novelsc', 'badvers', 'bext01'] },
  { text: 'Responses that are not ours are dropped; no 408 to a non-INVITE request', rows: [23, 60, 65], messages: ['unreason', 'noreason', 'bcast'] },
  { text: 'The messages of a call keep their order, with any number of workers', rows: [63], messages: [] },
  { text: 'A forged To tag with our own Route opens no way through', rows: [46], messages: ['wsinv'] },
  { text: 'Path is a sealed flow token; a flow that is gone gets 430', rows: [120, 121], messages: [] },
  { text: 'Loops are found before anything forks', rows: [4, 137, 138], messages: [] },
  { text: 'A bad Content-Length on a stream is answered and ends the connection; half a message is reaped', rows: [78, 79, 80], messages: [] },
  { text: 'Messages without Content-Length are for WebSocket listeners only', rows: [77, 132], messages: [] },
  { text: 'A refusing TCP backend gives a standard code, after failover', rows: [35], messages: [] },
  { text: 'A preloaded Route that names us is looked at itself', rows: [7, 45], messages: ['mpart01'] },
  { text: 'Probing is per set and goes on; a time-out is never a success', rows: [145, 146], messages: [] },
  { text: 'A call takes less than half of the 19 KiB that Kamailio was measured to take', rows: [], messages: [], also: 'test/conformance/signalbox/call-memory.test.ts: less than 9 KiB a call with its transactions; measured so on one machine (November 2026) 3.8 to 4.2 KiB, Kamailio 22 to 30 KiB' },
];
