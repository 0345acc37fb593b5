/**
 * Loop detection (RFC 5393 §4). Each branch of ours ends in a mark over everything that decides where a request goes. A
 * request that comes by a Via of ours with the mark that it would get now has been here before, at this node or another of
 * the installation, and would go the same way again: a loop. A spiral comes back changed.
 */
import { branchMark, mayHoldBranch } from '../security/tokens.ts';
import { digit } from '../security/siphash.ts';
import { H } from '../sip/header-names.ts';
import type { SipMessage } from '../sip/message.ts';
import type { ProxyContext } from './context.ts';
import type { ProxyEnvironment } from './environment.ts';
import { reply, type Verdict } from './verdict.ts';

const loopDetected = reply(482, 'Loop Detected');

/** Step: marks the request and refuses one that has come in a circle. */
export function checkLoop(ctx: ProxyContext, env: ProxyEnvironment): Verdict {
  const { request } = ctx;
  const mark = loopMark(env.keys.signing.loopSeed, request, ctx.flow.address);
  ctx.loopMark = mark;
  if (comesFromSender(request)) return 'continue';
  for (const via of request.vias()) {
    if (branchMark(via.branch) !== mark) continue;
    env.counters.add('refused_loop_total');
    return loopDetected;
  }
  return 'continue';
}

/**
 * Step: the same inside a dialog. There a request goes to one place and cannot multiply, so that RFC 5393 §4 asks for nothing
 * and Max-Forwards would end a circle. Only what has been here before is marked, which finds the circle one round later; a
 * request of a phone or a PBX costs a look at its Via.
 */
export function checkDialogLoop(ctx: ProxyContext, env: ProxyEnvironment): Verdict {
  return comesFromSender(ctx.request) || !mayHoldBranch(ctx.request.raw) ? 'continue' : checkLoop(ctx, env);
}

/** Whether the request has a single Via. */
function comesFromSender(request: SipMessage): boolean {
  const top = request.topVia;
  return top === null || (!request.repeats(H.via) && top.end + 2 === top.lineEnd);
}

let state = 0;

/**
 * Six characters over Request-URI, From, Route, Proxy-Require, and the source, as trunks are known by it. Call-ID, CSeq and
 * tags need no place in it: the Vias above ours are of this very request, and a B2BUA begins without them.
 */
function loopMark(seed: number, request: SipMessage, source: string): string {
  const { raw } = request;
  state = seed;
  add(raw, request.uriStart, request.uriEnd);
  add(raw, request.fromStart, request.fromEnd);
  add(source, 0, source.length);
  if (request.routeStart >= 0) for (const line of request.headers('route')) add(raw, line.start, line.end);
  if (request.proxyRequireStart >= 0) for (const line of request.headers('proxy-require')) add(raw, line.start, line.end);
  state = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
  state ^= state >>> 15;
  return String.fromCharCode(digit(state), digit(state >>> 6), digit(state >>> 12), digit(state >>> 18), digit(state >>> 24), digit(state >>> 30));
}

function add(text: string, start: number, end: number): void {
  let h = state;
  for (let i = start; i < end; i++) {
    h = Math.imul(h ^ text.charCodeAt(i), 0x9e3779b1);
    h ^= h >>> 15;
  }
  state = Math.imul(h ^ 10, 0x85ebca77);
}
