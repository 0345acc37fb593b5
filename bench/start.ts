/**
 * `npm run bench -- start [--domains 1000] [--rounds 5] [--readme]`: memory of a data plane with that
 * many domains, and the time from its process's start to ready from last-known-good alone.
 */
import { parseArgs } from 'node:util';
import { Installation } from '../test/harness/installation.ts';
import { putTenant } from '../test/harness/tenant.ts';
import { residentBytes } from './cpu.ts';
import { keepResult, markdownTable, writeReadmeRegion } from './results.ts';
import { median, spread } from './statistics.ts';

const writersAtOnce = 8;
/** Nobody listens there: the node is alone. */
const nowhere = 'ws://127.0.0.1:9/sync/v1';

/** Runs the bench. @returns the process's exit code */
export async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...argv], options: { domains: { type: 'string', default: '1000' }, rounds: { type: 'string', default: '5' }, readme: { type: 'boolean', default: false } } });
  const domains = Number(values.domains);
  const rounds = Number(values.rounds);
  if (!Number.isInteger(domains) || domains < 1 || domains > 100_000 || !Number.isInteger(rounds) || rounds < 1 || rounds > 100) {
    process.stderr.write('--domains takes 1 to 100000, --rounds takes 1 to 100.\n');
    return 2;
  }
  const installation = await Installation.start();
  try {
    const { api, edge, control } = installation;
    await putTenant(api, { key: 'bench', domain: 'first.example', routeSet: 1, set: 1, destinations: [{ uri: 'sip:127.0.0.1:9' }], probing: { mode: 'never' } });
    let next = 0;
    const writer = async (): Promise<void> => {
      while (next < domains) {
        const index = next++;
        await api.put(`/domains/d${index}.example`, { tenant: 'bench', routeSet: 1, enabled: true });
      }
    };
    await Promise.all(Array.from({ length: writersAtOnce }, writer));
    await api.put('/domains/last.example?wait=applied', { tenant: 'bench', routeSet: 1, enabled: true });
    const memory = residentBytes(edge.pid);
    await edge.kill();
    await control.process.stop();

    const startMs: number[] = [];
    for (let i = 0; i < rounds; i++) {
      const begin = performance.now();
      await edge.restart([nowhere]);
      startMs.push(performance.now() - begin);
      if (i < rounds - 1) await edge.kill();
    }
    const memoryAfterStart = residentBytes(edge.pid);
    const { low, high } = spread(startMs);
    const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MB`;
    const text = markdownTable([`${domains} domains`, ''], [
      ['data plane, resident after the writes', megabytes(memory)],
      ['data plane, resident after a start from last-known-good', megabytes(memoryAfterStart)],
      ['process start to ready without a control plane, median (spread)', `${median(startMs).toFixed(0)} ms (${low.toFixed(0)}–${high.toFixed(0)})`],
    ]);
    process.stdout.write(`${text}\n`);
    keepResult('start', { domains, startMs, memoryBytes: memory, memoryAfterStartBytes: memoryAfterStart });
    if (values.readme) writeReadmeRegion('start', text);
    return 0;
  } finally {
    await installation.stop();
  }
}
