import type { Via } from './via.ts';

/**
 * The Via value with what we know of its sender: `received` and `rport` are set when the packet came from elsewhere than the
 * sent-by says, or when rport was asked for (RFC 3261 18.2.1, RFC 3581 4). A received or rport that the sender wrote itself is
 * replaced. IPv6 addresses go without brackets (RFC 5118 4.5).
 * @returns the value from `via.start` to `via.end`, as written when nothing has to change
 */
export function viaWithSource(via: Via, address: string, port: number): string {
  const raw = via.raw;
  if (via.rportStart < 0 && via.receivedStart < 0 && (via.port === 0 ? 5060 : via.port) === port && via.host === address) {
    return raw.slice(via.start, via.end);
  }
  let text = `${raw.slice(via.start, via.sentByEnd)};received=${address};rport=${port}`;
  let from = via.sentByEnd;
  // Two ranges at most are left out, in the order they stand.
  const rportFirst = via.rportStart < via.receivedParameterStart;
  const firstStart = rportFirst ? via.rportStart : via.receivedParameterStart;
  const firstEnd = rportFirst ? via.rportEnd : via.receivedEnd;
  const secondStart = rportFirst ? via.receivedParameterStart : via.rportStart;
  const secondEnd = rportFirst ? via.receivedEnd : via.rportEnd;
  if (firstStart >= 0) {
    text += raw.slice(from, firstStart);
    from = firstEnd;
  }
  if (secondStart >= 0) {
    text += raw.slice(from, secondStart);
    from = secondEnd;
  }
  return text + raw.slice(from, via.end);
}
