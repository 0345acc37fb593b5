import { describe, expect, it } from 'vitest';
import { summarise, type Round } from '../../../bench/tls/figures.ts';

const round = (edge: Round['edge'], cpuMicros: number, failed = 0): Round => ({
  edge, cpuMicros, failed, done: 100, resumed: 0, seconds: 1, suite: '', clientCpuSeconds: 0, perSecond: 100, busyCores: 0.5,
});

describe('the TLS bench’s figures', () => {
  it('compares neighbouring rounds and takes the middle of the ratios', () => {
    const { ratios, verdict } = summarise('TLS 1.3', [round('kamailio', 1_000), round('signalbox', 500), round('kamailio', 400), round('signalbox', 400), round('kamailio', 100), round('signalbox', 200)]);
    expect(ratios).toEqual([0.5, 1, 2]);
    expect(verdict).toContain('**1.00 ×** Kamailio\'s CPU (median of 3 pairs, 0.50–2.00)');
  });

  it('shows the median, its spread, what a core could do and every failure', () => {
    const { rows } = summarise('TLS 1.3', [round('kamailio', 900, 1), round('signalbox', 500), round('kamailio', 1_100, 2), round('signalbox', 300)]);
    expect(rows).toEqual([
      ['Kamailio 5.6.3', 'TLS 1.3', '1000 (900–1100)', '1000', '100', '0.50 cores', '3 of 203'],
      ['Signalbox', 'TLS 1.3', '400 (300–500)', '2500', '100', '0.50 cores', '0 of 200'],
    ]);
  });
});
