/**
 * "Probe now": asks connected nodes over the push channel and waits for what they found. The command is `probe.now` with
 * `{destination: id}`; a node answers `{outcome: 'reply'|'timeout'|'icmp'|'dns', code, detail, latencyMs}` (the prober's
 * result; code 0 and latency -1 = no reply).
 */
import type { ProbeResult } from '../contract/dispatcher-sets.ts';
import type { PushGateway } from '../push/api.ts';
import type { NodeFacts } from './node-facts.ts';
import type { MirroredSet } from './ports.ts';

/** On top of the set's own time-out: the way there and back, and a probe that is under way already. */
const slackMs = 3_000;

/** Asks one node; never rejects. */
export async function probeNow(gateway: Pick<PushGateway, 'command'>, node: NodeFacts, destination: number, set: MirroredSet): Promise<ProbeResult> {
  const { probing } = set.row;
  const answer = await gateway.command(node.id, 'probe.now', { destination }, probing.timeoutMs + slackMs);
  const base = { node: node.id, nodeName: node.name };
  if (!answer.ok) {
    const text = answer.error.code === 'failed' ? answer.error.message : 'the node did not answer in time';
    return { ...base, ok: false, code: null, ms: null, state: null, text };
  }
  const found = readResult(answer.value);
  if (found === null) return { ...base, ok: false, code: null, ms: null, state: null, text: 'the node answered something that this version does not understand' };
  return {
    ...base, ok: found.outcome === 'reply' && probing.codes.includes(found.code), code: found.code === 0 ? null : found.code,
    ms: found.latencyMs < 0 ? null : Math.round(found.latencyMs * 1_000) / 1_000, state: node.health.get(destination)?.state ?? null, text: textOf(found),
  };
}

interface Found {
  readonly outcome: 'reply' | 'timeout' | 'icmp' | 'dns';
  readonly code: number;
  readonly latencyMs: number;
  readonly detail: string;
}

function readResult(data: unknown): Found | null {
  if (typeof data !== 'object' || data === null) return null;
  const { outcome, code, latencyMs, detail } = data as Partial<Record<keyof Found, unknown>>;
  if (outcome !== 'reply' && outcome !== 'timeout' && outcome !== 'icmp' && outcome !== 'dns') return null;
  return {
    outcome, code: typeof code === 'number' && Number.isInteger(code) ? code : 0,
    latencyMs: typeof latencyMs === 'number' && Number.isFinite(latencyMs) ? latencyMs : -1, detail: typeof detail === 'string' ? detail.slice(0, 256) : '',
  };
}

function textOf(found: Found): string {
  switch (found.outcome) {
    case 'reply': return `answered ${found.code}`;
    case 'timeout': return 'no answer in time';
    case 'icmp': return `unreachable${found.detail === '' ? '' : ` (${found.detail})`}`;
    case 'dns': return `name not resolved${found.detail === '' ? '' : ` (${found.detail})`}`;
  }
}
