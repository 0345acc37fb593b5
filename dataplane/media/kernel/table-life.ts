/** The table's beginning and end. */
import type { RtpRange } from '../../media-setting.ts';
import type { NftChannel } from './nft-channel.ts';
import { sentenceOf } from './self-test.ts';
import { runNft } from './short-run.ts';
import { removalScript, tableScript, threadOfTable } from './table.ts';

/**
 * Makes the table, or takes over the one that a former process has left, with its elements. One of another version, whose maps
 * are of other kinds, is replaced.
 * @returns '' or one sentence on why it cannot be
 */
export async function makeTable(table: string, ports: RtpRange): Promise<string> {
  const script = tableScript(table, ports);
  const made = await runNft(['-f', '-'], script);
  if (made.code === 0) return '';
  const anew = await runNft(['-f', '-'], removalScript(table) + script);
  return anew.code === 0 ? '' : sentenceOf(made);
}

/** Removes the tables of media threads of the node that are no more: nobody would ever take their elements away. */
export async function removeTables(node: string, threads: number): Promise<void> {
  const { output } = await runNft(['list', 'tables']);
  for (const [, table = ''] of output.matchAll(/^table inet (\S+)$/gm)) {
    if (threadOfTable(node, table) >= threads) await runNft(['-f', '-'], removalScript(table));
  }
}

/** Removes the table by a process that runs already. */
export const removeTable = (channel: NftChannel, table: string): Promise<void> =>
  new Promise((resolve) => { channel.run(removalScript(table), () => undefined, () => resolve()); });
