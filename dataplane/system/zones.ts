/** Zones of link-local IPv6 addresses (RFC 4007): the kernel numbers interfaces, texts name them. */
import { networkInterfaces } from 'node:os';

/** @returns the number of an interface, 0 = none of that name has an IPv6 address */
export const zoneNumber = (name: string): number => networkInterfaces()[name]?.find(({ scopeid }) => (scopeid ?? 0) !== 0)?.scopeid ?? 0;

/** @returns the name of an interface, its number where it has none any more */
export const zoneName = (number: number): string =>
  Object.entries(networkInterfaces()).find(([, found]) => found?.some(({ scopeid }) => scopeid === number))?.[0] ?? String(number);
