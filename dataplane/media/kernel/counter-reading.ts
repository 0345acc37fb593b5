/** Reads the counters of all elements back in one go. */
import type { Family } from '../relay.ts';
import { ElementReader, type CountedElement } from './element-reader.ts';
import type { ScriptRunner } from './nft-channel.ts';

export interface Reading {
  /** '' = it is complete. */
  readonly complaint: string;
  /** Packets taken in and let out since the table was made; -1 = not told. */
  readonly arrived: number;
  readonly left: number;
}

const total = /"name": "(arrived|left)", "table": "[^"]*", "handle": \d+, "packets": (\d+)/g;
const keptCharacters = 4_096;
/** Changes wait for a list: one that others' changes let begin again and again is given up. */
const patienceMs = 5_000;

export class CounterReading {
  readonly #channel: ScriptRunner;
  readonly #scripts: readonly string[];
  #busy = false;

  /** @param families whose maps are read */
  constructor(table: string, families: readonly Family[], channel: ScriptRunner) {
    this.#channel = channel;
    // The totals first: what an element counts is counted there before. One list a script: nft 1.0.6 forgets of a second one what it needs.
    this.#scripts = [`list counters table inet ${table}\n`, ...families.map((family) => `list map inet ${table} from${family}\n`)];
  }

  /**
   * Reads; one reading at a time.
   * @param found hears each element as it is read
   * @param done called once, later
   */
  read(found: (element: CountedElement) => void, done: (reading: Reading) => void): void {
    if (this.#busy) {
      setImmediate(done, { complaint: 'busy', arrived: -1, left: -1 });
      return;
    }
    this.#busy = true;
    let totals = '';
    const next = (index: number): void => {
      const script = this.#scripts[index];
      const end = (complaint: string): void => {
        this.#busy = false;
        const counted = new Map([...totals.matchAll(total)].map(([, name, packets]) => [name, Number(packets)]));
        done({ complaint, arrived: counted.get('arrived') ?? -1, left: counted.get('left') ?? -1 });
      };
      if (script === undefined) {
        end('');
        return;
      }
      const reader = new ElementReader(found);
      const hear = (piece: string): void => {
        if (index > 0) reader.read(piece);
        else if (totals.length < keptCharacters) totals += piece;
      };
      this.#channel.run(script, hear, ({ died, complaint }) => {
        if (died || complaint !== '') end(complaint === '' ? 'nft ended' : complaint);
        else next(index + 1);
      }, patienceMs);
    };
    next(0);
  }
}
