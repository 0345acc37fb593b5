/**
 * `npm run bench -- sip [--rates 1000,2000] [--seconds 20] [--rounds 3] [--only kamailio|signalbox] [--readme]`
 *
 * Kamailio and Signalbox in turn (A B A B) under the same load, fresh processes every round. Prints
 * medians, the ratio of each pair of neighbouring rounds and their spread; keeps the figures of such pairs.
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { keepResult, markdownTable, writeReadmeRegion } from '../results.ts';
import { median, spread } from '../statistics.ts';
import type { BenchBackends, BenchEdge } from './edge.ts';
import { startKamailioEdge } from './kamailio-edge.ts';
import { describeRound, fixed, runRound } from './run.ts';
import type { Round } from './round.ts';
import { startSignalboxEdge } from './signalbox-edge.ts';

const starters = { kamailio: startKamailioEdge, signalbox: (backends: BenchBackends): Promise<BenchEdge> => startSignalboxEdge(backends) };
type EdgeName = keyof typeof starters;

interface Plan {
  readonly rates: readonly number[];
  readonly seconds: number;
  readonly rounds: number;
  readonly edges: readonly EdgeName[];
  readonly readme: boolean;
}

function readPlan(argv: readonly string[]): Plan | string {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      rates: { type: 'string', default: '1000,2000' }, rate: { type: 'string' }, seconds: { type: 'string', default: '20' },
      rounds: { type: 'string', default: '3' }, only: { type: 'string' }, readme: { type: 'boolean', default: false },
    },
  });
  const rates = (values.rate ?? values.rates).split(',').map(Number);
  const seconds = Number(values.seconds);
  const rounds = Number(values.rounds);
  if (!rates.every((rate) => Number.isInteger(rate) && rate >= 1 && rate <= 20_000)) return '--rates takes calls a second, 1 to 20000, separated by commas.';
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > 3_600) return '--seconds takes 1 to 3600.';
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100) return '--rounds takes 1 to 100.';
  if (values.only !== undefined && !(values.only in starters)) return '--only takes kamailio or signalbox.';
  return { rates, seconds, rounds, edges: values.only === undefined ? ['kamailio', 'signalbox'] : [values.only as EdgeName], readme: values.readme };
}

/** The figures of one rate: medians of each side, and ratios of neighbouring rounds. */
export function summarise(rounds: readonly Round[]): { readonly rows: string[][]; readonly ratio: number; readonly ratios: readonly number[] } {
  const of = (edge: EdgeName): Round[] => rounds.filter((round) => round.edge === edge);
  const [kamailio, signalbox] = [of('kamailio'), of('signalbox')];
  const ratios = signalbox.flatMap((round, index) => {
    const other = kamailio[index];
    return other ? [round.cpuMicrosPerCall / other.cpuMicrosPerCall] : [];
  });
  const row = (name: string, side: readonly Round[]): string[] => {
    const cpu = side.map((round) => round.cpuMicrosPerCall);
    return [
      name, String(side[0]?.rate ?? 0), `${fixed(median(cpu), 0)} (${fixed(spread(cpu).low, 0)}–${fixed(spread(cpu).high, 0)})`,
      `${side.reduce((sum, round) => sum + round.failed, 0)} of ${side.reduce((sum, round) => sum + round.calls, 0)}`,
      fixed(median(side.map((round) => round.inviteMs.p50)), 2), fixed(median(side.map((round) => round.inviteMs.p99)), 2),
    ];
  };
  const rows = [...(kamailio.length > 0 ? [row('Kamailio 5.6.3', kamailio)] : []), ...(signalbox.length > 0 ? [row('Signalbox', signalbox)] : [])];
  return { rows, ratio: median(ratios), ratios };
}

/** Runs the bench. @returns the process's exit code */
export async function main(argv: readonly string[]): Promise<number> {
  const plan = readPlan(argv);
  if (typeof plan === 'string') {
    process.stderr.write(`${plan}\n`);
    return 2;
  }
  const missing = [['sipp', '/usr/bin/sipp', 'sip-tester'], ['kamailio', '/usr/sbin/kamailio', 'kamailio']].filter(([, path]) => !existsSync(path ?? ''));
  if (missing.length > 0) {
    process.stderr.write(`This bench needs ${missing.map(([name]) => name).join(' and ')}: apt-get install ${missing.map(([, , name]) => name).join(' ')}\n`);
    return 1;
  }
  const table: string[][] = [];
  const verdicts: string[] = [];
  for (const rate of plan.rates) {
    const rounds: Round[] = [];
    for (let i = 0; i < plan.rounds; i++) {
      for (const edge of plan.edges) {
        const round = await runRound(starters[edge], rate, plan.seconds);
        rounds.push(round);
        process.stdout.write(`${describeRound(round)}\n`);
      }
    }
    const { rows, ratio, ratios } = summarise(rounds);
    table.push(...rows);
    if (ratios.length > 0) {
      const { low, high } = spread(ratios);
      verdicts.push(`At ${rate} calls/s Signalbox takes **${fixed(ratio, 2)} ×** Kamailio's CPU a call (median of ${ratios.length} pairs, ${fixed(low, 2)}–${fixed(high, 2)}).`);
      keepResult('sip', { rate, seconds: plan.seconds, ratio, ratios, rounds });
    }
  }
  const head = ['', 'calls/s', 'CPU µs a call, median (spread)', 'failed', 'added latency p50 ms', 'p99 ms'];
  const text = [markdownTable(head, table), '', ...verdicts].join('\n');
  process.stdout.write(`\n${text}\n`);
  if (plan.readme) writeReadmeRegion('sip', text);
  return 0;
}
