/** The yardstick: Debian's Kamailio with bench/kamailio/edge.cfg, two UDP children. */
import { Kamailio } from '../../test/harness/kamailio.ts';
import { treeCpuSeconds, treeMemoryBytes } from '../cpu.ts';
import { type BenchBackends, type BenchEdge, loadDomain, probeDomain } from './edge.ts';

export async function startKamailioEdge(backends: BenchBackends): Promise<BenchEdge> {
  const kamailio = await Kamailio.start('bench/kamailio/edge.cfg', {
    DOMAINS: `    $sht(domains=>${loadDomain}) = 1;\n    $sht(domains=>${probeDomain}) = 2;`,
  }, { 'dispatcher.list': `1 ${backends.load} 0 0\n2 ${backends.probe} 0 0\n` }, 512);
  return {
    name: 'kamailio',
    host: kamailio.host,
    port: kamailio.port,
    cpuSeconds: () => treeCpuSeconds(kamailio.process.pid),
    memoryBytes: () => treeMemoryBytes(kamailio.process.pid),
    asideCpuSeconds: () => 0,
    stop: () => kamailio.stop(),
  };
}
