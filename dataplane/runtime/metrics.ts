/** Prometheus text exposition of the node's counters and gauges (text format 0.0.4). */
import type { DestinationHealth } from '../contract/health.ts';
import type { MediaState } from '../media/messages.ts';
import { counterHelp, gaugeHelp, type CounterName, type CounterTable, type GaugeName } from './counters.ts';
import { reportMedia } from './media-report.ts';

export interface NodeFacts {
  readonly version: string;
  readonly rev: number;
  readonly rssBytes: number;
  readonly uptimeSeconds: number;
  readonly registrations: number;
  readonly connected: boolean;
  readonly destinations: readonly DestinationHealth[];
  /** Of each media thread; empty = the node relays no media. */
  readonly media: readonly MediaState[];
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
  const media = reportMedia(facts.media);
  const total = (of: (state: MediaState) => number): string => ` ${facts.media.reduce((sum, state) => sum + of(state), 0)}`;
  family('media_engine', 'gauge', 'What moves the media of new calls', ...(media === null ? [] : [`{engine="${media.engine}"} 1`]));
  family('media_sessions', 'gauge', 'Calls whose media this node relays', total((state) => state.sessions));
  family('media_ports_used', 'gauge', 'Ports of SIGNALBOX_RTP in use', total((state) => state.portsUsed));
  family('media_ports_free', 'gauge', 'Ports of SIGNALBOX_RTP free, in the family that has fewest left', total((state) => state.portsFree));
  family('media_ports_resting', 'gauge', 'Free ports of SIGNALBOX_RTP that rest after a call, in all families', total((state) => state.portsResting));
  family('media_ports_unproven', 'gauge', 'Ports of SIGNALBOX_RTP in use by callers that nothing proves and that nobody has answered', total((state) => state.portsUnproven));
  family('media_unproven_refused_total', 'counter', 'Calls of unproven callers that got no ports, as such callers had half of them', total((state) => state.unprovenRefused));
  family('media_kernel_streams', 'gauge', 'Streams that the kernel forwards', total((state) => state.kernelStreams));
  family('media_packets_total', 'counter', 'Media packets relayed', total((state) => state.packets));
  family('media_strangers_total', 'counter', 'Media packets dropped because they came from another source than the learned one', total((state) => state.strangers));
  family('media_invalid_total', 'counter', 'Media packets dropped because they are no RTP, RTCP, STUN or DTLS', total((state) => state.invalid));
  family('rtpengine_up', 'gauge', 'Whether the rtpengine answers (1) or not (0)',
    ...(media?.rtpengines ?? []).map(({ address, state }) => `{address="${address}"} ${state === 'up' ? 1 : 0}`));
  family('rtpengine_sessions', 'gauge', 'Calls that this node has at the rtpengine', ...(media?.rtpengines ?? []).map(({ address, sessions }) => `{address="${address}"} ${sessions}`));
  return `${lines.join('\n')}\n`;
}
