/**
 * Marks of packets that the kernel forwards for us: they carry what prerouting found out on to postrouting, and leave the
 * machine with no packet. A mark names the port of ours that the packet came to, which no other stream of this host has:
 * no table of marks in use is needed, and two nodes on one host do not meet.
 */
import type { Family } from '../relay.ts';

/** Bits 31 to 17 of our marks; bit 16 says IPv6, bits 15 to 0 are the port. No other bit is ever looked at or set. */
export const markBase = 0x5b000000;
export const markMask = 0xfffe0000;
/** As nft and iptables take it: what to let pass where a firewall drops forwarded packets. */
export const markText = '0x5b000000/0xfffe0000';

/** The mark of packets that come to a port of ours. */
export const markOf = (family: Family, port: number): number => markBase + (family === 6 ? 0x10000 : 0) + port;
