/**
 * `npm run bench -- registrations [--phones 100000] [--workers 1] [--rate 0] [--watch 10] [--keep-alive crlf|options] [--readme]`: that many
 * phones behind NAT register over UDP through a real data plane, as fast as it goes or at a rate. Its memory while the transactions last, after them, and after a
 * restart; keep-alives at 30 s; the table of the main thread by itself: pages, searches, the file.
 */
import { setTimeout as nap } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { defaultSetting } from '../../dataplane/contract/rows.ts';
import { until } from '../../test/harness/deadline.ts';
import { Rig } from '../../test/integration/dataplane/rig.ts';
import { residentBytes, treeCpuSeconds } from '../cpu.ts';
import { keepResult, markdownTable, writeReadmeRegion } from '../results.ts';
import { openRegistrar, Phones, placesOf } from './phones.ts';
import { tableFigures, type TableFigures } from './table.ts';

const intervalMs = 30_000;
/** RFC 3261 §17.2.2: transactions over UDP are kept for 32 s. */
const transactionsGoneMs = 34_000;
const settleMs = 4_000;
const aims = { growthBytes: 300e6 } as const;

interface Figures {
  readonly emptyBytes: number;
  readonly registeredBytes: number;
  readonly settledBytes: number;
  readonly restartedBytes: number;
  readonly failed: number;
  readonly repeated: number;
  readonly perSecond: number;
  readonly cpuMicros: number;
  readonly idleCpu: number;
  readonly keptAliveCpu: number;
  readonly keepAlivesPerSecond: number;
  readonly restartMs: number;
}

interface Plan {
  readonly phones: number;
  readonly workers: number;
  /** REGISTERs a second, 0 = as fast as it goes. */
  readonly rate: number;
  readonly watchSeconds: number;
  readonly method: 'crlf' | 'options';
}

/** CPU of the data plane, in percent of a core, over so many seconds. */
async function cpuPercent(rig: Rig, seconds: number): Promise<number> {
  const [before, begun] = [treeCpuSeconds(rig.process.pid), performance.now()];
  await nap(seconds * 1_000);
  return ((treeCpuSeconds(rig.process.pid) - before) / ((performance.now() - begun) / 1_000)) * 100;
}

async function measure({ phones: count, workers, rate, watchSeconds, method }: Plan): Promise<Figures> {
  const registrar = await openRegistrar();
  const rig = await Rig.start([{ key: 'bench', destinations: [`sip:127.0.0.1:${registrar.port}`] }], {
    listen: 'udp:127.0.0.1:PORT', workers, setting: { keepAlive: { method, intervalMs: defaultSetting.keepAlive.intervalMs } },
  });
  const phones = await Phones.open(count, rig.port);
  try {
    await nap(settleMs);
    const emptyBytes = residentBytes(rig.process.pid);
    const idleCpu = await cpuPercent(rig, watchSeconds);
    const [cpuBefore, begun] = [treeCpuSeconds(rig.process.pid), performance.now()];
    const failed = await phones.register(count, rate);
    const seconds = (performance.now() - begun) / 1_000;
    const cpuMicros = ((treeCpuSeconds(rig.process.pid) - cpuBefore) / count) * 1e6;
    await until('all registrations in the table', 10_000, async () => (await rig.metric('registrations')) === count - failed);
    const registeredBytes = residentBytes(rig.process.pid);
    await nap(transactionsGoneMs);
    const [heard, since] = [phones.keepAlives, performance.now()];
    const keptAliveCpu = await cpuPercent(rig, watchSeconds);
    const keepAlivesPerSecond = ((phones.keepAlives - heard) / (performance.now() - since)) * 1_000;
    const settledBytes = residentBytes(rig.process.pid);
    await rig.process.stop();
    const restart = performance.now();
    await rig.restart();
    await until('the registrations of the last process', 60_000, async () => (await rig.metric('registrations')) === count - failed);
    const restartMs = performance.now() - restart;
    await nap(settleMs);
    return { emptyBytes, registeredBytes, settledBytes, restartedBytes: residentBytes(rig.process.pid), failed, repeated: phones.repeated, perSecond: count / seconds, cpuMicros, idleCpu, keptAliveCpu, keepAlivesPerSecond, restartMs };
  } finally {
    phones.close();
    registrar.close();
    await rig.stop();
  }
}

const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;

/** The lines of the table; a missed aim says so. */
export function linesOf({ phones, method }: Plan, figures: Figures, table: TableFigures): string[][] {
  const growth = (bytes: number): string => `+${mb(bytes - figures.emptyBytes)}`;
  const aimed = (bytes: number): string => growth(bytes) + (bytes - figures.emptyBytes <= aims.growthBytes ? '' : ' (missed)');
  return [
    ['memory over an empty data plane, transactions still kept', growth(figures.registeredBytes), ''],
    ['memory over an empty data plane, settled', aimed(figures.settledBytes), '< 300 MB'],
    ['memory over an empty data plane, after a restart', aimed(figures.restartedBytes), '< 300 MB'],
    ['registered through it', `${figures.perSecond.toFixed(0)} a second, ${figures.cpuMicros.toFixed(0)} µs CPU each, ${figures.failed} of ${phones} failed`, 'none'],
    [`keep-alives (${method}) every ${intervalMs / 1_000} s to ${placesOf(phones).toLocaleString('en')} places`, `${figures.keepAlivesPerSecond.toFixed(0)} a second, ${(figures.keptAliveCpu - figures.idleCpu).toFixed(1)} % of a core (${figures.idleCpu.toFixed(1)} % idle)`, ''],
    ['restart to all registrations known', ms(figures.restartMs), ''],
    ['a page of 100, main thread', Object.entries(table.pageMs).map(([what, value]) => `${what} ${ms(value)}`).join(', '), ''],
    [`the file (${mb(table.fileBytes)})`, `kept in ${ms(table.keepMs)}, reloaded in ${ms(table.reloadMs)}`, ''],
  ];
}

/** Runs the bench. @returns the process's exit code */
export async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: { phones: { type: 'string', default: '100000' }, workers: { type: 'string', default: '1' }, rate: { type: 'string', default: '0' }, watch: { type: 'string', default: '10' }, 'keep-alive': { type: 'string', default: 'crlf' }, readme: { type: 'boolean', default: false } },
  });
  const [phones, workers, rate, watchSeconds] = [Number(values.phones), Number(values.workers), Number(values.rate), Number(values.watch)];
  const method = values['keep-alive'];
  if (!Number.isInteger(phones) || phones < 100 || phones > 200_000 || !Number.isInteger(workers) || workers < 1 || workers > 16 || !Number.isInteger(rate) || rate < 0 || rate > 20_000 || !(watchSeconds >= 1 && watchSeconds <= 600) || (method !== 'crlf' && method !== 'options')) {
    process.stderr.write('--phones takes 100 to 200000, --workers 1 to 16, --rate 0 to 20000 a second, --watch 1 to 600 seconds, --keep-alive crlf or options.\n');
    return 2;
  }
  const plan: Plan = { phones, workers, rate, watchSeconds, method };
  const table = await tableFigures(phones);
  const figures = await measure(plan);
  const text = markdownTable([`${phones.toLocaleString('en')} registrations, ${workers} worker${workers > 1 ? 's' : ''}`, 'figure', 'aim'], linesOf(plan, figures, table));
  process.stdout.write(`${text}\n`);
  keepResult('registrations', { ...plan, places: placesOf(phones), figures, table });
  if (values.readme) writeReadmeRegion('registrations', text);
  return 0;
}
