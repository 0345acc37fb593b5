/** Whether this host lets us forward media in its kernel: asked once at start, and never changed by us. */
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import type { RtpRange } from '../../media-setting.ts';
import type { Family } from '../relay.ts';
import { changeScript } from './changes.ts';
import { markBase, markText } from './marks.ts';
import { runNft, type RunOutcome } from './short-run.ts';
import { removalScript, tableScript } from './table.ts';

/** @returns the value of a kernel setting, '' = there is none of that name */
export type ReadSysctl = (name: string) => string;

export const readSysctl: ReadSysctl = (name) => {
  const path = name.replace(/[./]/g, (separator) => (separator === '.' ? '/' : '.'));
  try {
    return readFileSync(`/proc/sys/${path}`, 'latin1').trim();
  } catch {
    return '';
  }
};

/** Interfaces that media of a family may come by, as sysctl writes them (eth0/100 for eth0.100): those with an address of it, but the loopback. */
function interfacesOf(family: Family): string[] {
  return Object.entries(networkInterfaces())
    .filter(([, addresses]) => (addresses ?? []).some((one) => !one.internal && one.family === `IPv${family}`))
    .map(([name]) => name.replaceAll('.', '/'));
}

/**
 * Kernel settings that stand in the way, as they should be: routing on, for each interface too; and no redirects, which tell
 * a phone whose packets leave by the card they came in by to send past us. (Reverse-path filters ask the same of these packets
 * as of any that a socket receives, as their source stays what it is until they leave; IPv6 has no switch for redirects.)
 * @param interfaces names by family
 */
export function wantedSysctls(families: readonly Family[], interfaces: Readonly<Record<Family, readonly string[]>>, read: ReadSysctl): string[] {
  const wanted: string[] = [];
  const want = (name: string, value: string): void => { if (read(name) !== value) wanted.push(`${name}=${value}`); };
  if (families.includes(4)) {
    want('net.ipv4.ip_forward', '1');
    want('net.ipv4.conf.all.send_redirects', '0');
    for (const name of interfaces[4]) want(`net.ipv4.conf.${name}.send_redirects`, '0');
    if (wanted[0] !== 'net.ipv4.ip_forward=1') for (const name of interfaces[4]) want(`net.ipv4.conf.${name}.forwarding`, '1');
  }
  if (families.includes(6)) {
    want('net.ipv6.conf.all.forwarding', '1');
    if (!wanted.includes('net.ipv6.conf.all.forwarding=1')) for (const name of interfaces[6]) want(`net.ipv6.conf.${name}.forwarding`, '1');
  }
  return wanted;
}

interface Chain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
}

/** The chains that drop forwarded packets unless a rule says otherwise, out of `nft -j list chains`. */
export function droppingChains(json: string): Chain[] {
  let listed: unknown;
  try {
    listed = JSON.parse(json);
  } catch {
    return [];
  }
  const items = typeof listed === 'object' && listed !== null && 'nftables' in listed && Array.isArray(listed.nftables) ? listed.nftables : [];
  const found: Chain[] = [];
  for (const item of items as readonly { readonly chain?: Readonly<Record<string, unknown>> }[]) {
    const chain = item?.chain;
    if (chain?.['hook'] !== 'forward' || chain['policy'] !== 'drop') continue;
    found.push({ family: String(chain['family']), table: String(chain['table']), name: String(chain['name']) });
  }
  return found;
}

/** What nft's failure means for the operator. */
export function sentenceOf({ code, complaint }: Pick<RunOutcome, 'code' | 'complaint'>): string {
  if (complaint.includes('ENOENT')) return 'nft is not on this machine: install the package nftables';
  if (/Operation not permitted|Permission denied|you must be root/i.test(complaint)) return 'nft may not change the tables of the kernel: give the service CAP_NET_ADMIN (AmbientCapabilities=CAP_NET_ADMIN) or run it as root';
  const first = complaint.trim().split('\n', 1)[0] ?? '';
  return `nft cannot make the tables that it needs (${first === '' ? `it ended with ${code}` : first}): a kernel with nf_tables and nftables 0.9.5 or later do`;
}

/** Makes a table with everything that flows need and takes it away again, in one step: nobody sees it. */
function trialScript(table: string, ports: RtpRange, families: readonly Family[]): string {
  const flows = families.map((family) => {
    const [a, b, own] = family === 4 ? ['192.0.2.1', '192.0.2.2', '192.0.2.3'] : ['2001:db8::1', '2001:db8::2', '2001:db8::3'];
    const leg = (address = '', port = 0): { remote: { address: string; port: number }; local: { address: string; port: number } } => ({ remote: { address, port: 4_000 }, local: { address: own ?? '', port } });
    return { session: 'AAAAAAAAAAAA', stream: 0, family, caller: leg(a, ports.first), callee: leg(b, ports.first + 2), mux: true };
  });
  return tableScript(table, ports)
    + changeScript(table, flows.map((flow) => ({ add: true, flow })))
    + changeScript(table, flows.map((flow) => ({ add: false, flow })))
    + removalScript(table);
}

async function firewallInTheWay(): Promise<string | null> {
  const { output } = await runNft(['-j', 'list', 'chains']);
  for (const { family, table, name } of droppingChains(output)) {
    const rules = await runNft(['-n', 'list', 'chain', family, table, name]);
    if (rules.output.includes(`0x${markBase.toString(16)}`)) continue;
    return `the chain ${name} of the table ${family} ${table} drops forwarded packets: let those with the mark ${markText} pass (iptables -I FORWARD -m mark --mark ${markText} -j ACCEPT, and ip6tables likewise)`;
  }
  return null;
}

/**
 * Looks whether the kernel can forward media here.
 * @param table a name that is free
 * @param families those that media is relayed in
 * @returns null = it can, else one sentence that says what is in the way and what to do
 */
export async function selfTest(table: string, ports: RtpRange, families: readonly Family[]): Promise<string | null> {
  const trial = await runNft(['-f', '-'], trialScript(table, ports, families));
  if (trial.code !== 0) return sentenceOf(trial);
  const sysctls = wantedSysctls(families, { 4: interfacesOf(4), 6: interfacesOf(6) }, readSysctl);
  if (sysctls.length > 0) return `the kernel of this host does not forward packets as media needs it: set ${sysctls.join(', ')} (sysctl -w, and a file in /etc/sysctl.d to keep it)`;
  return firewallInTheWay();
}
