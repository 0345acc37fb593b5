/**
 * Zones of link-local IPv6 addresses (RFC 4007): the kernel numbers interfaces, texts name them. Asked anew each time, as an
 * interface that goes and comes again has another number.
 */
import type { SystemCalls } from './calls.ts';

/** With the 0 at its end. */
const maxNameBytes = 16;
const text = Buffer.allocUnsafeSlow(maxNameBytes);

/** @returns the number of an interface, 0 = none of that name */
export function zoneNumber(calls: SystemCalls, name: string): number {
  if (Buffer.byteLength(name) >= maxNameBytes) return 0;
  text.fill(0).write(name);
  return calls.interfaceNumber(calls.pointer(text));
}

/** @returns the name of an interface, its number where it has none any more */
export const zoneName = (calls: SystemCalls, number: number): string =>
  (calls.interfaceName(number, calls.pointer(text)) === 0n ? String(number) : text.toString('utf8', 0, text.indexOf(0)));
