/** Tells when calls are refused for want of ports, and when there are some again. */
import type { MediaEvent } from './messages.ts';

export class PortAlarm {
  readonly #event: (event: MediaEvent) => void;
  readonly #subject: string;
  readonly #none: string;
  readonly #again: string;
  #refused = 0;
  #raised = false;

  /**
   * @param subject of its events
   * @param none text of the event that there are none, and of the one that there are some
   */
  constructor(event: (event: MediaEvent) => void, subject: string, none: string, again: string) {
    this.#event = event;
    this.#subject = subject;
    this.#none = none;
    this.#again = again;
  }

  /**
   * To be told every second.
   * @param refused how often ports were wanted in vain so far
   */
  note(refused: number, free: number): void {
    const more = refused - this.#refused;
    this.#refused = refused;
    if (more > 0 && !this.#raised) {
      this.#raised = true;
      this.#event({ kind: 'media.exhausted', subject: this.#subject, text: this.#none, detail: { refused: more, free } });
    } else if (more === 0 && this.#raised && free > 0) {
      this.#raised = false;
      this.#event({ kind: 'media.available', subject: this.#subject, text: this.#again, detail: { free } });
    }
  }
}
