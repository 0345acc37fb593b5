import { expect, it } from 'vitest';
import { linesOf } from '../../../bench/registrations/main.ts';

const table = { pageMs: { 'first page': 0.04, 'none found': 17.2 }, keepMs: 270, reloadMs: 869, fileBytes: 32e6 };
const figures = {
  emptyBytes: 100e6, registeredBytes: 450e6, settledBytes: 401e6, restartedBytes: 400e6, failed: 2, repeated: 0, perSecond: 7_000, cpuMicros: 83,
  idleCpu: 1.5, keptAliveCpu: 3.9, keepAlivesPerSecond: 3_333, restartMs: 1_800,
};

it('the registrations bench says which aim was missed, and takes the idle process off', () => {
  const lines = new Map(linesOf({ phones: 100_000, workers: 1, rate: 0, watchSeconds: 5, method: 'crlf' }, figures, table).map(([name, figure]) => [name, figure]));
  expect(lines.get('memory over an empty data plane, settled')).toBe('+301 MB (missed)');
  expect(lines.get('memory over an empty data plane, after a restart')).toBe('+300 MB');
  expect(lines.get('keep-alives (crlf) every 30 s to 10,000 places')).toBe('3333 a second, 2.4 % of a core (1.5 % idle)');
  expect(lines.get('registered through it')).toBe('7000 a second, 83 µs CPU each, 2 of 100000 failed');
});
