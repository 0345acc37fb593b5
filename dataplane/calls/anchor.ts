/**
 * Who can end a call for its tenant's limit. One side of a call was chosen by the configuration: its anchor, the destination
 * called, or the PBX that calls a phone. The other side may be anybody, and must not take its calls off the count by a BYE
 * that it sends to itself. So a call ends by what goes to its anchor the way the anchor has named, or comes from it. PURE.
 */

export interface CallAnchor {
  /** Whether the anchor's tag is the smaller one of the two. */
  readonly smaller: boolean;
  /** See `Passage`; '' = what it sent does not say. */
  readonly way: string;
  /** `transport address port` where the INVITE went to or came from, '' = other proxies stand between and are in the way. */
  readonly place: string;
  /** Addresses that it, or the proxy before it, speaks from. */
  readonly addresses: readonly string[];
  /** Address of the other side, as the INVITE has shown it. */
  readonly other: string;
}

/** How a request inside a dialog passed. */
export interface Passage {
  /** Whether its From tag is the smaller one of the two. */
  readonly smaller: boolean;
  /** Address that it came from. */
  readonly source: string;
  /** Its Routes behind ours and its Request-URI, in one spelling. */
  readonly way: string;
  /** `transport address port` that it was sent to, '' = with further Routes. */
  readonly place: string;
}

/** Which side of its dialog has the smaller tag, so that both sides' requests can be told apart without the tags. */
export const hasSmallerTag = (own: string, other: string): boolean => own < other;

/**
 * Whether the end of a request proves the end of the call.
 * @param speaksFor whether that address is another one of the anchor's
 */
export function provesEnd(anchor: CallAnchor, passage: Passage, speaksFor: (address: string) => boolean): boolean {
  if (passage.smaller === anchor.smaller) return anchor.addresses.includes(passage.source) || speaksFor(passage.source);
  return (anchor.way !== '' && passage.way === anchor.way) || (anchor.place !== '' && passage.place === anchor.place);
}
