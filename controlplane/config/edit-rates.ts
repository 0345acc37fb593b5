/** Edits of rate tables: whole price lists, and single lines of them. */
import { err, ok } from '../../dataplane/contract/result.ts';
import type { Rate, RateTable, RateTableWritten } from '../contract/rates.ts';
import { isPrice, toMillionths } from './compile.ts';
import type { Draft } from './draft.ts';
import { notFound } from './edit.ts';
import type { Edited, EditOptions } from './edit.ts';
import type { ConfigFault } from './fault.ts';
import { refuseStale } from './precondition.ts';
import { presentRate } from './present.ts';
import { findRateTable } from './read-rates.ts';

type Replaced = Omit<RateTableWritten, 'rev' | 'applied' | 'missing' | 'dryRun' | 'changes'>;

/** The table becomes this list. `texts`: lines of a checked upload (see RateChange.replace), `rows` of them. */
export async function replaceRates(draft: Draft, number: number, texts: readonly string[], rows: number, options: EditOptions): Edited<Replaced> {
  const before = await findRateTable(draft.tx, number);
  const stale = refuseStale(`Rate table ${number}`, before, options);
  if (stale !== null) return err(stale);
  const change = await draft.changeRates();
  await change.replace(number, texts);
  const twice = await change.duplicates();
  if (twice.length > 0) return err(duplicated(twice));
  return ok(() => {
    const { creates, updates, removes } = change.counts;
    const table = change.table(number) ?? before;
    if (table === null) throw new Error(`rate table ${number} vanished from its own write`);
    return { ...table, counts: { creates, updates, removes, unchanged: rows - creates - updates } };
  });
}

/** Takes all rates of the table away. */
export async function removeRates(draft: Draft, number: number, options: EditOptions): Edited<null> {
  const before = await findRateTable(draft.tx, number);
  if (before === null) return notFound(`There is no rate table ${number}.`);
  const stale = refuseStale(`Rate table ${number}`, before, options);
  if (stale !== null) return err(stale);
  await (await draft.changeRates()).replace(number, []);
  return ok(() => null);
}

export async function putRate(draft: Draft, { number, prefix, set }: RateName, price: number): Edited<Rate> {
  if (!isPrice(price)) draft.fault('/price', 'format', 'must have at most six decimals');
  const row = { table: number, prefix, set, price: toMillionths(price) };
  const stored = await draft.put('rate', `${number}/${prefix}/${set}`, row);
  return ok(() => presentRate(stored.row));
}

export async function removeRate(draft: Draft, { number, prefix, set }: RateName): Edited<null> {
  const key = `${number}/${prefix}/${set}`;
  if (await draft.find('rate', key) === null) return notFound(`Rate table ${number} has no rate for ${prefix} and dispatcher set ${set}.`);
  await draft.remove('rate', key);
  return ok(() => null);
}

export interface RateName {
  readonly number: RateTable['number'];
  readonly prefix: string;
  readonly set: number;
}

function duplicated(twice: readonly { readonly line: number; readonly first: number }[]): ConfigFault {
  return { code: 'invalid', errors: twice.map(({ line, first }) => ({ pointer: `${line}:0`, code: 'duplicate', message: `says prefix and set of line ${first} again` })) };
}
