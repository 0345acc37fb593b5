/** Changes of elements on their way to the kernel: many in one step, told apart when the kernel refuses the step. */
import type { OffloadFlow } from '../offload.ts';
import { changeScript } from './changes.ts';
import type { NftAnswer, ScriptRunner } from './nft-channel.ts';

/** How long a change waits for others that go with it: a step costs nft as much as ten changes. */
const gatherMs = 20;
const maxTogether = 200;
/** More waiting additions than this are not accepted: their calls stay in userland. */
export const maxWaiting = 4_000;
const restartMs = 500;
const maxDeaths = 3;

export interface Change {
  readonly add: boolean;
  readonly flow: OffloadFlow;
  /** '' = the kernel has it as wanted, else why not. */
  readonly done: (problem: string) => void;
  sent: boolean;
  withdrawn: boolean;
}

export class ChangeQueue {
  readonly #table: string;
  readonly #tableScript: string;
  readonly #channel: ScriptRunner;
  #waiting: Change[] = [];
  /** A step is under way, or about to be taken. */
  #busy = false;
  #remake = false;
  #idle: (() => void)[] = [];
  /** Additions that the kernel did not take, and the last reason. */
  refused = 0;
  problem = '';

  /** @param tableScript makes the table should it be gone */
  constructor(table: string, tableScript: string, channel: ScriptRunner) {
    this.#table = table;
    this.#tableScript = tableScript;
    this.#channel = channel;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  put(add: boolean, flow: OffloadFlow, done: (problem: string) => void): Change {
    const change: Change = { add, flow, done, sent: false, withdrawn: false };
    this.#waiting.push(change);
    if (!this.#busy) this.#soon();
    return change;
  }

  /** Takes a change back that was not sent yet. */
  withdraw(change: Change): void {
    change.withdrawn = true;
  }

  /** Makes the table anew with the next changes: somebody has taken it away. */
  remake(): void {
    this.#remake = true;
  }

  /** Resolves when nothing waits and nothing is under way. */
  idle(): Promise<void> {
    if (!this.#busy) return Promise.resolve();
    return new Promise((resolve) => { this.#idle.push(resolve); });
  }

  #soon(): void {
    this.#busy = true;
    setTimeout(() => this.#next(), gatherMs);
  }

  #next(): void {
    const wanted: Change[] = [];
    for (const change of this.#waiting.splice(0, maxTogether)) {
      change.sent = true;
      if (change.withdrawn) change.done('withdrawn');
      else wanted.push(change);
    }
    if (wanted.length > 0) {
      this.#send(wanted, 0, () => this.#next());
      return;
    }
    if (this.#waiting.length > 0) {
      this.#soon();
      return;
    }
    this.#busy = false;
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }

  #send(changes: readonly Change[], deaths: number, then: () => void): void {
    const remake = this.#remake;
    this.#remake = false;
    const script = (remake ? this.#tableScript : '') + changeScript(this.#table, changes);
    this.#channel.run(script, () => undefined, (answer) => this.#answered(changes, deaths, remake, answer, then));
  }

  #answered(changes: readonly Change[], deaths: number, remade: boolean, { died, complaint }: NftAnswer, then: () => void): void {
    if (died && deaths < maxDeaths) {
      // Whether it was done is not known; adding an element again that is there alike is no fault.
      if (deaths === 0) this.#send(changes, 1, then);
      else setTimeout(() => this.#send(changes, deaths + 1, then), restartMs);
    } else if (complaint === '') {
      for (const change of changes) change.done('');
      then();
    } else if (!died && !remade && complaint.startsWith('No such file or directory') && changes.some(({ add }) => add)) {
      // Of the table, perhaps: firewalls that are loaded anew take everybody's tables away.
      this.#remake = true;
      this.#send(changes, deaths, then);
    } else if (changes.length > 1 && !died) {
      this.#oneByOne(changes, 0, then);
    } else {
      for (const change of changes) this.#refuse(change, complaint);
      then();
    }
  }

  #oneByOne(changes: readonly Change[], index: number, then: () => void): void {
    const change = changes[index];
    if (change === undefined) then();
    else this.#send([change], 0, () => this.#oneByOne(changes, index + 1, then));
  }

  #refuse(change: Change, complaint: string): void {
    if (change.add) {
      this.refused++;
      this.problem = complaint;
    }
    change.done(complaint);
  }
}
