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

/** What few plans need; made when it is needed. */
class Rarities {
  awaits = '';
  ahead: EnumTarget[] | null = null;
  fallback: RoutePlan | null = null;
  requestUri: string | null = null;
  readonly spared: number[] = [];
  readonly misses: (string | number)[] = [];
}

const noMisses: readonly (string | number)[] = [];

/** The way of one request through its dispatcher sets. Holds one view, so that no attempt mixes two revisions. */
export class RoutePlan {
  readonly view: ConfigView;
  readonly turns: Turns;
  /** Whose request it is and how that was found. */
  readonly admitted: Admitted;
  readonly rule: RuleRow;
  /** User part that the Request-URI carries from here on: rewritten by trunk or alias, then by the rule. */
  readonly user: string;
  readonly isRegister: boolean;
  /** What was asked; read again when an attempt hashes over a part of it, so it must not be used for another request. */
  readonly query: RouteQuery;
  /** Dispatcher sets in the order to try: the rule's, until prices or a rate table say otherwise. */
  sets: readonly number[];
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
  private rare: Rarities | null = null;

  constructor(view: ConfigView, turns: Turns, admitted: Admitted, rule: RuleRow, q: RouteQuery) {
    const { user } = admitted;
    this.view = view;
    this.turns = turns;
    this.admitted = admitted;
    this.rule = rule;
    this.sets = rule.sets;
    this.isRegister = q.method === 'REGISTER';
    // A registrar's Request-URI has no number to rewrite.
    this.user = this.isRegister || (rule.strip === 0 && rule.prepend === '') ? user : rule.prepend + user.slice(rule.strip);
    this.query = q;
  }

  /** Told apart from a refusal. */
  get ok(): true {
    return true;
  }

  /** Family that the request came by. */
  get family(): 4 | 6 {
    return this.query.family;
  }

  get routeSet(): RouteSet {
    return this.admitted.routeSet;
  }

  /** Host that the Request-URI carries from here on. */
  get host(): string {
    return this.admitted.host;
  }

  /** The number that ENUM has to be asked for before anything else (see enum.ts); '' = nothing to wait for. */
  get awaits(): string {
    return this.rare === null ? '' : this.rare.awaits;
  }

  set awaits(number: string) {
    if (number !== '' || this.rare !== null) (this.rare ??= new Rarities()).awaits = number;
  }

  /** The next of what ENUM gave, which goes before the sets; null = nothing is left. */
  nextAhead(): EnumTarget | null {
    return this.rare?.ahead?.shift() ?? null;
  }

  /** Puts what ENUM gave in front. */
  putAhead(targets: EnumTarget[]): void {
    (this.rare ??= new Rarities()).ahead = targets;
  }

  /** The plan that goes on when this one, which ENUM gave, has nobody left; null = none does. */
  get fallback(): RoutePlan | null {
    return this.rare === null ? null : this.rare.fallback;
  }

  /** Request-URI of all its branches; null = that of the request's context. */
  get requestUri(): string | null {
    return this.rare === null ? null : this.rare.requestUri;
  }

  /** Makes this a plan that ENUM gave to another, or a redirection to none: its branches get that Request-URI. */
  serveFor(fallback: RoutePlan | null, requestUri: string): void {
    const rare = (this.rare ??= new Rarities());
    rare.fallback = fallback;
    rare.requestUri = requestUri;
  }

  /** Whether the destination had its attempt already, or is spared one. */
  tried(destinationId: number): boolean {
    if (this.rare !== null && this.rare.spared.includes(destinationId)) return true;
    return this.destination !== null
      && (this.destination.id === destinationId || (this.earlier !== null && this.earlier.includes(destinationId)));
  }

  /** Overload control keeps this request away from the destination. */
  spare(destinationId: number): void {
    (this.rare ??= new Rarities()).spared.push(destinationId);
  }

  isSpared(destinationId: number): boolean {
    return this.rare !== null && this.rare.spared.includes(destinationId);
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

  /** The destination handed out last gets nothing after all: it stays tried, but was no attempt. */
  passOver(): void {
    this.attempts -= 1;
  }

  /** Notes why the attempt at a destination moved on: a status code, `timeout` or `transport`. For `decisionOf`. */
  missed(destinationId: number, outcome: string | number): void {
    (this.rare ??= new Rarities()).misses.push(destinationId, outcome);
  }

  /** Destination and outcome in turn, for every attempt that moved on. */
  get missedAttempts(): readonly (string | number)[] {
    return this.rare?.misses ?? noMisses;
  }
}
