/** What ends of calls in namespaces and the tests outside say to each other. */
import type { Hearing } from '../../harness/rtp-stream.ts';

/** SIP port of an end. */
export const endPort = 5_060;

/** What an end knows of its media. */
export interface EndReport {
  readonly ssrc: number;
  readonly said: number;
  /** Where it sends. */
  readonly to: string;
  /** By ssrc, since the mark. */
  readonly heard: Readonly<Record<string, Hearing>>;
  readonly rtcp: number;
  /** The longest time that the machine has kept it from its work, since the mark. */
  readonly heldMs: number;
  readonly account: string;
}
