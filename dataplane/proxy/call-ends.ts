/** What a call whose tenant has a limit is held by (calls/anchor.ts), read from the messages that pass. Other tenants' calls cost nothing here. */
import { hasSmallerTag, provesEnd, type CallAnchor, type Passage } from '../calls/anchor.ts';
import { canonicalAddress, familyOf } from '../contract/address.ts';
import type { CallEntry } from '../calls/table.ts';
import type { SipMessage } from '../sip/message.ts';
import type { SipUri } from '../sip/uri.ts';
import type { ClientTransaction } from '../transaction/client.ts';
import type { Target } from '../transport/flow.ts';
import type { ProxyContext } from './context.ts';
import type { ProxyEnvironment } from './environment.ts';
import { addressOf } from './readdress.ts';

const noRoutes: readonly (SipUri | null)[] = [];

/** How the INVITE of a PBX to a phone says that the PBX is reached; kept until the 2xx, when the INVITE itself is gone. */
export interface CallerSide {
  readonly way: string;
  /** Address of the host of its first Record-Route, else of its Contact; '' = a name. */
  readonly host: string;
}

export function callerSideOf(invite: SipMessage): CallerSide {
  const routes = invite.routeValues('record-route').map(({ sipUri }) => sipUri);
  const contact = invite.contact?.sipUri ?? null;
  return { way: wayOf(routes, contact), host: numeric(routes[0] ?? contact) };
}

/** The anchor of the call that a 2xx begins; null = its tenant has no limit. */
export function anchorOf(env: ProxyEnvironment, { reserved, records, caller, flow }: ProxyContext, { target }: ClientTransaction, response: SipMessage): CallAnchor | null {
  if (!reserved) return null;
  const { fromTag, toTag } = response;
  // Who calls a phone by its flow is its PBX; every other call goes where the configuration says.
  if (caller !== null) {
    return { smaller: hasSmallerTag(fromTag, toTag), way: caller.way, place: records > 0 ? '' : placeOf(flow), addresses: [flow.address, caller.host], other: target.address };
  }
  const contact = response.contact?.sipUri ?? null;
  const routes = recordsBehindUs(env, response, records);
  return {
    smaller: hasSmallerTag(toTag, fromTag), way: routes === null ? '' : wayOf(routes, contact), place: routes !== null && routes.length > 0 ? '' : placeOf(target),
    addresses: [target.address, numeric(routes?.[0] ?? contact)], other: flow.address,
  };
}

/**
 * Record-Routes between us and the callee, the nearest first; null = what the callee sent back is not what it was given.
 * @param before Record-Routes that the INVITE came with
 */
function recordsBehindUs(env: ProxyEnvironment, response: SipMessage, before: number): readonly (SipUri | null)[] | null {
  const records = response.routeValues('record-route');
  let end = records.length - before;
  // The usual case, without a look at it: one of ours and no other.
  if (end === 1) return noRoutes;
  const isOwn = (at: number): boolean => {
    const uri = records[at]?.sipUri ?? null;
    return uri !== null && env.identity.means(uri);
  };
  if (!isOwn(end - 1)) return null;
  while (isOwn(end - 1)) end -= 1;
  return records.slice(0, end).reverse().map(({ sipUri }) => sipUri);
}

/**
 * How a request passed; null = its tenant has no limit.
 * @param anchor of its call, if that is this worker's: the way is not spelled where it does not matter
 */
export function passageOf(env: ProxyEnvironment, { tenant, request, flow, lastRouteTaken }: ProxyContext, { target }: ClientTransaction, anchor: CallAnchor | null): Passage | null {
  if (tenant === null || tenant.limits.calls === 0) return null;
  const smaller = hasSmallerTag(request.fromTag, request.toTag);
  const routes = request.routes().map(({ sipUri }) => sipUri);
  // A strict router before us has put our Route into the Request-URI, and that behind the Routes (see steps/loose-route.ts).
  const requestUri = lastRouteTaken ? (routes.pop() ?? null) : request.sipUri;
  const first = routes.findIndex((uri) => uri === null || !env.identity.means(uri));
  const left = first < 0 ? noRoutes : routes.slice(first);
  const place = left.length > 0 ? '' : placeOf(target);
  const spoken = anchor !== null && (smaller === anchor.smaller || (place !== '' && place === anchor.place));
  return { smaller, source: flow.address, way: spoken ? '' : wayOf(left, requestUri), place };
}

/**
 * Ends a call of this worker if the passage of a request proves its end.
 * @param passage null = the dialog alone decides
 */
export function endCall(env: ProxyEnvironment, entry: CallEntry, passage: Passage | null): void {
  const { anchor } = entry;
  // One that a process of an older version has handed over has none at all.
  if (passage && anchor && !provesEnd(anchor, passage, (address) => speaksFor(env, entry, anchor, address))) env.counters.add('ends_ignored_total');
  else env.calls.remove(entry.dialog);
}

/** The same for a request that passed elsewhere. @returns whether the call was known here */
export function endCallOf(env: ProxyEnvironment, dialog: string, passage: Passage | null): boolean {
  const entry = env.calls.get(dialog);
  if (entry !== null) endCall(env, entry, passage);
  return entry !== null;
}

/** Whether a destination beside the called one has that address, or a trunk of another tenant (a carrier) that the other side does not belong to. */
function speaksFor({ view, health }: ProxyEnvironment, { destination, tenant }: CallEntry, { other }: CallAnchor, address: string): boolean {
  const trunk = view.trunk(address);
  if (trunk !== null && trunk.tenant !== tenant && trunk.key !== view.trunk(other)?.key) return true;
  const setId = view.destination(destination)?.setId;
  const members = setId === undefined ? [] : (view.set(setId)?.destinations ?? []);
  return members.some(({ id, host, family }) => (family === 0 ? health.targets(id, 4).some((place) => place.address === address) : canonicalAddress(host) === address));
}

const placeOf = ({ transport, address, port }: Target): string => `${transport} ${address} ${port}`;

/**
 * Routes and the URI behind them in one spelling; '' when there is no such URI. Joined of several parts it is a string of its
 * own: a slice would keep the message that it is of for as long as the call lasts.
 */
const wayOf = (routes: readonly (SipUri | null)[], last: SipUri | null): string =>
  (last === null ? '' : ['', ...routes.map((uri) => (uri === null ? '' : addressOf(uri))), addressOf(last)].join(' '));

const numeric = (uri: SipUri | null): string => (uri === null || familyOf(uri.host) === 0 ? '' : canonicalAddress(uri.host));
