/**
 * What becomes of the 3xx of a destination (RFC 3261 §16.5, §16.7 step 4), by the tenant's policy: it passes, it is blocked,
 * or its Contacts are followed here. Followed are only addresses that the tenant could be called at anyway, its domains and
 * the destinations of its own dispatcher sets or of the set that redirects: who answers calls must not be able to send them
 * anywhere at the tenant's cost, past the tenant's rules to a carrier that all tenants share.
 */
import { admitAddress } from '../routing/admit.ts';
import type { Destination } from '../routing/destination.ts';
import { planRoute } from '../routing/plan.ts';
import type { ConfigView } from '../routing/view.ts';
import { ownBounds } from '../sip/bounds.ts';
import type { SipMessage } from '../sip/message.ts';
import type { RouteValue } from '../sip/name-addr.ts';
import { parseMessage } from '../sip/parse.ts';
import type { SipUri } from '../sip/uri.ts';
import { defaultPort, isTransport } from '../transport/flow.ts';
import type { Branch } from './branch.ts';
import type { ProxyContext } from './context.ts';
import type { ProxyEnvironment } from './environment.ts';
import { addressOf, requestUriTo } from './readdress.ts';
import type { Redirected } from './redirected.ts';
import { RequestQuery } from './request-query.ts';

/** Contacts that one request follows at the most, and redirections one behind the other. */
export const maxRedirects = 10;
export const maxRedirectDepth = 5;
/** Contacts of one response that are looked at: each is compared with every destination. */
const maxContacts = 32;

/** Statuses whose Contacts are other addresses of the same user; 305 and 380 mean something else. */
const followed = new Set([300, 301, 302]);

/**
 * How a 3xx is treated; `pass` also for requests that no rule has routed: the policy is about destinations. Once the search is
 * over nothing is followed, but what is blocked stays so: a CANCEL must not bring up what the tenant keeps back.
 */
export function redirectPolicy(branch: Branch, status: number): 'pass' | 'block' | 'recurse' {
  const { ctx } = branch;
  if (status < 300 || status > 399 || ctx.plan === null) return 'pass';
  const policy = ctx.tenant?.policies.redirects ?? 'pass';
  return policy === 'recurse' && (ctx.over || !followed.has(status)) ? 'pass' : policy;
}

/**
 * Queues the Contacts that may be followed, best q first, equals together.
 * @returns what is left of the response: with the Contacts that were not followed, or null when all of them are
 */
export function follow(env: ProxyEnvironment, branch: Branch, response: SipMessage): SipMessage | null {
  const { ctx } = branch;
  const contacts = response.routeValues('contact');
  const taken = new Set<RouteValue>();
  const byQuality = new Map<number, Redirected[]>();
  for (const contact of contacts.slice(0, maxContacts)) {
    const address = branch.depth >= maxRedirectDepth ? null : addressAt(env, branch, contact.sipUri);
    if (address === null) continue;
    taken.add(contact);
    const quality = qualityOf(contact);
    const equals = byQuality.get(quality);
    if (equals === undefined) byQuality.set(quality, [address]);
    else equals.push(address);
  }
  if (taken.size === 0) return response;
  env.counters.add('redirects_followed_total', taken.size);
  (ctx.redirected ??= []).unshift(...[...byQuality].sort(([a], [b]) => b - a).map(([, equals]) => equals));
  return taken.size === contacts.length ? null : withoutContacts(response, contacts, taken);
}

/** Where a Contact may be followed to, null = nowhere. Each address is followed once. */
function addressAt(env: ProxyEnvironment, branch: Branch, uri: SipUri | null): Redirected | null {
  const { ctx } = branch;
  const original = ctx.request.sipUri;
  // A maddr would lead whoever gets the Request-URI to somewhere else than its host.
  if (uri === null || uri.scheme === 'tel' || uri.headersPart !== '' || uri.param('method') !== null || uri.param('maddr') !== null) return null;
  if (original?.scheme === 'sips' && uri.scheme !== 'sips') return null;
  const visited = (ctx.visited ??= new Set(original === null ? [] : [addressOf(original)]));
  if (visited.size > maxRedirects || visited.has(addressOf(uri))) return null;
  const depth = branch.depth + 1;
  const address = inDomain(env, ctx, uri, depth) ?? atDestination(env.view, branch, uri, depth);
  if (address !== null) visited.add(addressOf(uri));
  return address;
}

/** A domain of the same tenant: its own rules route it. */
function inDomain(env: ProxyEnvironment, ctx: ProxyContext, uri: SipUri, depth: number): Redirected | null {
  const { view } = env;
  if (view.domain(uri.host) === null) return null;
  const query = new RequestQuery(ctx.request, ctx.flow, env.wallClock, uri);
  const admitted = admitAddress(view, query.user, uri.host, null);
  if (!admitted.ok || admitted.tenant.id !== ctx.tenantId) return null;
  const plan = planRoute(view, env.health, env.turns, admitted, query, null, false);
  if (!plan.ok) return null;
  const requestUri = requestUriTo(plan, uri);
  plan.serveFor(null, requestUri);
  return { plan, destination: null, requestUri, depth };
}

/** A destination of the tenant's own sets, or beside the one that redirects in its set. */
function atDestination(view: ConfigView, { ctx, destination: redirects }: Branch, uri: SipUri, depth: number): Redirected | null {
  for (const set of view.sets()) {
    if (set.row.tenant !== ctx.tenantId && set.row.id !== redirects?.setId) continue;
    for (const destination of set.destinations) {
      if (isAt(destination, uri)) return { plan: null, destination, requestUri: uri.text, depth };
    }
  }
  return null;
}

function isAt(destination: Destination, uri: SipUri): boolean {
  const transport = uri.scheme === 'sips' ? 'tls' : uri.transport === '' ? 'udp' : uri.transport;
  if (!destination.routable || destination.row.admin !== 'enabled' || !isTransport(transport)) return false;
  return destination.host === uri.host && destination.transport === transport && destination.port === (uri.port === 0 ? defaultPort(transport) : uri.port);
}

/** From 0 to 1; 1 without a q (RFC 3261 §20.10), 0 for one that is no number. */
function qualityOf(contact: RouteValue): number {
  const q = contact.address.param('q');
  if (q === null) return 1;
  return /^[01](\.\d{0,3})?$/.test(q) ? Math.min(1, Number(q)) : 0;
}

/** The response with the Contacts that nobody has followed (§16.7 step 4). */
function withoutContacts(response: SipMessage, contacts: readonly RouteValue[], taken: ReadonlySet<RouteValue>): SipMessage {
  const { raw } = response;
  const kept = contacts.filter((contact) => !taken.has(contact)).map(({ start, end }) => raw.slice(start, end)).join(', ');
  const lines = response.headers('contact');
  let text = '';
  let from = 0;
  for (const [index, line] of lines.entries()) {
    text += raw.slice(from, line.lineStart) + (index === 0 ? `Contact: ${kept}\r\n` : '');
    from = line.lineEnd;
  }
  const outcome = parseMessage(text + raw.slice(from), ownBounds);
  return outcome.ok ? outcome.message : response;
}
