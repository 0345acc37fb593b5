/** What the processes of the media bench tell each other. */

/** An address of their own keeps the ends away from other programs' ports. */
export const loadHost = '127.77.0.1';

/** The far ends of call `i` are ports `firstPort + 4 i` (caller) and `firstPort + 4 i + 2` (callee) of `loadHost`. */
export interface LoadOrder {
  readonly calls: number;
  readonly firstPort: number;
  /** Where each end sends to: caller and callee of call 0, of call 1, … */
  readonly ports: readonly number[];
  /** All ends together. */
  readonly packetsPerSecond: number;
  readonly seconds: number;
}

export interface LoadResult {
  readonly sent: number;
  readonly received: number;
  /** Packets that came with another content, or to the wrong end. */
  readonly damaged: number;
  /** From handing a packet to the system until the far end has it. */
  readonly delayP50Ms: number;
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
  /** How late the generator was with its packets. */
  readonly lateP99Ms: number;
}

/** Of 20 ms of G.711. */
export const packetBytes = 12 + 160;
export const callerPort = (firstPort: number, call: number): number => firstPort + 4 * call;
export const calleePort = (firstPort: number, call: number): number => firstPort + 4 * call + 2;
