/** Tells when the kernel gives media back to the threads, or will not take streams. */
import type { KernelFigures } from './kernel/kernel-offload.ts';
import type { MediaEvent } from './messages.ts';

export class KernelAlarm {
  readonly #event: (event: MediaEvent) => void;
  #refusalTold = false;
  #stopTold = false;
  #remade = 0;

  constructor(event: (event: MediaEvent) => void) {
    this.#event = event;
  }

  /** To be told every second; each kind of trouble is told once, and each time that rules had to be put back. */
  note({ stopped, refused, remade, problem }: Pick<KernelFigures, 'stopped' | 'refused' | 'remade' | 'problem'>): void {
    if (remade > this.#remade) this.#tell('somebody took rules out of the nftables table that media is forwarded by (a firewall that was loaded anew?): they are back, and threads of the node moved the media meanwhile', problem);
    this.#remade = remade;
    if (stopped && !this.#stopTold) {
      this.#stopTold = true;
      this.#tell(`threads of the node move all media from now on: ${problem}`, problem);
    } else if (!stopped && refused > 0 && !this.#refusalTold) {
      this.#refusalTold = true;
      this.#tell(`the kernel did not take a stream, which threads of the node move: ${problem}`, problem);
    }
  }

  #tell(text: string, problem: string): void {
    this.#event({ kind: 'media.engine', subject: 'kernel', text, detail: { problem } });
  }
}
