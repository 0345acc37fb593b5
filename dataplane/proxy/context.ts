/** The response context of one request (RFC 3261 §16.7): what the proxy knows between its arrival and its last answer. */
import type { TenantLimits } from '../calls/tenant-limits.ts';
import type { RouteSetRow, TenantRow } from '../contract/rows.ts';
import type { RoutePlan } from '../routing/plan.ts';
import type { FlowSide } from '../security/tokens.ts';
import type { SipMessage } from '../sip/message.ts';
import type { ServerTransaction } from '../transaction/server.ts';
import type { Flow, Target } from '../transport/flow.ts';
import type { BestResponse } from './best-response.ts';
import type { Branch } from './branch.ts';
import type { CallerSide } from './call-ends.ts';
import type { CallMedia } from './call-media.ts';
import type { MediaDoor } from '../media/door.ts';
import type { Redirected } from './redirected.ts';

/** Failover of requests that have one fixed target (in-dialog, towards phones): there is nowhere else to go. */
export const noFailover: RouteSetRow['failover'] = { frMs: 32_000, frInviteMs: 181_000, on: [], maxAttempts: 1 };

/** Client transactions that one request may start, over all of its branches: bounded by the digit in our branch and by RFC 5393. */
export const maxTries = 32;

const noDialogs: readonly string[] = [];

export class ProxyContext {
  /** null for the ACK of a 2xx, which has no transaction (RFC 3261 §13.2.2.4). */
  readonly tx: ServerTransaction | null;
  readonly flow: Flow;
  /** Has a To tag: belongs to a dialog (RFC 3261 §12.2). */
  readonly inDialog: boolean;
  /** Bytes of the request. */
  readonly bytes: number;

  /** Set by loose routing: how many Route values name us, and where the request goes without routing. */
  poppedRoutes = 0;
  /** New Request-URI (strict-route repair, rule rewriting); null = as it came. */
  requestUri: string | null = null;
  /** Strict-route repair took the last Route value for the Request-URI. */
  lastRouteTaken = false;
  appendedRoute = '';
  /** A hop that is fixed before routing: a phone's flow or the next Route. */
  fixedTarget: Target | null = null;
  /** The URI of `fixedTarget` names no transport: large requests go by TCP. A phone's flow leaves no choice. */
  fixedOpen = false;
  /** The URI whose host has to be looked up before the request can leave; '' = none. */
  fixedHost = '';
  /** As the URI has them: 0 = no port, '' = no transport; secure = sips. */
  fixedPort = 0;
  fixedTransport = '';
  fixedSecure = false;
  /** The callee's flow, for our Record-Route: later requests reach that phone the same way. */
  calleeFlow: `${FlowSide}${string}` | '' = '';

  /** What tells a loop of this request from a spiral (see loop.ts); '' inside dialogs at the first visit. */
  loopMark = '';

  tenant: TenantRow | null = null;
  tenantId = 0;
  /** Counts as a call of its tenant until it is settled. */
  reserved = false;
  /** Of an INVITE that is counted: its Record-Routes, and its caller where that is a PBX which calls a phone (see call-ends.ts). */
  records = 0;
  caller: CallerSide | null = null;
  /** null = the media of its call goes direct, or it is of no call. */
  media: CallMedia | null = null;
  plan: RoutePlan | null = null;
  failover: RouteSetRow['failover'] = noFailover;

  /** Its branches, the one begun last first, and how many of them have no end yet. */
  newest: Branch | null = null;
  open = 0;
  /** Client transactions started so far; also the number in the branch of the next one. */
  tries = 0;
  /** Addresses that redirections gave, by turns, to try once no branch is open any more; null = there never was any. */
  redirected: Redirected[][] | null = null;
  /** Addresses that redirections have led to so far; each is tried once. */
  visited: Set<string> | null = null;
  /** The dialogs that its 2xx have begun, one for each callee that answered: the first, and all others. */
  #dialog = '';
  #dialogs: readonly string[] = noDialogs;
  /** Of an INVITE that has been answered: who calls whom, for the table of calls (calls/parties.ts). */
  parties = '';
  /** What would go up if every branch had ended; null = nothing has failed yet. */
  best: BestResponse | null = null;
  /** The caller gave up (CANCEL), or a callee declined for everybody (6xx): no further branch begins. */
  cancelled = false;
  declined = false;
  /** A final response has gone up, or none will ever (see `settle`). */
  answered = false;
  #request: SipMessage | null;

  constructor(tx: ServerTransaction | null, request: SipMessage, flow: Flow) {
    this.tx = tx;
    this.#request = request;
    this.bytes = request.raw.length;
    this.flow = flow;
    this.inDialog = request.toTag !== '';
  }

  /** @throws Error once the context is settled: nothing is sent on behalf of the request any more. */
  get request(): SipMessage {
    if (this.#request === null) throw new Error('the request is settled');
    return this.#request;
  }

  /** Nothing new may be tried. */
  get over(): boolean {
    return this.answered || this.cancelled || this.declined;
  }

  /**
   * Notes the dialog of a 2xx. False = it is known, even when it has ended since: a 2xx that comes again after the BYE is no
   * new call. No more dialogs than tries: each takes a place in the table of calls, and whoever answers can invent tags.
   */
  begins(dialog: string): boolean {
    if (this.#dialog === '') {
      this.#dialog = dialog;
      return true;
    }
    const others = this.#dialogs;
    if (dialog === this.#dialog || others.includes(dialog) || others.length + 1 >= maxTries) return false;
    this.#dialogs = [...others, dialog];
    return true;
  }

  /**
   * Lets go of what only a further attempt would need. The context itself lives as long as its transactions, 32 s and
   * more after the answer, and a message can be 64 KiB.
   */
  release(): void {
    this.#request = null;
    this.plan = null;
    this.best = null;
    this.redirected = null;
    this.visited = null;
    this.media?.release();
    for (let branch = this.newest; branch !== null; branch = branch.earlier) branch.release();
  }
}

/** The request has its final answer, or will never have one. */
export function settle(env: { pending: number; pendingBytes: number; readonly limits: TenantLimits; readonly media: MediaDoor }, ctx: ProxyContext): void {
  if (ctx.answered) return;
  ctx.answered = true;
  if (ctx.reserved) env.limits.callEnded(ctx.tenantId);
  if (ctx.media !== null && !ctx.media.answered) {
    if (!ctx.inDialog) ctx.media.end(env.media, ctx.open > 0);
    else if (ctx.media.offered) ctx.media.rejected(env.media);
  }
  if (ctx.tx !== null) {
    env.pending -= 1;
    env.pendingBytes -= ctx.bytes;
  }
  ctx.release();
}
