/** From measured rounds to the rows and the sentence that are printed. */
import { median, spread } from '../statistics.ts';
import type { Handshakes, Order } from './order.ts';

export interface Case extends Pick<Order, 'version' | 'resume'> {
  readonly certificate: string;
}

export interface Round extends Handshakes {
  readonly edge: 'kamailio' | 'signalbox';
  /** CPU of the server's process tree a connection. */
  readonly cpuMicros: number;
  readonly perSecond: number;
  /** Cores that the server used meanwhile. */
  readonly busyCores: number;
}

/** Rounds of one case, Kamailio and Signalbox in turn: a table row each, the ratio of each pair of neighbours, and the verdict. */
export function summarise(name: string, rounds: readonly Round[]): { readonly rows: string[][]; readonly verdict: string; readonly ratios: readonly number[] } {
  const of = (edge: Round['edge']): Round[] => rounds.filter((round) => round.edge === edge);
  const [kamailio, signalbox] = [of('kamailio'), of('signalbox')];
  const ratios = signalbox.flatMap((round, index) => {
    const other = kamailio[index];
    return other === undefined ? [] : [round.cpuMicros / other.cpuMicros];
  });
  const row = (side: string, measured: readonly Round[]): string[] => {
    const cpu = measured.map((round) => round.cpuMicros);
    const { low, high } = spread(cpu);
    return [
      side, name, `${median(cpu).toFixed(0)} (${low.toFixed(0)}–${high.toFixed(0)})`, (1e6 / median(cpu)).toFixed(0), median(measured.map((round) => round.perSecond)).toFixed(0),
      `${median(measured.map((round) => round.busyCores)).toFixed(2)} cores`, `${measured.reduce((sum, round) => sum + round.failed, 0)} of ${measured.reduce((sum, round) => sum + round.done + round.failed, 0)}`,
    ];
  };
  const { low, high } = spread(ratios);
  return {
    rows: [row('Kamailio 5.6.3', kamailio), row('Signalbox', signalbox)], ratios,
    verdict: `${name}: Signalbox takes **${median(ratios).toFixed(2)} ×** Kamailio's CPU (median of ${ratios.length} pairs, ${low.toFixed(2)}–${high.toFixed(2)}).`,
  };
}
