/** Counts of the kernel as our own: bytes of what UDP carries, not of packets with their headers. */
import type { OffloadCount, OffloadCounts } from '../offload.ts';
import type { Family } from '../relay.ts';

/** IPv4 or IPv6, and UDP. */
const headerBytes: Readonly<Record<Family, number>> = { 4: 28, 6: 48 };

export const tallyOf = ({ packets, bytes }: OffloadCount, family: Family): OffloadCount => ({ packets, bytes: Math.max(0, bytes - packets * headerBytes[family]) });

const nothing: OffloadCount = { packets: 0, bytes: 0 };
export const noCounts: OffloadCounts = { caller: nothing, callee: nothing };

const sum = (a: OffloadCount, b: OffloadCount): OffloadCount => ({ packets: a.packets + b.packets, bytes: a.bytes + b.bytes });
export const sumOf = (a: OffloadCounts, b: OffloadCounts): OffloadCounts => ({ caller: sum(a.caller, b.caller), callee: sum(a.callee, b.callee) });
