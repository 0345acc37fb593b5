/** A proxy under test, whichever it is: where it listens, what it costs, how it ends. */

export interface BenchEdge {
  readonly name: 'kamailio' | 'signalbox';
  readonly host: string;
  readonly port: number;
  /** CPU seconds of the proxy's process tree so far. */
  cpuSeconds(): number;
  memoryBytes(): number;
  /** CPU seconds of processes that belong to the product but handle no message (control plane); 0 when there are none. */
  asideCpuSeconds(): number;
  stop(): Promise<void>;
}

/** Both proxies serve this domain through one dispatcher set, round robin, and this one for the latency probe. */
export const loadDomain = 'bench.example';
export const probeDomain = 'probe.example';

export interface BenchBackends {
  /** SIP URI of the loaded backend. */
  readonly load: string;
  /** SIP URI of the latency probe's own backend. */
  readonly probe: string;
}
