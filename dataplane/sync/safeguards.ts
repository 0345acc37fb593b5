/**
 * The channel's safeguards by name. Production code runs with all of them; the model test takes one away at a time and
 * shows that runs then diverge, so that none is there for decoration.
 */
export interface NodeSafeguards {
  /** A delta of another history is refused. */
  readonly epochOnDeltas: boolean;
  /** A delta must start at the node's own revision. */
  readonly contiguity: boolean;
  /** The hashes after a batch must be the announced ones. */
  readonly hashOnBatches: boolean;
  /** The heartbeat's answer is compared with the node's own position, and its hash with the node's own. */
  readonly barrier: boolean;
  readonly barrierHash: boolean;
  readonly shrinkGuard: boolean;
}

export const allNodeSafeguards: NodeSafeguards = {
  epochOnDeltas: true, contiguity: true, hashOnBatches: true, barrier: true, barrierHash: true, shrinkGuard: true,
};
