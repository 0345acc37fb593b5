/**
 * Overload control of one worker (RFC 7339, loss-based): what destinations have asked for in the `oc` parameter of our Via,
 * and how much of the traffic is therefore kept away from them. Parameters hold for `oc-validity` only. PURE.
 */

/** Via parameters that tell a server that we obey (§4.1, §4.2); they follow the branch. */
export const overloadOffer = ';oc;oc-algo="loss"';

/** Validity without `oc-validity` (§4.3). */
const defaultValidityMs = 500;
/** Longest validity that is believed: a server that dies overloaded must not be spared for ever. */
const longestValidityMs = 3_600_000;
/** A sequence number is forgotten so long after its restriction has ended: a restarted server may count from the beginning. */
const forgetAfterMs = 10_000;
/** Destinations that are remembered; more than any set holds. */
const capacity = 10_000;

interface Restriction {
  /** Per cent of requests kept away, 0 to 100. */
  percent: number;
  untilMs: number;
  sequence: number;
}

/** Reads a Via parameter of the response by lower-case name: '' when it has no value, null when it is absent. */
export interface ViaParameters {
  param(name: string): string | null;
}

export class OverloadControl {
  readonly #restrictions = new Map<number, Restriction>();

  /** Destinations that have restricted us and are not forgotten yet. */
  get size(): number {
    return this.#restrictions.size;
  }

  /**
   * Takes in the top Via of a response that a destination sent, before it is taken off. Anything malformed, out of order
   * (§4.4) or under an algorithm that we did not offer counts for nothing.
   * @param nowMs of a clock that does not go back; the same that `percentOf` is asked with
   */
  note(destinationId: number, via: ViaParameters, nowMs: number): void {
    const oc = via.param('oc');
    // Our own offer comes back without a value from servers that do not restrict us.
    if (oc === null || oc === '') return;
    const percent = decimal(oc, 3);
    const validity = via.param('oc-validity');
    const validityMs = validity === null ? defaultValidityMs : decimal(validity, 9);
    const sequenced = via.param('oc-seq');
    const sequence = sequenced === null ? 0 : sequenceOf(sequenced);
    const algorithm = via.param('oc-algo');
    if (percent < 0 || percent > 100 || validityMs < 0 || sequence < 0) return;
    if (algorithm !== null && algorithm.replaceAll('"', '').toLowerCase() !== 'loss') return;
    const before = this.#restrictions.get(destinationId);
    if (before !== undefined && sequenced !== null && sequence <= before.sequence && nowMs - before.untilMs < forgetAfterMs) return;
    if (before === undefined && this.#restrictions.size >= capacity) this.#restrictions.clear();
    // oc-validity=0 ends a restriction at once; its sequence number is kept, so that an older one cannot bring it back.
    this.#restrictions.set(destinationId, { percent, untilMs: nowMs + Math.min(validityMs, longestValidityMs), sequence });
  }

  /** Per cent of requests to keep away from the destination now; -1 = it has asked for nothing. */
  percentOf(destinationId: number, nowMs: number): number {
    const restriction = this.#restrictions.get(destinationId);
    return restriction === undefined || nowMs >= restriction.untilMs ? -1 : restriction.percent;
  }

  /** Independent state, for explanations. */
  copy(): OverloadControl {
    const copy = new OverloadControl();
    for (const [id, restriction] of this.#restrictions) copy.#restrictions.set(id, { ...restriction });
    return copy;
  }
}

/** The value of up to `digits` digits, -1 for anything else. */
function decimal(text: string, digits: number): number {
  if (text.length === 0 || text.length > digits) return -1;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** `1*12DIGIT "." 1*5DIGIT` (§4.4), -1 for anything else. */
function sequenceOf(text: string): number {
  const dot = text.indexOf('.');
  const whole = decimal(dot < 0 ? text : text.slice(0, dot), 12);
  if (dot < 0 || whole < 0) return whole;
  const fraction = decimal(text.slice(dot + 1), 5);
  return fraction < 0 ? -1 : whole + fraction / 10 ** (text.length - dot - 1);
}
