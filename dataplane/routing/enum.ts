/**
 * ENUM (RFC 6116) as a rule's source of targets. A plan whose rule names a suffix `awaits` its number (enum-question.ts):
 * whoever relays the request looks it up and hands the URIs to `enumTargets`. Their targets come first; the plan's own sets
 * are the backups.
 */
import { decodeEscapes, parseSipUri } from '../sip/uri.ts';
import type { SipUri } from '../sip/uri.ts';
import { admitAddress } from './admit.ts';
import type { HealthReader } from './health-reader.ts';
import { planRoute } from './plan.ts';
import type { Recorder } from './recorder.ts';
import type { RoutePlan } from './route-plan.ts';

/** URIs of one answer that are tried at most. */
const mostTargets = 8;

/** Where one URI of an ENUM answer leads. */
export type EnumTarget =
  /** Its host is a domain of ours: routed like a call to it. */
  | { readonly kind: 'plan'; readonly uri: SipUri; readonly plan: RoutePlan }
  /** Somewhere else: located by RFC 3263. */
  | { readonly kind: 'uri'; readonly uri: SipUri };

/**
 * Where the URIs of an ENUM answer lead, in their order; the plan waits no longer. Addresses of domains of ours are
 * admitted and planned once, without another look-up; URIs that are no SIP URIs, or refused here, are left out. Empty =
 * go on with the plan itself.
 */
export function enumTargets(plan: RoutePlan, health: HealthReader, uris: readonly string[], recorder: Recorder | null): EnumTarget[] {
  plan.awaits = '';
  const targets: EnumTarget[] = [];
  if (uris.length === 0) recorder?.add('enum', 'skipped', 'nothing is found; the sets of the rule serve');
  for (const text of uris.slice(0, mostTargets)) {
    const uri = parseSipUri(text);
    if (uri === null || uri.host === '') {
      recorder?.add('enum', 'skipped', `${text.slice(0, 100)} is no SIP URI`);
      continue;
    }
    const target = targetOf(plan, health, uri, recorder);
    if (target !== null) targets.push(target);
  }
  return targets;
}

function targetOf(plan: RoutePlan, health: HealthReader, uri: SipUri, recorder: Recorder | null): EnumTarget | null {
  if (plan.view.domain(uri.host) === null) {
    recorder?.add('enum', 'matched', `${uri.text} is somewhere else: its host is located by DNS`);
    return { kind: 'uri', uri };
  }
  recorder?.add('enum', 'matched', `${uri.text} is in a domain of ours`);
  const parameters = uri.user.indexOf(';');
  const user = decodeEscapes(parameters < 0 ? uri.user : uri.user.slice(0, parameters));
  const admitted = admitAddress(plan.view, user, uri.host, recorder);
  if (!admitted.ok) return null;
  const onward = planRoute(plan.view, health, plan.turns, admitted, plan.query, recorder, false);
  return onward.ok ? { kind: 'plan', uri, plan: onward } : null;
}
