/** What a worker's transports have counted, under the names that metrics have. */
import type { TransportCounters } from '../transport/settings.ts';
import type { CounterName, CounterRow } from './counters.ts';

const names = {
  send_errors_total: 'sendErrors',
  datagrams_dropped_total: 'dropped',
  connections_accepted_total: 'connectionsAccepted',
  connections_opened_total: 'connectionsOpened',
  connections_refused_total: 'connectionsRefused',
  connections_reaped_total: 'connectionsReaped',
  stream_faults_total: 'streamFaults',
  handshakes_timed_out_total: 'handshakesTimedOut',
  origins_refused_total: 'originsRefused',
  tls_handshakes_total: 'tlsHandshakes',
  tls_resumptions_total: 'tlsResumptions',
  tls_failed_plain_total: 'tlsFailedPlain',
  tls_failed_certificate_total: 'tlsFailedCertificate',
  tls_failed_other_total: 'tlsFailedOther',
} as const satisfies Partial<Record<CounterName, keyof TransportCounters>>;

const pairs = Object.entries(names) as readonly [keyof typeof names, (typeof names)[keyof typeof names]][];

/** Copies them into the worker's row. */
export function storeTransportCounters(row: CounterRow, counters: TransportCounters): void {
  for (const [name, counted] of pairs) row.store(name, counters[counted]);
}
