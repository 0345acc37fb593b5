/** Counts of the kernel as our own: bytes of what UDP carries, not of packets with their headers. */
import type { OffloadCount } from '../offload.ts';
import type { Family } from '../relay.ts';

/** IPv4 or IPv6, and UDP. */
const headerBytes: Readonly<Record<Family, number>> = { 4: 28, 6: 48 };

export const tallyOf = ({ packets, bytes }: OffloadCount, family: Family): OffloadCount => ({ packets, bytes: Math.max(0, bytes - packets * headerBytes[family]) });
