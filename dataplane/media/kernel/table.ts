/**
 * The nftables table of a media thread, as text for nft. A packet is looked up by where it comes from and which port of ours
 * it came to, gets a mark, and is rewritten by maps keyed by that mark: calls are elements of maps, never rules.
 */
import type { RtpRange } from '../../media-setting.ts';
import { markBase, markMask } from './marks.ts';

/** A map of each family, by what its element says of a packet. */
export const mapNames = ['from4', 'from6', 'to4', 'to6', 'toport', 'as4', 'as6', 'asport'] as const;
export type MapName = (typeof mapNames)[number];

/** Its chains, and how many rules they have in all. */
export const chainNames = ['arriving', 'passing', 'leaving'] as const;
export const ruleCount = 5;

const prefix = 'signalbox_media_';
const maxNodeCharacters = 160;

/** Names in nft are of letters, digits, `_`, `.` and `/`: any other character of a node's name is written as `.` and its code. */
const written = (node: string): string => node.slice(0, maxNodeCharacters).replace(/[^A-Za-z0-9_]/g, (character) => `.${character.charCodeAt(0).toString(16)}`);

/**
 * The table of one media thread of one node, so that two nodes on a host do not meet.
 * @param thread index of the media thread
 */
export const tableName = (node: string, thread: number): string => `${prefix}${written(node)}_${thread}`;

/** The thread whose table it is, -1 = a table of another node, or of somebody else. */
export function threadOfTable(node: string, table: string): number {
  const start = `${prefix}${written(node)}_`;
  const rest = table.startsWith(start) ? table.slice(start.length) : '';
  return /^\d{1,3}$/.test(rest) ? Number(rest) : -1;
}

const mapTypes: Readonly<Record<MapName, string>> = {
  from4: 'ipv4_addr . inet_service . inet_service : mark',
  from6: 'ipv6_addr . inet_service . inet_service : mark',
  to4: 'mark : ipv4_addr',
  to6: 'mark : ipv6_addr',
  toport: 'mark : inet_service',
  as4: 'mark : ipv4_addr',
  as6: 'mark : ipv6_addr',
  asport: 'mark : inet_service',
};

const isCounted = (map: MapName): boolean => map === 'from4' || map === 'from6';

/**
 * Makes the table with its maps and rules, in one step; a table that is there keeps its elements and gets its rules anew.
 * - Only RTP (version 2, 12 bytes or more) is looked up. RTCP on the same port (packet types 192 to 223, RFC 5761 §4), STUN,
 *   DTLS and whatever else reach the socket, and so do packets without a UDP checksum, whose rewriting would give them a
 *   wrong one.
 * - The source is rewritten in postrouting: a packet with a source of our own would be dropped as a martian when it is routed.
 * - `arrived` and `left` count what was taken in and what got out: between them routing and firewalls may drop it.
 * - `notrack`: these packets need no connection entry, and NAT of the host leaves them alone.
 * @param ports those of the thread
 */
export function tableScript(table: string, { first, last }: RtpRange): string {
  const size = last - first + 1;
  const marked = `meta mark & 0x${markMask.toString(16)} == 0x${markBase.toString(16)}`;
  const name = `inet ${table}`;
  return [
    `add table ${name}`,
    ...mapNames.map((map) => `add map ${name} ${map} { type ${mapTypes[map]}; size ${size};${isCounted(map) ? ' counter;' : ''} }`),
    `add counter ${name} arrived`,
    `add counter ${name} left`,
    `add chain ${name} arriving { type filter hook prerouting priority raw; policy accept; }`,
    `add chain ${name} passing`,
    `add chain ${name} leaving { type filter hook postrouting priority raw; policy accept; }`,
    `flush table ${name}`,
    `add rule ${name} arriving udp dport ${first}-${last} @th,64,2 2 @th,72,8 != 192-223 udp length >= 20 udp checksum != 0 jump passing`,
    ...([4, 6] as const).flatMap((family) => {
      const ip = family === 4 ? 'ip' : 'ip6';
      return [
        `add rule ${name} passing meta mark set ${ip} saddr . udp sport . udp dport map @from${family} notrack ${ip} daddr set meta mark map @to${family} udp dport set meta mark map @toport counter name arrived accept`,
        `add rule ${name} leaving ${marked} ${ip} saddr set meta mark map @as${family} udp sport set meta mark map @asport counter name left accept`,
      ];
    }),
    '',
  ].join('\n');
}

/** Takes a table away with all that is in it. */
export const removalScript = (table: string): string => `delete table inet ${table}\n`;
