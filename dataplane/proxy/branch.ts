/** One branch of a response context (RFC 3261 §16.7): the request on its way to one destination, Contact or next hop. */
import type { Destination } from '../routing/destination.ts';
import type { RoutePlan } from '../routing/plan.ts';
import type { ClientTransaction } from '../transaction/client.ts';
import type { Target } from '../transport/flow.ts';
import type { Located } from '../transport/locate.ts';
import type { ProxyContext } from './context.ts';

/** A branch that leads to one address needs no list. */
const nowhereElse: readonly Located[] = [];

/** Counts calls by destination. */
export interface CallLoad {
  callStarted(destinationId: number): void;
  callEnded(destinationId: number): void;
}

/** It hangs on each of its client transactions as their `user`. */
export class Branch {
  readonly ctx: ProxyContext;
  readonly destination: Destination | null;
  /** Request-URI of this branch alone; null = that of the context. */
  readonly requestUri: string | null;
  /** The branch begun before this one: all branches of a context are chained from its `newest`. */
  readonly earlier: Branch | null;
  /** Gave the destination and says where to go when it fails; null = there is nowhere else. */
  plan: RoutePlan | null;
  /** The places of a host name in the order to try, and how many had their try. */
  places: readonly Located[] = nowhereElse;
  tried = 0;
  /** The URI that it goes by names no transport: a large request goes by TCP (RFC 3261 §18.1.1). */
  transportOpen: boolean;
  /** UDP next hop of a large request that goes by TCP (RFC 3261 §18.1.1), should that not work; null = none. */
  narrow: Target | null = null;
  /** Its share of Max-Breadth (RFC 5393 §5.3), 0 = nothing is said. */
  breadth = 0;
  /** How many redirections led here. */
  readonly depth: number;
  /** The try under way; earlier ones may still bring a late 2xx. */
  client: ClientTransaction | null = null;
  /** How it ended: a final status, 408 for silence, 503 when nothing could be sent; 0 = it is under way. */
  status = 0;
  /** A try was repeated because its connection died. */
  reconnected = false;
  /** Its end lets its plan go on to another destination. */
  movesOn = false;
  /** What its destination's responses ask for is noted (overload control, algorithm 64). */
  throttles = false;
  /** Where it counts as a call of its destination until it ends (call load, algorithm 10); null = nowhere. */
  load: CallLoad | null = null;

  constructor(ctx: ProxyContext, plan: RoutePlan | null, destination: Destination | null, requestUri: string | null, depth: number) {
    this.ctx = ctx;
    this.plan = plan;
    this.destination = destination;
    this.transportOpen = destination?.target?.transportNamed === false;
    this.requestUri = requestUri;
    this.depth = depth;
    this.earlier = ctx.newest;
    ctx.newest = this;
    ctx.open += 1;
  }

  get open(): boolean {
    return this.status === 0;
  }

  /** Notes its end; a branch ends once. */
  close(status: number): void {
    if (this.status !== 0) return;
    this.status = status;
    this.ctx.open -= 1;
    this.unload();
  }

  /** It counts no more as a call of its destination. */
  unload(): void {
    if (this.load === null) return;
    if (this.destination !== null) this.load.callEnded(this.destination.id);
    this.load = null;
  }

  /** Lets go of what only another try would need. */
  release(): void {
    this.plan = null;
    this.places = nowhereElse;
  }
}
