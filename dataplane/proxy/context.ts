/** The response context of one request (RFC 3261 §16.7): what the proxy knows between its arrival and its last answer. */
import type { RouteSetRow, TenantRow } from '../contract/rows.ts';
import type { Destination } from '../routing/destination.ts';
import type { RoutePlan } from '../routing/plan.ts';
import type { SipMessage } from '../sip/message.ts';
import type { ClientTransaction } from '../transaction/client.ts';
import type { ServerTransaction } from '../transaction/server.ts';
import type { Flow, Target, TransportName } from '../transport/flow.ts';

/** Failover of requests that have one fixed target (in-dialog, towards phones): there is nowhere else to go. */
export const noFailover: RouteSetRow['failover'] = { frMs: 32_000, frInviteMs: 181_000, on: [], maxAttempts: 1 };

export class ProxyContext {
  /** null for the ACK of a 2xx, which has no transaction (RFC 3261 §13.2.2.4). */
  readonly tx: ServerTransaction | null;
  readonly request: SipMessage;
  readonly flow: Flow;
  /** Has a To tag: belongs to a dialog (RFC 3261 §12.2). */
  readonly inDialog: boolean;

  /** Set by loose routing: how many Route values name us, and where the request goes without routing. */
  poppedRoutes = 0;
  /** New Request-URI (strict-route repair, rule rewriting); null = as it came. */
  requestUri: string | null = null;
  /** Strict-route repair took the last Route value for the Request-URI. */
  lastRouteTaken = false;
  appendedRoute = '';
  /** A hop that is fixed before routing: a phone's flow or the next Route. */
  fixedTarget: Target | null = null;
  /** The URI whose host has to be looked up before the request can leave; '' = none. */
  fixedHost = '';
  fixedPort = 0;
  fixedTransport: TransportName = 'udp';

  tenant: TenantRow | null = null;
  tenantId = 0;
  plan: RoutePlan | null = null;
  failover: RouteSetRow['failover'] = noFailover;

  /** The attempt under way. */
  destination: Destination | null = null;
  client: ClientTransaction | null = null;
  attempts = 0;
  /** The best final response so far, kept while other destinations are tried. */
  best: SipMessage | null = null;
  /** The caller gave up (CANCEL). */
  cancelled = false;
  /** A final response has gone up, or none will ever (see `settle`). */
  answered = false;

  constructor(tx: ServerTransaction | null, request: SipMessage, flow: Flow) {
    this.tx = tx;
    this.request = request;
    this.flow = flow;
    this.inDialog = request.toTag !== '';
  }
}

/** The request has its final answer, or will never have one. */
export function settle(env: { pending: number }, ctx: ProxyContext): void {
  if (ctx.answered) return;
  ctx.answered = true;
  if (ctx.tx !== null) env.pending -= 1;
}
