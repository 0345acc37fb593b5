/**
 * The callees of a session: to rtpengine they are one, and media goes to the one that was told of last. Pure. The first 2xx
 * beats provisional responses and later ones, and when its callee leaves, another one is told of again.
 */
import type { SdpPassage } from '../passage.ts';
import type { Exchange } from './ng-messages.ts';

/** An SDP of a callee's that rtpengine was told of. */
export interface Said {
  readonly passage: SdpPassage;
  readonly exchange: Exchange;
}

/** What is written down of a callee for the next process. */
export interface CalleeRecord {
  readonly tag: string;
  /** It has answered with a 2xx. */
  readonly final: boolean;
  /** It made the offer that the caller has not answered yet. */
  readonly offering: boolean;
}

interface Callee extends CalleeRecord {
  final: boolean;
  offering: boolean;
  /** null = nothing yet, or it said it to a former process. */
  said: Said | null;
}

/** Forks of one INVITE that are remembered; of more the oldest early one is forgotten. */
const maxCallees = 16;

export class Forks {
  #callees: Callee[];
  /** The caller's INVITE carried the offer: somebody else may answer it when a callee has left. */
  #offered: boolean;
  /** The one that media goes to. */
  #current: Callee | null = null;

  constructor(offered = false, records: readonly CalleeRecord[] = []) {
    this.#offered = offered;
    this.#callees = records.map((record) => ({ ...record, said: null }));
  }

  get offered(): boolean {
    return this.#offered;
  }

  get records(): CalleeRecord[] {
    return this.#callees.map(({ tag, final, offering }) => ({ tag, final, offering }));
  }

  /** A 2xx has come. */
  get answered(): boolean {
    return this.#callees.some(({ final }) => final);
  }

  /** A PRACK answers the offer of the response that it acknowledges, else it offers (RFC 3262 §5). */
  exchangeOf({ kind, fromCaller, calleeTag }: SdpPassage): Exchange {
    if (kind !== 'prack') return kind;
    return fromCaller && this.#find(calleeTag)?.offering === true ? 'answer' : 'offer';
  }

  /**
   * Notes a passage that rtpengine took.
   * @returns what to tell rtpengine again: the callee that has accepted the call, when this is another
   */
  passed(passage: SdpPassage, exchange: Exchange): Said | null {
    if (passage.calleeTag === '') {
      this.#offered = true;
      return null;
    }
    const callee = this.#find(passage.calleeTag) ?? this.#add(passage.calleeTag);
    callee.offering = exchange === 'offer' && !passage.fromCaller;
    if (passage.fromCaller) return null;
    callee.said = { passage, exchange };
    callee.final ||= passage.final;
    const holder = this.#current?.final === true ? this.#current : this.#callees.find(({ final }) => final);
    const winner = holder === undefined || holder.said === null ? callee : holder;
    this.#current = winner;
    return winner === callee ? null : winner.said;
  }

  /** A 2xx without SDP. @returns what to tell rtpengine again */
  answeredWithout(tag: string): Said | null {
    const callee = this.#find(tag) ?? this.#add(tag);
    callee.final = true;
    if (callee === this.#current || this.#current?.final === true || callee.said === null) return null;
    this.#current = callee;
    return callee.said;
  }

  /** The callee's offer was not taken: a PRACK of the caller's answers none. */
  rejected(tag: string): void {
    const callee = this.#find(tag);
    if (callee !== undefined) callee.offering = false;
  }

  /**
   * A dialog is over.
   * @returns `ends` when nobody else can have the call, else what to tell rtpengine again
   */
  left(tag: string): 'ends' | Said | null {
    const callee = this.#find(tag);
    if (callee === undefined) return null;
    this.#callees = this.#callees.filter((other) => other !== callee);
    if (callee.final ? !this.answered : this.#callees.length === 0 && !this.#offered) return 'ends';
    if (callee !== this.#current) return null;
    this.#current = this.#callees.findLast(({ final, said }) => final && said !== null) ?? this.#callees.findLast(({ said }) => said !== null) ?? null;
    return this.#current?.said ?? null;
  }

  #find(tag: string): Callee | undefined {
    return this.#callees.find((callee) => callee.tag === tag);
  }

  #add(tag: string): Callee {
    if (this.#callees.length >= maxCallees) {
      const others = this.#callees.filter((other) => other !== this.#current);
      const first = others.find(({ final }) => !final) ?? others[0];
      this.#callees = this.#callees.filter((other) => other !== first);
    }
    const callee: Callee = { tag, final: false, offering: false, said: null };
    this.#callees.push(callee);
    return callee;
  }
}
