/**
 * `npm run bench -- tables [--rows 1000000] [--workers 1,2,4] [--readme]`: the big tables. Time to pack them, their size,
 * look-ups; a real data plane's memory and cold start with that many domains; how long event loops are held while a
 * snapshot of 100,000 rows is applied. "CPU" is the thread's own time, so other load on the machine does not count.
 */
import { parseArgs } from 'node:util';
import { residentBytes } from '../cpu.ts';
import { keepResult, markdownTable, writeReadmeRegion } from '../results.ts';
import { openControl } from './control.ts';
import { Edge, type Stall } from './edge.ts';
import { keepConfiguration, replicaOf } from './kept.ts';
import { domainFigures, numberFigures, rateFigures, type TableFigures } from './lookups.ts';
import { domainRow } from './rows.ts';

const snapshotRows = 100_000;
const lastReportMs = 600;
const aims = { lookupNs: 1_000, megabytes: 150, startMs: 3_000, workerStallMs: 2, mainStallMs: 50 } as const;

interface MemoryFigure {
  readonly workers: number;
  readonly emptyBytes: number;
  readonly fullBytes: number;
  readonly emptyStartMs: number;
  readonly startMs: number;
}

interface SnapshotFigure {
  readonly rows: number;
  readonly inStepMs: number;
  readonly main: Stall;
  readonly worker: Stall;
  readonly peakBytes: number;
}

/** Start from disk and settled memory of an empty node and of one with `rows` domains. */
async function memoryFigure(workers: number, rows: number): Promise<MemoryFigure> {
  const figures: { bytes: number; ms: number }[] = [];
  for (const domain of [1, rows]) {
    const edge = new Edge();
    try {
      keepConfiguration(edge.dataDir, replicaOf({ domain, number: 0, rate: 0 }));
      const ms = await edge.start({ workers });
      figures.push({ ms, bytes: await edge.settledBytes() });
    } finally {
      await edge.close();
    }
  }
  return { workers, emptyBytes: figures[0]?.bytes ?? 0, fullBytes: figures[1]?.bytes ?? 0, emptyStartMs: figures[0]?.ms ?? 0, startMs: figures[1]?.ms ?? 0 };
}

/** Snapshots over the push channel into a running node: 100,000 rows, then all, then one row more. */
async function snapshotFigures(workers: number, rows: number): Promise<readonly SnapshotFigure[]> {
  const control = await openControl('pushed');
  const edge = new Edge();
  const figures: SnapshotFigure[] = [];
  try {
    keepConfiguration(edge.dataDir, replicaOf({ domain: 1, number: 0, rate: 0 }));
    control.source.replace({ domain: 10, number: 0, rate: 0 });
    await edge.start({ workers, controlUrl: control.url });
    await control.inStep();
    await edge.settledBytes();
    const take = async (count: number, change: () => void): Promise<void> => {
      const since = Date.now();
      let peakBytes = 0;
      const looking = setInterval(() => { peakBytes = Math.max(peakBytes, residentBytes(edge.pid)); }, 50);
      change();
      await control.inStep();
      const inStepMs = Date.now() - since;
      await new Promise((resolve) => { setTimeout(resolve, lastReportMs); });
      clearInterval(looking);
      figures.push({ rows: count, inStepMs, ...edge.stalls(since), peakBytes });
    };
    for (const domain of [snapshotRows, rows]) await take(domain, () => control.source.replace({ domain, number: 0, rate: 0 }));
    await take(1, () => control.source.change(domainRow(rows + 1), null));
    return figures;
  } finally {
    await edge.close();
    await control.close();
  }
}

const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
const verdict = (value: number, most: number): string => (value <= most ? '' : ' (missed)');

function tableRow(name: string, { packMs, megabytes, ns }: TableFigures): string[] {
  const lookups = Object.entries(ns).map(([what, each]) => `${what} ${each.median.toFixed(0)} (${each.best.toFixed(0)})${verdict(each.median, aims.lookupNs)}`).join(', ');
  return [name, `${ms(packMs)}, ${megabytes.toFixed(0)} MiB; ns a look-up, median (best of 200 batches): ${lookups}`, '≤ 1,000 ns'];
}

/** Runs the bench. @returns the process's exit code */
export async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...argv], options: { rows: { type: 'string', default: '1000000' }, workers: { type: 'string', default: '1,2,4' }, readme: { type: 'boolean', default: false } } });
  const rows = Number(values.rows);
  const workers = values.workers.split(',').map(Number);
  if (!Number.isInteger(rows) || rows < 1_000 || rows > 5_000_000 || workers.some((count) => !Number.isInteger(count) || count < 1 || count > 16)) {
    process.stderr.write('--rows takes 1000 to 5000000, --workers numbers of 1 to 16 with commas.\n');
    return 2;
  }
  const count = rows.toLocaleString('en');
  const domains = domainFigures(rows);
  const numbers = numberFigures(rows);
  const rates = rateFigures(rows);
  const lines: string[][] = [
    tableRow(`${count} domains: packed in`, domains), tableRow(`${count} numbers (half of them prefixes): packed in`, numbers), tableRow(`${count} rates: packed in`, rates),
    ['one changed domain, in a worker', `${domains.deltaUs.toFixed(0)} µs`, 'microseconds'],
  ];
  const memory: MemoryFigure[] = [];
  for (const each of workers) {
    const figure = await memoryFigure(each, rows);
    memory.push(figure);
    const growth = figure.fullBytes - figure.emptyBytes;
    lines.push([`${count} domains, data plane with ${each} worker${each > 1 ? 's' : ''}`, `+${mb(growth)} resident over an empty one${verdict(growth / 1e6, aims.megabytes)}; start from disk ${ms(figure.startMs)}${verdict(figure.startMs, aims.startMs)} (empty ${ms(figure.emptyStartMs)})`, '< 150 MB, < 3 s']);
  }
  const snapshots = await snapshotFigures(2, rows);
  for (const figure of snapshots) {
    lines.push([
      figure.rows === 1 ? 'one row pushed to 2 workers' : `snapshot of ${figure.rows.toLocaleString('en')} domains pushed to 2 workers`,
      `in step after ${ms(figure.inStepMs)}; loop held at most ${ms(figure.worker.cpuMs)} CPU in a worker${verdict(figure.worker.cpuMs, aims.workerStallMs)}, ${ms(figure.main.cpuMs)} in the main thread${verdict(figure.main.cpuMs, aims.mainStallMs)}`,
      '≤ 2 ms, ≤ 50 ms',
    ]);
  }
  const text = markdownTable(['Big tables', 'figure', 'aim'], lines);
  process.stdout.write(`${text}\n`);
  keepResult('tables', { rows, domains, numbers, rates, memory, snapshots });
  if (values.readme) writeReadmeRegion('tables', text);
  return 0;
}
