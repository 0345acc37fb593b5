/** Where probes leave from, and which transports reach a destination, as the listeners of the node have it. */
import { isWildcard } from '../contract/address.ts';
import type { ProbeSource } from '../health/probe.ts';
import type { ProberOptions } from '../health/prober.ts';
import type { ListenSetting } from '../listen-setting.ts';
import type { LocatedTransport } from '../transport/locate.ts';

/** Probes show the address that calls come from and leave by it, so that a backend's access list treats both alike. */
export function probeSources(listen: readonly ListenSetting[]): ProberOptions['advertised'] {
  const sourceOf = (transport: string, family: number): ProbeSource | null => {
    const found = listen.find((one) => one.transport === transport && one.family === family);
    if (found === undefined) return null;
    const fixed = !isWildcard(found.address);
    if (!fixed && found.advertisedHost === '') return null;
    const host = found.advertisedHost === '' ? found.address : found.advertisedHost;
    return { host, port: found.advertisedPort === 0 ? found.port : found.advertisedPort, ...(fixed ? { bind: found.address } : {}) };
  };
  return { udp4: sourceOf('udp', 4), udp6: sourceOf('udp', 6), tcp4: sourceOf('tcp', 4), tcp6: sourceOf('tcp', 6), tls4: sourceOf('tls', 4), tls6: sourceOf('tls', 6) };
}

/** Whether the node can send by that transport in that family. */
export const listens = (listen: readonly ListenSetting[], transport: LocatedTransport, family: 4 | 6): boolean =>
  listen.some((one) => one.transport === transport && one.family === family);
