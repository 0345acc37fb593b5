/** Signalbox as the edge under test: the real data plane in a process of its own. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Algorithm } from '../../../dataplane/contract/algorithms.ts';
import { defaultSetting } from '../../../dataplane/contract/rows.ts';
import { freePort, freePortPairs } from '../../harness/ports.ts';
import { Rig, type Plan } from '../../integration/dataplane/rig.ts';
import { allowedOrigin, type Edge, type EdgePlan } from '../edge.ts';

const planOf = (plan: EdgePlan): Plan => ({
  key: `r${plan.number}`,
  domains: plan.domains,
  destinations: plan.destinations,
  failover: { frMs: plan.frMs, frInviteMs: plan.frInviteMs },
  trunk: plan.trunk,
  policies: { topologyHiding: plan.topologyHiding, media: plan.media },
  set: {
    algorithm: plan.algorithm as Algorithm,
    probing: { mode: plan.probing ? 'always' : 'never', intervalMs: 1_000, timeoutMs: 500, downAfter: 1, upAfter: 1, codes: [200], from: '', useUnknown: !plan.probing },
  },
});

/** Enough for the rows that run at a time. */
const mediaPorts = 800;

/** UDP ports that a process holds. */
function udpPortsOf(pid: number): number[] {
  const links = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch (error) {
      // Closed while we looked.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
      throw error;
    }
  });
  const own = new Set(links);
  const tables = ['udp', 'udp6'].map((name) => readFileSync(`/proc/${pid}/net/${name}`, 'utf8'));
  const sockets = tables.flatMap((table) => table.trim().split('\n').slice(1).map((line) => line.trim().split(/ +/)));
  return sockets.filter((fields) => own.has(`socket:[${fields[9]}]`)).map(([, local = '']) => Number.parseInt(local.split(':')[1] ?? '', 16));
}

export interface Signalbox extends Edge {
  /** What it said last. */
  tail(): string;
}

/**
 * Starts it with unknown domains answered 404, so that every refusal can be seen.
 * @param env further settings of its process
 */
export async function startSignalbox(plans: readonly EdgePlan[], dns: string, env: Readonly<Record<string, string>> = {}): Promise<Signalbox> {
  const ports = { tls: await freePort(), ws: await freePort(), wss: await freePort() };
  const secondary = (['tls', 'ws', 'wss'] as const).flatMap((transport) => ['127.0.0.1', '[::1]'].map((host) => `${transport}:${host}:${ports[transport]}`));
  const first = await freePortPairs(mediaPorts / 2);
  const last = first + mediaPorts - 1;
  const rig = await Rig.start(plans.map(planOf), {
    listen: ['udp:127.0.0.1:PORT', 'tcp:127.0.0.1:PORT', 'udp:[::1]:PORT', 'tcp:[::1]:PORT', ...secondary].join(','),
    setting: { ...defaultSetting, unknownDomain: 404 },
    env: { SIGNALBOX_DNS: dns, SIGNALBOX_MEDIA: 'worker', SIGNALBOX_RTP: `${first}-${last}`, SIGNALBOX_WS_ORIGINS: allowedOrigin, ...env },
  });
  const { pid } = rig.process;
  return {
    name: 'signalbox',
    ownName: 'edge.example',
    mediaPorts: { first, last, held: () => new Set(udpPortsOf(pid).filter((port) => port >= first && port <= last)) },
    addressFor: (transport, host) => ({ host: host.includes(':') ? '::1' : '127.0.0.1', port: transport === 'udp' || transport === 'tcp' ? rig.port : ports[transport] }),
    get running() {
      return rig.process.running;
    },
    residentBytes: () => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024,
    tail: () => rig.process.tail(),
    stop: () => rig.stop(),
  };
}
