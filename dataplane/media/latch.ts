/**
 * Who may send media for a side (symmetric RTP, RFC 4961), and when it may come from somewhere else. Pure.
 *
 * The first valid packet of somebody who is allowed says where the side is; all others are strangers then. Who is allowed:
 * `strict` = exactly the place that the SDP names, `sdp` = any port of the hosts of SDP and signalling, `loose` = anybody.
 *
 * A side moves (another source takes the place of the learned one) in these cases only:
 * - What was learned does not fit a new SDP: it is forgotten, and the next allowed source is learned.
 * - A new SDP names another place, and what was learned still fits (a phone behind the same NAT): the first packet from another
 *   port of its host, or from another named host, moves it, once. Packets of the old source that are still on their way count
 *   until then, and do not use the move up.
 * - Nothing came from the learned source for `relearnMs`, and another port of the same host sends: a NAT binding that changed, or a
 *   phone that opened a new socket. Another host never takes over by silence, not even with `loose`: muting a phone must not be
 *   enough to take its call over.
 * - Only STUN has come so far: ICE tries several paths before media takes one (RFC 8445), so the newest check counts.
 */
import type { Latching } from './passage.ts';
import { isSameEndpoint, type Endpoint } from './relay.ts';

/** How long the learned source must have been silent before another port of its host is believed: longer than the pauses of a phone that sends nothing while nobody speaks, which still sends comfort noise (RFC 3389) or keeps its port. */
export const relearnMs = 3_000;

/** What SDP and signalling say of one flow of a side. */
export interface Announcement {
  readonly place: Endpoint | null;
  readonly hosts: readonly string[];
  readonly latching: Latching;
}

function allows(announced: Announcement, at: Endpoint): boolean {
  switch (announced.latching) {
    case 'strict': return announced.place !== null && isSameEndpoint(announced.place, at);
    case 'sdp': return announced.hosts.includes(at.address);
    case 'loose': return true;
  }
}

export class Latch {
  #announced: Announcement = { place: null, hosts: [], latching: 'strict' };
  /** The place that was announced last: a hold by 0.0.0.0 names none. */
  #named: Endpoint | null = null;
  #learned: Endpoint | null = null;
  /** Media came from the learned place, not only checks of it. */
  #firm = false;
  /** A new SDP named another place, and nobody came from there yet. */
  #movable = false;
  /** Where the side was before its SDP moved it. */
  #former: Endpoint | null = null;

  get learned(): Endpoint | null {
    return this.#learned;
  }

  /** Media has come from the learned place. */
  get firm(): boolean {
    return this.#firm;
  }

  /** Where to send to: what was learned, else what was announced. */
  get target(): Endpoint | null {
    return this.#learned ?? this.#announced.place;
  }

  /** Takes a new SDP in. What was learned stays if it still fits. */
  expect(announced: Announcement): void {
    const before = this.#named;
    const learned = this.#learned;
    this.#announced = announced;
    this.#named = announced.place ?? before;
    if (learned === null) return;
    const moved = announced.place !== null && before !== null && !isSameEndpoint(before, announced.place);
    // It sent from where it said, and says another place now: it is there.
    const left = moved && before !== null && isSameEndpoint(before, learned) && !isSameEndpoint(learned, announced.place);
    if (moved) {
      this.#movable = true;
      this.#former = learned;
    }
    if (left || !allows(announced, learned)) this.#forget();
  }

  /**
   * A packet has come from another place than the learned one.
   * @param silentMs how long ago the learned source sent last
   * @param media false for STUN, which checks paths
   * @returns whether the side is there now
   */
  hears(at: Endpoint, silentMs: number, media: boolean): boolean {
    if (!allows(this.#announced, at)) return false;
    const learned = this.#learned;
    if (learned === null) {
      const returns = this.#former !== null && isSameEndpoint(this.#former, at);
      if (!returns) this.#movable = false;
    } else if (this.#firm) {
      const sameHost = at.address === learned.address;
      const moves = this.#movable && (sameHost || this.#announced.hosts.includes(at.address));
      if (!moves && !(sameHost && silentMs >= relearnMs)) return false;
      this.#movable = false;
    }
    this.#learned = at;
    this.#firm = media;
    return true;
  }

  /** From now on only a move changes who is heard. */
  confirm(): void {
    this.#firm = true;
  }

  /** Takes over what a former process had learned; the SDP that is expected next must still allow it. */
  restore(at: Endpoint): void {
    this.#learned = at;
    this.#firm = true;
  }

  /** The side's ports changed: whoever sent to the old ones is to be learned anew. */
  reset(): void {
    this.#forget();
    this.#movable = false;
    this.#former = null;
  }

  #forget(): void {
    this.#learned = null;
    this.#firm = false;
  }
}
