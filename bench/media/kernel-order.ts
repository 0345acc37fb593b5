/** What the processes of the kernel part of the media bench tell each other. */

/** One end of all calls: a process in a namespace of its own. */
export interface EndOrder {
  readonly address: string;
  /** Call `i` is port `firstPort + 2 i` here. */
  readonly firstPort: number;
  /** Where each call's packets go to and come from. */
  readonly places: readonly { readonly address: string; readonly port: number }[];
  /** Of all calls together. */
  readonly packetsPerSecond: number;
  /** The window that counts, as ms since 1970: packets are sent from the start on, so that both sides are learned before. */
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Packets that were sent in the window, and what came of those that the other end sent in it. */
export interface EndResult {
  readonly sent: number;
  readonly received: number;
  /** Packets from elsewhere than their place, or of another size. */
  readonly strange: number;
  /** CPU of the process in the window, the kernel's work on its packets included. */
  readonly cpuMicros: number;
}

export interface EdgeOrder {
  /** Addresses of the ends, and the edge's own towards them. */
  readonly phone: string;
  readonly pbx: string;
  readonly towardsPhone: string;
  readonly towardsPbx: string;
  /** Calls with real packets. */
  readonly calls: number;
  readonly firstPort: number;
  /** Calls that only stand in the kernel's tables. */
  readonly idleCalls: number;
  readonly setUpsPerSecond: number;
}

/** Where the ends send to, by call. */
export interface EdgePorts {
  readonly pid: number;
  readonly forPhone: readonly number[];
  readonly forPbx: readonly number[];
}

/** How taking or giving back many calls at a steady rate went. */
export interface PaceResult {
  readonly calls: number;
  readonly refused: number;
  readonly seconds: number;
  /** From asking until the kernel has done it. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU of the edge and its nft processes for each. */
  readonly cpuMicros: number;
  /** Packets that the kernel has forwarded so far. */
  readonly packets: number;
}

export const kernelPorts = { first: 10_000, last: 52_999 };
export const rtpenginePorts = { first: 53_000, last: 59_999 };
/** Our ports of a call: towards the phone, and towards the PBX. */
export const ownPort = (call: number): number => kernelPorts.first + 4 * call;
