/**
 * `npm run bench -- push [--nodes 1] [--writes 200] [--readme]`: time from a REST write to its answer
 * with `?wait=applied`, and from commit to applied on each node.
 */
import { parseArgs } from 'node:util';
import { ControlPlane, DataPlane } from '../test/harness/installation.ts';
import { putTenant } from '../test/harness/tenant.ts';
import { keepResult, markdownTable, writeReadmeRegion } from './results.ts';
import { percentile } from './statistics.ts';

const warmUpWrites = 20;

/** Runs the bench. @returns the process's exit code */
export async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...argv], options: { nodes: { type: 'string', default: '1' }, writes: { type: 'string', default: '200' }, readme: { type: 'boolean', default: false } } });
  const nodes = Number(values.nodes);
  const writes = Number(values.writes);
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > 50 || !Number.isInteger(writes) || writes < 1 || writes > 10_000) {
    process.stderr.write('--nodes takes 1 to 50, --writes takes 1 to 10000.\n');
    return 2;
  }
  const control = await ControlPlane.start();
  const planes: DataPlane[] = [];
  try {
    for (let i = 0; i < nodes; i++) {
      planes.push(await DataPlane.start({ name: `bench-${i}`, controlUrls: [control.syncUrl], joinToken: await control.joinToken(`bench-${i}`), workers: 1 }));
    }
    await putTenant(control.api, { key: 'bench', domain: 'bench.example', routeSet: 1, set: 1, destinations: [{ uri: 'sip:127.0.0.1:9' }], probing: { mode: 'never' } });
    const answerMs: number[] = [];
    const appliedMs: number[] = [];
    for (let i = 0; i < warmUpWrites + writes; i++) {
      const begin = performance.now();
      const { applied = [], missing = [] } = await control.api.put('/domains/bench.example?wait=applied', { tenant: 'bench', routeSet: 1, enabled: true, comment: `write ${i}` });
      if (applied.length !== nodes || missing.length > 0) throw new Error(`write ${i} was applied on ${applied.length} of ${nodes} nodes`);
      if (i < warmUpWrites) continue;
      answerMs.push(performance.now() - begin);
      for (const { ms } of applied) appliedMs.push(ms);
    }
    const row = (name: string, samples: readonly number[]): string[] => [name, String(samples.length), ...[50, 99, 100].map((p) => percentile(samples, p).toFixed(1))];
    const text = markdownTable([`${nodes} node${nodes > 1 ? 's' : ''}`, 'samples', 'p50 ms', 'p99 ms', 'max ms'], [row('commit to applied on a node', appliedMs), row('REST write to its answer', answerMs)]);
    process.stdout.write(`${text}\n`);
    keepResult('push', { nodes, writes, appliedMs: { p50: percentile(appliedMs, 50), p99: percentile(appliedMs, 99) }, answerMs: { p50: percentile(answerMs, 50), p99: percentile(answerMs, 99) } });
    if (values.readme) writeReadmeRegion('push', text);
    return 0;
  } finally {
    for (const plane of planes) await plane.stop();
    await control.stop();
  }
}
