/** Prometheus text exposition of the node's counters and gauges (text format 0.0.4). */
import type { DestinationHealth } from '../contract/health.ts';
import { counterHelp, gaugeHelp, type CounterName, type CounterTable, type GaugeName } from './counters.ts';

export interface NodeFacts {
  readonly version: string;
  readonly rev: number;
  readonly rssBytes: number;
  readonly uptimeSeconds: number;
  readonly registrations: number;
  readonly connected: boolean;
  readonly destinations: readonly DestinationHealth[];
}

/** Renders everything under `/metrics`; names start with `signalbox_`. */
export function renderMetrics(table: CounterTable, facts: NodeFacts): string {
  const lines: string[] = [];
  const family = (name: string, type: 'counter' | 'gauge', help: string, ...samples: string[]): void => {
    lines.push(`# HELP signalbox_${name} ${help}`, `# TYPE signalbox_${name} ${type}`, ...samples.map((sample) => `signalbox_${name}${sample}`));
  };
  for (const [name, help] of Object.entries(counterHelp)) family(name, 'counter', help, ` ${table.value(name as CounterName)}`);
  for (const [name, help] of Object.entries(gaugeHelp)) family(name, 'gauge', help, ` ${table.value(name as GaugeName)}`);
  family('build_info', 'gauge', 'Version of this node', `{version="${facts.version}"} 1`);
  family('config_revision', 'gauge', 'Configuration revision applied', ` ${facts.rev}`);
  family('registrations', 'gauge', 'Phones registered through this node, as far as it has seen', ` ${facts.registrations}`);
  family('resident_bytes', 'gauge', 'Resident memory of the process', ` ${facts.rssBytes}`);
  family('uptime_seconds', 'gauge', 'Seconds since the process started', ` ${facts.uptimeSeconds.toFixed(1)}`);
  family('control_plane_connected', 'gauge', 'Whether the push channel is up', ` ${facts.connected ? 1 : 0}`);
  family('destination_up', 'gauge', 'Whether the destination is up (1) or not (0)',
    ...facts.destinations.map((one) => `{destination="${one.id}",state="${one.state}"} ${one.state === 'up' ? 1 : 0}`));
  family('destination_latency_ms', 'gauge', 'Average probe latency in milliseconds',
    ...facts.destinations.filter((one) => one.latencyMs.avg >= 0).map((one) => `{destination="${one.id}"} ${one.latencyMs.avg.toFixed(2)}`));
  family('destination_calls', 'gauge', 'Calls up through the destination',
    ...facts.destinations.map((one) => `{destination="${one.id}"} ${one.calls}`));
  return `${lines.join('\n')}\n`;
}
