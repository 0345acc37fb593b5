/** The packed tables alone, in this process: how long they take to pack, how large they are, how fast they answer. */
import { decodeOp } from '../../dataplane/contract/decode.ts';
import type { RowOp } from '../../dataplane/contract/rows.ts';
import { runToEnd } from '../../dataplane/routing/big-table.ts';
import { applyOps } from '../../dataplane/routing/build.ts';
import { ViewLoad } from '../../dataplane/routing/pack-view.ts';
import type { ConfigView } from '../../dataplane/routing/view.ts';
import { median } from '../statistics.ts';
import { allRows, domainName, domainRow, numberPattern, ratePrefix, type Sizes } from './rows.ts';

const batches = 200;
const batchSize = 1_000;
const deltas = 300;

/** A host or number as it comes: its text was just cut out of a message, so it lies in the processor's cache. */
const fresh = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');

/** Nanoseconds a look-up: of the median batch, and of the best, which other load on the machine disturbed least. */
export interface Lookup {
  readonly median: number;
  readonly best: number;
}

/** `make` gives what is looked up, `find` must find or must not. */
function nanoseconds(size: number, make: (index: number) => string, find: (text: string) => boolean, found: boolean): Lookup {
  const samples: number[] = [];
  let wrong = 0;
  for (let batch = 0; batch < batches; batch++) {
    const texts = Array.from({ length: batchSize }, () => fresh(make(Math.floor(Math.random() * size))));
    const begin = process.hrtime.bigint();
    for (const text of texts) if (find(text) !== found) wrong++;
    samples.push(Number(process.hrtime.bigint() - begin) / batchSize);
  }
  if (wrong > 0) throw new Error(`${wrong} look-ups answered wrongly`);
  return { median: median(samples), best: Math.min(...samples) };
}

function opsOf(sizes: Sizes): RowOp[] {
  const ops: RowOp[] = [];
  for (const [table, key, json] of allRows(sizes)) {
    const op = decodeOp(table, key, json ?? '');
    if (op.ok) ops.push(op.value);
  }
  return ops;
}

export interface TableFigures {
  readonly packMs: number;
  readonly megabytes: number;
  /** By kind of look-up. */
  readonly ns: Readonly<Record<string, Lookup>>;
}

function load(sizes: Sizes): { readonly view: ConfigView; readonly packMs: number } {
  const ops = opsOf(sizes);
  const begin = performance.now();
  const loading = new ViewLoad();
  for (const op of ops) loading.apply(op);
  const view = runToEnd(loading.finish('bench', 1));
  return { view, packMs: performance.now() - begin };
}

const megabytes = (buffer: SharedArrayBuffer): number => buffer.byteLength / 2 ** 20;

export function domainFigures(size: number): TableFigures & { readonly deltaUs: number } {
  const { view: packed, packMs } = load({ domain: size, number: 0, rate: 0 });
  const view = applyOps(packed, [{ table: 'domain', key: '*.wild.example', row: { name: '*.wild.example', tenant: 1, routeSet: 1, enabled: true, did: '' } }], 'bench', 2);
  const find = (host: string): boolean => view.domain(host) !== null;
  const ns = {
    hit: nanoseconds(size, domainName, (host) => packed.domain(host) !== null, true),
    'hit of a busy domain': nanoseconds(256, domainName, find, true),
    miss: nanoseconds(size, (index) => `x${domainName(index)}`, (host) => packed.domain(host) !== null, false),
    wildcard: nanoseconds(size, (index) => `d${index}.wild.example`, find, true),
  };
  const samples: number[] = [];
  let current = view;
  for (let i = 0; i < deltas; i++) {
    const op = decodeOp(...(domainRow(i * 7, 1 + (i % 2)) as [table: 'domain', key: string, json: string]));
    if (!op.ok) throw new Error('a row of the bench does not decode');
    const begin = process.hrtime.bigint();
    current = applyOps(current, [op.value], 'bench', 3 + i);
    samples.push(Number(process.hrtime.bigint() - begin) / 1_000);
  }
  return { packMs, megabytes: megabytes(packed.tables.domains.rows.base.buffer), ns, deltaUs: median(samples) };
}

export function numberFigures(size: number): TableFigures {
  const { view, packMs } = load({ domain: 0, number: size, rate: 0 });
  const find = (user: string): boolean => view.tables.numbers.find(user) !== null;
  const ns = {
    hit: nanoseconds(size, (index) => numberPattern(index).replace('*', '123'), find, true),
    miss: nanoseconds(size, (index) => `+48${index}`, find, false),
  };
  return { packMs, megabytes: megabytes(view.tables.numbers.rows.base.buffer), ns };
}

export function rateFigures(size: number): TableFigures {
  const { view, packMs } = load({ domain: 0, number: 0, rate: size });
  const find = (user: string): boolean => view.tables.rates.find(1, user).count > 0;
  const ns = {
    hit: nanoseconds(size, (index) => `${ratePrefix(index)}5551234`, find, true),
    miss: nanoseconds(size, (index) => `0${index}5551234`, find, false),
  };
  return { packMs, megabytes: megabytes(view.tables.rates.rows.base.buffer), ns };
}
