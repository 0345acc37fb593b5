/** "Why did this call go there?": the live path, with a recorder, and before it what a node answers by itself. */
import { err, ok } from '../contract/result.ts';
import type { Result } from '../contract/result.ts';
import { requestUriFault } from '../sip/sanity.ts';
import { parseSipUri, uriKey, type SipUri } from '../sip/uri.ts';
import { familyOf } from '../contract/address.ts';
import { admit } from './admit.ts';
import type { Refusal } from './admit.ts';
import type { HealthReader } from './health-reader.ts';
import { allowInstead, isKeepAlive, keepAliveStatus } from './own-answers.ts';
import { nextAlongside, nextDestination, planRoute } from './plan.ts';
import type { RouteQuery } from './query.ts';
import { aorOf, hostOf, userOf } from './query-uri.ts';
import { Recorder } from './recorder.ts';
import type { ExplainStep } from './recorder.ts';
import { Turns } from './turns.ts';
import type { ConfigView } from './view.ts';

export type Decision =
  | {
    readonly kind: 'route';
    readonly tenant: string;
    readonly trunk: string | null;
    /** The number (DID) and the alias that were found on the way. */
    readonly number: string | null;
    readonly alias: string | null;
    readonly domain: string | null;
    readonly routeSet: number;
    readonly rule: number;
    /** What the Request-URI carries from here on. */
    readonly user: string;
    readonly host: string;
    /** The number is looked up there first (ENUM); destinations are then what serves when nothing is found. '' = no. */
    readonly enumSuffix: string;
    /** In the order of the attempts; the first takes the call. */
    readonly destinations: readonly { readonly id: number; readonly set: number; readonly uri: string }[];
  }
  /** The node answers by itself; status 0 = it keeps silent. */
  | { readonly kind: 'answer'; readonly status: number; readonly detail: string }
  | { readonly kind: 'refuse'; readonly refuse: Refusal | 'not-secure'; readonly detail: string };

export interface Explanation {
  readonly decision: Decision;
  readonly steps: readonly ExplainStep[];
  /** Steps beyond what an explanation holds. */
  readonly dropped: number;
}

/** What a request meets besides the configuration that all nodes share. */
export interface Circumstances {
  /** Its Request-URI; null = nothing of it counts but user and host. */
  readonly uri: SipUri | null;
  /** Of the node that gets it. */
  readonly draining: boolean;
  readonly answersOptions: boolean;
  /** Whether a URI names that node itself. */
  readonly means: (uri: SipUri) => boolean;
}

export const noCircumstances: Circumstances = { uri: null, draining: false, answersOptions: true, means: () => false };

/** Follows a request through what a node answers by itself, admission, rules and every attempt that would be made. Takes nobody's turn. */
export function explain(view: ConfigView, health: HealthReader, q: RouteQuery, turns: Turns = new Turns(), met: Circumstances = noCircumstances): Explanation {
  const recorder = new Recorder();
  const decision = ownAnswer(view, q, met, recorder) ?? decide(view, health, q, turns.copy(), recorder, met);
  return { decision, steps: recorder.steps, dropped: recorder.dropped };
}

/** What the node answers whoever the request is for, in the order of the pipeline; null = nothing. */
function ownAnswer(view: ConfigView, { method }: RouteQuery, { uri, draining, answersOptions, means }: Circumstances, recorder: Recorder): Decision | null {
  const fault = uri === null ? null : requestUriFault(uri, uri.text);
  if (fault !== null) {
    recorder.add('node', 'refused', `malformed for a request: ${fault.reason}`);
    return { kind: 'answer', status: fault.status, detail: fault.reason };
  }
  if (uri !== null && isKeepAlive(method, uri) && means(uri)) {
    const status = keepAliveStatus(answersOptions, draining);
    recorder.add('node', 'matched', `${uri.host} is the node itself: a keep-alive, which it ${status === 0 ? 'does not answer' : `answers by itself, ${status}`}`);
    return { kind: 'answer', status, detail: status === 200 ? 'OK' : status === 503 ? 'Draining' : 'the node does not answer OPTIONS' };
  }
  const allow = allowInstead(view.setting.methods, method);
  if (allow === '') return null;
  recorder.add('node', 'refused', `${method} may not begin anything here: the setting methods is ${view.setting.methods}, which allows ${allow}`);
  return { kind: 'answer', status: 405, detail: 'Method Not Allowed' };
}

function decide(view: ConfigView, health: HealthReader, q: RouteQuery, turns: Turns, recorder: Recorder, { uri, draining }: Circumstances): Decision {
  const admitted = admit(view, q, recorder);
  if (!admitted.ok) return { kind: 'refuse', refuse: admitted.refuse, detail: admitted.detail };
  if (draining) {
    recorder.add('node', 'refused', 'the node is being drained: it takes nothing new');
    return { kind: 'answer', status: 503, detail: 'Draining' };
  }
  // A sips request passes over destinations without TLS (RFC 5630 §5.3).
  const secure = uri?.scheme === 'sips';
  const plan = planRoute(view, health, turns, admitted, q, recorder);
  if (!plan.ok) return { kind: 'refuse', refuse: plan.refuse, detail: plan.detail };
  const destinations: { id: number; set: number; uri: string }[] = [];
  const awaits = plan.awaits !== '';
  if (awaits) recorder.add('enum', 'info', 'an explanation asks no DNS: it goes on as if nothing was found');
  plan.awaits = '';
  for (let next = nextDestination(plan, health, recorder); next !== null; next = nextAlongside(plan, health, recorder) ?? nextDestination(plan, health, recorder)) {
    if (!secure || next.transport === 'tls') {
      destinations.push({ id: next.id, set: next.setId, uri: next.uri });
    } else {
      recorder.add('destination', 'skipped', `destination ${next.id} (${next.uri}) is passed over: not over TLS, which a sips request asks for`);
      plan.passOver();
    }
  }
  if (secure && destinations.length === 0) return { kind: 'refuse', refuse: 'not-secure', detail: 'no usable destination is reached over TLS' };
  return {
    kind: 'route',
    tenant: admitted.tenant.key,
    trunk: admitted.trunk?.key ?? null,
    number: admitted.number?.pattern ?? null,
    alias: admitted.alias?.alias ?? null,
    domain: admitted.domain?.name ?? null,
    routeSet: plan.routeSet.number,
    rule: plan.rule.id,
    user: plan.user,
    host: plan.host,
    enumSuffix: awaits ? plan.rule.enumSuffix : '',
    destinations,
  };
}

/** A question as the API takes it. */
export interface ExplainRequest {
  readonly method: string;
  /** Request-URI. */
  readonly uri: string;
  /** `udp:192.0.2.7:5060` or `tcp:[2001:db8::7]:5060`; the port may be left out. Without one it is a stranger's, who is of no trunk. */
  readonly source?: string;
  readonly from?: string;
  readonly to?: string;
  readonly callId?: string;
  /** User name of the request's credentials. */
  readonly authUser?: string;
  /** Headers by lower-case name, for algorithm 7. */
  readonly headers?: Readonly<Record<string, string>>;
  /** When it comes, epoch milliseconds. */
  readonly timeMs: number;
}

export interface RequestFault {
  readonly pointer: string;
  readonly code: 'malformed';
  readonly message: string;
}

/**
 * The RouteQuery of a question; what it leaves out is made up (To = Request-URI, From = a phone of that domain).
 * Errors name the field.
 */
export function routeQueryOf(request: ExplainRequest): Result<RouteQuery, RequestFault> {
  if (!/^[\w\-.!%*+`'~]{1,32}$/.test(request.method)) return fault('/method', 'must be a SIP method such as INVITE');
  const method = request.method.toUpperCase();
  const uri = parseSipUri(request.uri);
  if (uri === null || (uri.host === '' && uri.scheme !== 'tel')) return fault('/uri', 'must be a SIP or tel URI such as sip:1001@sip.acme.example');
  const to = request.to === undefined ? uri : parseSipUri(request.to);
  if (to === null) return fault('/to', 'must be a SIP URI');
  const from = request.from === undefined ? uri : parseSipUri(request.from);
  if (from === null) return fault('/from', 'must be a SIP URI');
  const host = hostOf(uri, from.host);
  if (host === '') return fault('/from', 'must say in which domain a number without one is dialled');
  const source = /^(udp|tcp|tls|wss?):(?:\[([^\]]{2,64})\]|([0-9.]{7,15}))(?::([0-9]{1,5}))?$/.exec(request.source ?? 'udp:192.0.2.1:5060');
  const address = source?.[2] ?? source?.[3] ?? '';
  const family = familyOf(address);
  const port = Number(source?.[4] ?? 5060);
  if (source === null || family === 0 || port < 1 || port > 65_535) return fault('/source', 'must look like udp:192.0.2.7:5060 or tcp:[2001:db8::7]:5060');
  return ok({
    method,
    user: userOf(uri),
    host,
    toHost: to.scheme === 'tel' ? host : to.host,
    fromKey: uriKey(from),
    toKey: uriKey(to),
    authUser: request.authUser ?? '',
    timeMs: request.timeMs,
    header: (name) => request.headers?.[name] ?? '',
    callId: request.callId ?? 'explain',
    aor: aorOf(method === 'REGISTER' ? to : from),
    // Whoever names no source is a stranger: an example address would belong to a trunk somewhere.
    sourceAddress: request.source === undefined ? '' : address,
    sourcePort: port,
    transport: source[1] as RouteQuery['transport'],
    family,
  });
}

function fault(pointer: string, message: string): Result<RouteQuery, RequestFault> {
  return err({ pointer, code: 'malformed', message });
}
