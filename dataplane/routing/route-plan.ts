import type { RuleRow } from '../contract/rows.ts';
import type { Destination } from './destination.ts';
import type { DispatcherSet } from './dispatcher-set.ts';
import type { RouteQuery } from './query.ts';
import type { RouteSet } from './rules.ts';
import type { Turns } from './turns.ts';
import type { ConfigView } from './view.ts';

/** Kamailio's number of the algorithm that calls every destination of a set at the same time. */
const allAtOnce = 12;

/** The way of one request through its dispatcher sets. Holds one view, so that no attempt mixes two revisions. */
export class RoutePlan {
  readonly ok = true;
  readonly view: ConfigView;
  readonly turns: Turns;
  readonly routeSet: RouteSet;
  readonly rule: RuleRow;
  /** User part after strip and prepend. */
  readonly user: string;
  readonly isRegister: boolean;
  readonly family: 4 | 6;
  /** What was asked; read again when an attempt hashes over a part of it, so it must not be used for another request. */
  readonly query: RouteQuery;
  /** Attempts handed out so far. */
  attempts = 0;
  /** The last destination handed out and its set. */
  destination: Destination | null = null;
  set: DispatcherSet | null = null;
  /** Chosen while planning, not handed out yet. */
  pending: Destination | null = null;
  /** Index into `rule.sets` of the set being used. */
  setIndex = 0;
  private earlier: number[] | null = null;

  constructor(view: ConfigView, turns: Turns, routeSet: RouteSet, rule: RuleRow, q: RouteQuery) {
    this.view = view;
    this.turns = turns;
    this.routeSet = routeSet;
    this.rule = rule;
    this.isRegister = q.method === 'REGISTER';
    // A registrar's Request-URI has no number to rewrite.
    this.user = this.isRegister || (rule.strip === 0 && rule.prepend === '') ? q.user : rule.prepend + q.user.slice(rule.strip);
    this.family = q.family;
    this.query = q;
  }

  /** Whether the destination had its attempt already. */
  tried(destinationId: number): boolean {
    return this.destination !== null
      && (this.destination.id === destinationId || (this.earlier !== null && this.earlier.includes(destinationId)));
  }

  /** The set in use is called all at once (algorithm 12): `nextAlongside` gives the others of it. */
  get parallel(): boolean {
    const algorithm: number | undefined = this.set?.row.algorithm;
    return algorithm === allAtOnce;
  }

  /** Counts an attempt at `destination`. */
  take(destination: Destination): void {
    if (this.destination !== null) (this.earlier ??= []).push(this.destination.id);
    this.destination = destination;
    this.attempts += 1;
  }
}
