/** Tells when calls are refused for want of ports, and when there are some again. */
import type { MediaEvent } from './messages.ts';

export class PortAlarm {
  readonly #event: (event: MediaEvent) => void;
  #refused = 0;
  #raised = false;

  constructor(event: (event: MediaEvent) => void) {
    this.#event = event;
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
      this.#event({ kind: 'media.exhausted', subject: 'ports', text: 'no ports for media are left (SIGNALBOX_RTP): calls are refused, or go direct where the settings say so', detail: { refused: more, free } });
    } else if (more === 0 && this.#raised && free > 0) {
      this.#raised = false;
      this.#event({ kind: 'media.available', subject: 'ports', text: 'there are ports for media again', detail: { free } });
    }
  }
}
