/** Signalbox as it runs in production: a real control plane pushes the configuration to a real data plane. */
import { Installation } from '../../test/harness/installation.ts';
import { putTenant, untilHealth } from '../../test/harness/tenant.ts';
import { treeCpuSeconds, treeMemoryBytes } from '../cpu.ts';
import { type BenchBackends, type BenchEdge, loadDomain, probeDomain } from './edge.ts';

/** The probing of the yardstick's configuration. */
const probing = { mode: 'always', intervalMs: 30_000, timeoutMs: 2_000, downAfter: 2, upAfter: 1, codes: [200] };

/** One UDP listener, as the yardstick has. @param workers SIP workers; the product's default when left out */
export async function startSignalboxEdge(backends: BenchBackends, workers?: number): Promise<BenchEdge> {
  const installation = await Installation.start({ edge: { listen: 'udp:127.0.0.1:PORT', ...(workers === undefined ? {} : { workers }) } });
  const { api, control, edge } = installation;
  try {
    await putTenant(api, { key: 'load', domain: loadDomain, routeSet: 1, set: 1, destinations: [{ uri: backends.load }], probing });
    await putTenant(api, { key: 'probe', domain: probeDomain, routeSet: 2, set: 2, destinations: [{ uri: backends.probe }], probing });
    for (const set of [1, 2]) await untilHealth(api, set);
  } catch (error) {
    await installation.stop();
    throw error;
  }
  return {
    name: 'signalbox',
    host: edge.host,
    port: edge.port,
    cpuSeconds: () => treeCpuSeconds(edge.pid),
    memoryBytes: () => treeMemoryBytes(edge.pid),
    asideCpuSeconds: () => treeCpuSeconds(control.process.pid),
    stop: () => installation.stop(),
  };
}
