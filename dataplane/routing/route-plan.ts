import { algorithms } from '../contract/rows.ts';
import type { RuleRow } from '../contract/rows.ts';
import type { Admitted } from './admit.ts';
import type { Destination } from './destination.ts';
import type { EnumTarget } from './enum.ts';
import type { DispatcherSet } from './dispatcher-set.ts';
import { affinityKey } from './hash-key.ts';
import type { RouteQuery } from './query.ts';
import type { RouteSet } from './rules.ts';
import type { Turns } from './turns.ts';
import type { ConfigView } from './view.ts';

/** The way of one request through its dispatcher sets. Holds one view, so that no attempt mixes two revisions. */
export class RoutePlan {
  readonly ok = true;
  readonly view: ConfigView;
  readonly turns: Turns;
  /** Whose request it is and how that was found. */
  readonly admitted: Admitted;
  readonly rule: RuleRow;
  /** User part and host that the Request-URI carries from here on: rewritten by trunk or alias, then by the rule. */
  readonly user: string;
  readonly host: string;
  readonly isRegister: boolean;
  readonly family: 4 | 6;
  /** What was asked; read again when an attempt hashes over a part of it, so it must not be used for another request. */
  readonly query: RouteQuery;
  /** Dispatcher sets in the order to try; filled once the plan is made. */
  sets: readonly number[] = [];
  /** The number that ENUM has to be asked for before anything else (see enum.ts); '' = nothing to wait for. */
  awaits = '';
  /** What ENUM gave and nobody has tried yet: it goes before the sets. null = nothing. */
  ahead: EnumTarget[] | null = null;
  /** The plan that goes on when this one, which ENUM gave, has nobody left; null = none does. */
  fallback: RoutePlan | null = null;
  /** Request-URI of all its branches; null = that of the request's context. */
  requestUri: string | null = null;
  /** Attempts handed out so far. */
  attempts = 0;
  /** The last destination handed out and its set. */
  destination: Destination | null = null;
  set: DispatcherSet | null = null;
  /** Chosen while planning, not handed out yet. */
  pending: Destination | null = null;
  /** Index into `sets` of the set being used. */
  setIndex = 0;
  private earlier: number[] | null = null;
  private spared: number[] | null = null;
  private misses: (string | number)[] | null = null;

  constructor(view: ConfigView, turns: Turns, admitted: Admitted, rule: RuleRow, q: RouteQuery) {
    const { user } = admitted;
    this.view = view;
    this.turns = turns;
    this.admitted = admitted;
    this.rule = rule;
    this.isRegister = q.method === 'REGISTER';
    // A registrar's Request-URI has no number to rewrite.
    this.user = this.isRegister || (rule.strip === 0 && rule.prepend === '') ? user : rule.prepend + user.slice(rule.strip);
    this.host = admitted.host;
    this.family = q.family;
    this.query = q;
  }

  get routeSet(): RouteSet {
    return this.admitted.routeSet;
  }

  /** Whether the destination had its attempt already, or is spared one. */
  tried(destinationId: number): boolean {
    if (this.spared !== null && this.spared.includes(destinationId)) return true;
    return this.destination !== null
      && (this.destination.id === destinationId || (this.earlier !== null && this.earlier.includes(destinationId)));
  }

  /** Overload control keeps this request away from the destination. */
  spare(destinationId: number): void {
    (this.spared ??= []).push(destinationId);
  }

  isSpared(destinationId: number): boolean {
    return this.spared !== null && this.spared.includes(destinationId);
  }

  /** The set in use is called all at once (algorithm 12): `nextAlongside` gives the others of it. */
  get parallel(): boolean {
    return this.set !== null && this.set.algorithm === algorithms.parallel && affinityKey(this, this.set) === '';
  }

  /** Counts an attempt at `destination`. */
  take(destination: Destination): void {
    if (this.destination !== null) (this.earlier ??= []).push(this.destination.id);
    this.destination = destination;
    this.attempts += 1;
  }

  /** Notes why the attempt at a destination moved on: a status code, `timeout` or `transport`. For `describeDecision`. */
  missed(destinationId: number, outcome: string | number): void {
    (this.misses ??= []).push(destinationId, outcome);
  }

  /** Destination and outcome in turn, for every attempt that moved on. */
  get missedAttempts(): readonly (string | number)[] {
    return this.misses ?? [];
  }
}
