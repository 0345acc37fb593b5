/**
 * Counters that each SIP worker writes and the main thread reads. A worker owns one row of a shared
 * Float64Array (single writer, 8-byte aligned), so an increment is a plain add without atomics and
 * nothing is sent between threads. Values only grow while the process lives.
 */

/** Name → help text; the order is the column order. Exported as `signalbox_<name>`. */
export const counterHelp = {
  messages_received_total: 'SIP messages received',
  requests_total: 'SIP requests that started a transaction or were forwarded without one',
  responses_total: 'SIP responses received',
  retransmissions_absorbed_total: 'Retransmitted requests answered from their transaction',
  parse_errors_total: 'Messages that broke the grammar or a size bound',
  keepalives_total: 'OPTIONS to this node and CRLF pings answered',
  dropped_options_total: 'OPTIONS to this node met with silence, as its row wants it',
  dropped_scanner_total: 'Requests of scanner user agents met with silence',
  dropped_unknown_domain_total: 'Requests for a domain that no tenant has',
  dropped_to_mismatch_total: 'Requests whose To host differs from the Request-URI host',
  dropped_stray_response_total: 'Responses that belong to no request of ours, or have no Via but ours',
  relayed_stray_response_total: 'Responses to requests of a former process, passed on by their Via',
  refused_dialog_total: 'In-dialog requests without a valid Record-Route token',
  refused_route_total: 'Requests with a preloaded Route that is not ours',
  refused_target_total: 'Addresses in forbidden networks that a message from the wire named, and that nothing was sent to',
  refused_loop_total: 'Requests refused with 482: they came in a circle',
  refused_method_total: 'Requests whose method is not allowed',
  refused_limit_total: 'Requests over a limit of their tenant',
  refused_overload_total: 'Requests refused because a table of this worker is full',
  no_rule_total: 'Requests that no rule of their route set matched',
  no_destination_total: 'Requests that found no usable destination',
  redirects_followed_total: 'Contacts of redirections that were followed for a tenant',
  failovers_total: 'Attempts that moved on to another destination',
  timeouts_total: 'Attempts that got no answer in time',
  transport_errors_total: 'Attempts that failed in the transport',
  invites_total: 'INVITE requests that start a dialog',
  invite_answered_total: 'INVITE requests answered with 2xx',
  invite_failed_total: 'INVITE requests that ended with 408, 5xx or 6xx',
  calls_total: 'Calls set up through this node',
  ends_ignored_total: 'Requests that named a call as ended, but neither went to its other party nor came from it: it counts on for its tenant',
  registers_total: 'REGISTER requests relayed',
  keepalives_sent_total: 'Keep-alives sent to registered phones behind NAT',
  registered_total: 'REGISTER requests that the registrar accepted',
  replies_sent_total: 'Responses made by this node',
  handed_over_total: 'Messages handed to the worker or process that their transaction belongs to',
  send_errors_total: 'Messages that could not be sent, or whose connection died before any answer',
  datagrams_dropped_total: 'Datagrams dropped because the queue of a socket was full',
  connections_accepted_total: 'TCP, TLS and WebSocket connections accepted',
  connections_opened_total: 'TCP and TLS connections opened by this node',
  connections_refused_total: 'Connections refused at a cap, in total or of one source',
  connections_reaped_total: 'Connections closed for idling, for half a message, for not reading or for not coming about',
  stream_faults_total: 'Connections cut off: bad or missing Content-Length, endless or oversized messages, anything that is not SIP',
  handshakes_timed_out_total: 'Accepted connections closed because TLS or the WebSocket upgrade took too long',
  origins_refused_total: 'WebSocket upgrades refused because SIGNALBOX_WS_ORIGINS does not name the origin of their page',
  tls_handshakes_total: 'TLS handshakes done, accepted and opened',
  tls_resumptions_total: 'Accepted TLS handshakes that resumed a session',
  tls_failed_plain_total: 'TLS handshakes that failed because the other side did not speak TLS',
  tls_failed_certificate_total: 'TLS handshakes that failed over a certificate, of either side',
  tls_failed_other_total: 'TLS handshakes that failed for another reason, such as version or reset',
  dns_lookups_total: 'Names and numbers looked up in DNS because no answer was at hand or one was to be renewed',
  dns_silent_total: 'DNS look-ups that stayed without an answer',
  dns_refused_total: 'DNS look-ups not begun because too many were under way',
  media_refused_total: 'SDPs of calls that got no ports or no engine',
  media_untouched_total: 'SDPs of relayed calls that went on as they came: nothing that we understand, or a session that is gone',
  faults_total: 'Messages given up because a part of this node failed; each kind is in the log',
} as const;

export type CounterName = keyof typeof counterHelp;

/** Name → help text of values that go up and down; the worker stores the newest value. */
export const gaugeHelp = {
  transactions: 'Transactions alive',
  calls: 'Calls up',
  connections: 'TCP, TLS and WebSocket connections open',
  loop_delay_ms: 'How long something that comes waits for the worker, mean of the last interval, in milliseconds; the worst worker',
} as const;

export type GaugeName = keyof typeof gaugeHelp;

const counterNames = Object.keys(counterHelp) as CounterName[];
const gaugeNames = Object.keys(gaugeHelp) as GaugeName[];
const columns = counterNames.length + gaugeNames.length;

const columnOf = Object.fromEntries([...counterNames, ...gaugeNames].map((name, index) => [name, index])) as
  Record<CounterName | GaugeName, number>;

/** Column numbers, resolved once so that the hot path adds at a constant index. */
export const column = Object.freeze(columnOf);

/** One worker's writable row. */
export class CounterRow {
  readonly #cells: Float64Array;

  constructor(buffer: SharedArrayBuffer, row: number) {
    this.#cells = new Float64Array(buffer, row * columns * 8, columns);
  }

  add(name: CounterName, by = 1): void {
    const index = column[name];
    this.#cells[index] = (this.#cells[index] ?? 0) + by;
  }

  /** Takes over a count that is kept elsewhere. */
  store(name: CounterName, value: number): void {
    this.#cells[column[name]] = value;
  }

  set(name: GaugeName, value: number): void {
    this.#cells[column[name]] = value;
  }
}

/** The main thread's view of all rows. */
export class CounterTable {
  readonly buffer: SharedArrayBuffer;
  readonly #cells: Float64Array;
  readonly #rows: number;

  constructor(rows: number) {
    this.#rows = rows;
    this.buffer = new SharedArrayBuffer(rows * columns * 8);
    this.#cells = new Float64Array(this.buffer);
  }

  /** Sum over the workers; for `loop_delay_ms` the worst worker. */
  value(name: CounterName | GaugeName): number {
    let result = 0;
    for (let row = 0; row < this.#rows; row++) {
      const cell = this.#cells[row * columns + column[name]] ?? 0;
      result = name === 'loop_delay_ms' ? Math.max(result, cell) : result + cell;
    }
    return result;
  }

  /** The gauges of each worker. */
  workers(): Record<GaugeName, number>[] {
    return Array.from({ length: this.#rows }, (_unused, row) =>
      Object.fromEntries(gaugeNames.map((name) => [name, this.#cells[row * columns + column[name]] ?? 0])) as Record<GaugeName, number>);
  }

  counters(): Record<CounterName, number> {
    return Object.fromEntries(counterNames.map((name) => [name, this.value(name)])) as Record<CounterName, number>;
  }

  gauges(): Record<GaugeName, number> {
    return Object.fromEntries(gaugeNames.map((name) => [name, this.value(name)])) as Record<GaugeName, number>;
  }
}
