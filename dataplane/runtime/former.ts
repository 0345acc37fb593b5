/** The new process's side of an upgrade: the process that serves the data folder so far, as long as it lives. */
import { connect } from 'node:net';
import { err, ok, type Result } from '../contract/result.ts';
import type { BindingChange } from '../registrations/binding.ts';
import { HandoverLink, keysOf, protocol, type Frame, type Welcome } from './handover-link.ts';
import type { Mail, OtherProcess } from './neighbour-mail.ts';

const answerDeadlineMs = 10_000;

export interface FormerEvents {
  mail(from: number, to: number, mail: Mail): void;
  registrations(changes: readonly BindingChange[]): void;
  /** It has nothing left; resolves when no worker asks it any more. */
  finished(): Promise<void>;
  /** It has ended. `finished` = with nothing left. */
  gone(finished: boolean): void;
}

export class Former {
  readonly facts: Welcome;
  /** Transactions that it still has, as it last said; -1 = not said yet. */
  left = -1;
  readonly #link: HandoverLink;
  readonly #keys: Int32Array[] = [];
  #events: FormerEvents | null = null;
  /** Came before anybody listened. */
  #early: Extract<Frame, { t: 'mail' | 'registrations' }>[] = [];
  #switched: (() => void) | null = null;
  #lost: ((error: Error) => void) | null = null;
  #finished = false;
  #alive = true;

  private constructor(facts: Welcome, link: HandoverLink) {
    this.facts = facts;
    this.#link = link;
  }

  /**
   * Looks whether a process serves the data folder whose socket that is.
   * @param takeover whether to take over from it; without, its being there is an error
   * @returns it, null = there is none, or a sentence for the operator
   */
  static meet(path: string, version: string, takeover: boolean): Promise<Result<Former | null, string>> {
    return new Promise((resolve) => {
      const socket = connect(path);
      let former: Former | null = null;
      // Nobody there, or the socket of a killed process.
      socket.once('error', () => resolve(ok(null)));
      const timer = setTimeout(() => {
        socket.destroy();
        resolve(err('the data plane that serves this data folder does not answer; stop it first.'));
      }, answerDeadlineMs);
      const link = new HandoverLink(socket, {
        frame(frame) {
          clearTimeout(timer);
          if (former !== null) former.#take(frame);
          else if (frame.t === 'refused') resolve(err(`${frame.sentence}.`));
          else if (frame.t === 'welcome') resolve(ok(former = new Former(frame, link)));
        },
        closed() {
          clearTimeout(timer);
          if (former !== null) former.#closed();
          resolve(ok(null));
        },
      });
      socket.once('connect', () => link.send({ t: 'hello', protocol, pid: process.pid, version, takeover }));
    });
  }

  get alive(): boolean {
    return this.#alive;
  }

  get dropped(): number {
    return this.#link.dropped;
  }

  listen(events: FormerEvents): void {
    this.#events = events;
    for (const frame of this.#early.splice(0)) this.#take(frame);
  }

  /**
   * Takes over: from now on whatever is not the former's is this process's.
   * @returns the keys of the transactions that stay there
   * @throws Error when it is gone or does not answer
   */
  async takeOver(self: OtherProcess): Promise<readonly Int32Array[]> {
    if (!this.#alive) throw new Error('the former process is gone');
    let timer: NodeJS.Timeout | undefined;
    const switched = new Promise<void>((resolve, reject) => {
      this.#switched = resolve;
      this.#lost = reject;
      timer = setTimeout(() => reject(new Error(`the former process did not hand over within ${answerDeadlineMs / 1_000} s`)), answerDeadlineMs);
    });
    this.#link.send({ t: 'ready', generation: self.generation, workers: self.workers });
    await switched.finally(() => clearTimeout(timer));
    return this.#keys.splice(0);
  }

  post(to: number, from: number, mail: Mail): void {
    if (this.#alive) this.#link.send({ t: 'mail', to, from, mail });
  }

  /** Lets it go; it ends by itself then. */
  close(): void {
    this.#link.destroy();
  }

  #take(frame: Frame): void {
    switch (frame.t) {
      case 'keys':
        this.#keys.push(keysOf(frame.words));
        return;
      case 'switched':
        this.#switched?.();
        return;
      case 'mail': case 'registrations':
        if (this.#events === null) this.#early.push(frame);
        else if (frame.t === 'mail') this.#events.mail(frame.from, frame.to, frame.mail);
        else this.#events.registrations(frame.changes);
        return;
      case 'left':
        this.left = frame.transactions;
        return;
      case 'done':
        this.#finished = true;
        this.#events?.finished().then(() => this.#link.send({ t: 'bye' }), () => this.#link.destroy());
        return;
      default:
    }
  }

  #closed(): void {
    this.#alive = false;
    this.#lost?.(new Error('the former process has ended before it handed over'));
    this.#events?.gone(this.#finished);
  }
}
