/**
 * What a machine answers: the next state and the effects to run, packed into one integer so that a
 * step allocates nothing. The low four bits are the state, each bit above is one effect; the shell
 * (layer.ts) runs the effects.
 */
export const effect = {
  /** Server: send the response that caused the step. */
  send: 1 << 4,
  /** Server: remember it as the one that answers retransmissions. */
  keep: 1 << 5,
  /** Send the remembered message again (server: last response; client: the request). */
  resend: 1 << 6,
  /** Server: send our own 100 Trying and remember it. */
  trying: 1 << 7,
  /** Client: send the ACK of a non-2xx final (RFC 3261 §17.1.1.3). */
  ack: 1 << 8,
  /** Client: send CANCEL, unless that has been done. */
  cancel: 1 << 9,
  /** Pass the message up: a response, or the ACK of a 2xx. */
  deliver: 1 << 10,
  /** Start, or go on with, the retransmission timer (A, E or G). Never runs over a reliable transport. */
  retransmit: 1 << 11,
  /** Stop the retransmission timer. */
  quiet: 1 << 12,
  /** Start the deadline that belongs to the new state (B, D, F, H, I, J, K, L, M, or `fr`, `frInvite`). */
  deadline: 1 << 13,
  /** Tell the user: no answer in time. */
  timeout: 1 << 14,
  /** Tell the user: transport error. */
  failed: 1 << 15,
  /** Forget the messages: nothing will be sent again. */
  release: 1 << 16,
  /** The transaction is over. */
  end: 1 << 17,
} as const;

export const stateMask = 15;

/** One table row a state, one column an event; a missing cell means "stay, do nothing". */
export type Transitions = Readonly<Record<number, Readonly<Record<number, number>>>>;

/** Packs readable transitions into the flat table that `step` functions index with `state * events + event`. */
export const compileTable = (states: number, events: number, transitions: Transitions): Int32Array => {
  const table = new Int32Array(states * events);
  for (let state = 0; state < states; state++) {
    for (let event = 0; event < events; event++) table[state * events + event] = transitions[state]?.[event] ?? state;
  }
  return table;
};
