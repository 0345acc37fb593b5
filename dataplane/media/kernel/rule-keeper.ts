/** Puts rules of the table back: `nft flush table` takes them and leaves the maps, whose flows nothing looks up then. */
import type { RtpRange } from '../../media-setting.ts';
import type { ScriptRunner } from './nft-channel.ts';
import { chainNames, ruleCount, tableScript } from './table.ts';

export class RuleKeeper {
  readonly #table: string;
  readonly #script: string;
  readonly #channel: ScriptRunner;
  /** Looking costs nft a list, so it is done where there is reason to. */
  #doubtful = true;
  /** How often rules were put back. */
  remade = 0;

  constructor(table: string, ports: RtpRange, channel: ScriptRunner) {
    this.#table = table;
    this.#script = tableScript(table, ports);
    this.#channel = channel;
  }

  /** Some may be gone. */
  doubt(): void {
    this.#doubtful = true;
  }

  /**
   * Looks, if there is doubt, and puts back what is gone.
   * @param done hears what was: `whole`, `mended`, or a sentence on why they cannot be made again; not called when nft dies over it
   */
  look(done: (outcome: 'whole' | 'mended' | { readonly problem: string }) => void): void {
    if (!this.#doubtful) {
      done('whole');
      return;
    }
    this.#count(0, 0, (rules) => {
      if (rules === ruleCount) {
        this.#doubtful = false;
        done('whole');
      } else {
        // What is deleted by this is heard of, too: the next look finds them there.
        this.#channel.run(this.#script, () => undefined, ({ died, complaint }) => {
          if (died) return;
          if (complaint === '') this.remade++;
          done(complaint === '' ? 'mended' : { problem: `the rules of table ${this.#table} were taken away, and nft does not make them again (${complaint})` });
        });
      }
    });
  }

  /** A chain, or all of the table, may be gone. One list a script: nft 1.0.6 forgets of a second one what it needs. */
  #count(index: number, rules: number, done: (rules: number) => void): void {
    const chain = chainNames[index];
    if (chain === undefined) {
      done(rules);
      return;
    }
    let said = '';
    this.#channel.run(`list chain inet ${this.#table} ${chain}\n`, (piece) => { said += piece; }, ({ died }) => {
      if (!died) this.#count(index + 1, rules + said.split('{"rule":').length - 1, done);
    });
  }
}
