/** Steps that look at the message alone, before anybody asks whose it is. */
import type { ProxyContext } from '../context.ts';
import type { ProxyEnvironment } from '../environment.ts';
import { reply, type Verdict } from '../verdict.ts';

const tooManyHops = reply(483, 'Too Many Hops');
/** Option tags of RFC 3261 §20.29 that this proxy understands: `path` and `outbound` need nothing of a proxy that adds Path. */
const supportedOptions = new Set(['path']);
const allMethods = 'INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER, PRACK, UPDATE, INFO, REFER, SUBSCRIBE, NOTIFY, MESSAGE, PUBLISH';
const strictMethods = 'INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER';
const ianaSet = new Set(allMethods.split(', '));
const strictSet = new Set(strictMethods.split(', '));

/** Scanners by User-Agent: silence, so that they learn nothing. */
export function dropScanners(ctx: ProxyContext, env: ProxyEnvironment): Verdict {
  const { request } = ctx;
  if (request.userAgentStart < 0) return 'continue';
  const agent = request.userAgent.toLowerCase();
  for (const scanner of env.view.setting.scanners) {
    if (agent.includes(scanner)) {
      env.counters.add('dropped_scanner_total');
      return 'drop';
    }
  }
  return 'continue';
}

/** OPTIONS to this node itself (our address, no user): a peer's keep-alive. 503 while draining, and silence if the node's row wants that, so that upstreams leave. */
export function answerKeepAlive(ctx: ProxyContext, env: ProxyEnvironment): Verdict {
  const { request } = ctx;
  if (request.method !== 'OPTIONS' || ctx.inDialog) return 'continue';
  const uri = request.sipUri;
  if (uri === null || uri.user !== '' || !env.identity.means(uri)) return 'continue';
  if (!env.answersOptions) {
    env.counters.add('dropped_options_total');
    return 'drop';
  }
  env.counters.add('keepalives_total');
  if (env.draining) return reply(503, 'Draining', 'Retry-After: 60\r\n');
  return reply(200, 'OK', `Allow: ${allMethods}\r\nAccept: application/sdp\r\nSupported: path\r\n`);
}

/** RFC 3261 §16.3 (3). */
export function checkMaxForwards(ctx: ProxyContext): Verdict {
  return ctx.request.maxForwards === 0 ? tooManyHops : 'continue';
}

/** RFC 3261 §16.3 (5): every option that a proxy must understand and we do not is named in Unsupported. */
export function checkProxyRequire(ctx: ProxyContext): Verdict {
  const { request } = ctx;
  if (request.proxyRequireStart < 0) return 'continue';
  const unsupported: string[] = [];
  for (const line of request.headers('proxy-require')) {
    for (const tag of request.raw.slice(line.start, line.end).split(',')) {
      const option = tag.trim();
      if (option !== '' && !supportedOptions.has(option.toLowerCase())) unsupported.push(option);
    }
  }
  return unsupported.length === 0 ? 'continue' : reply(420, 'Bad Extension', `Unsupported: ${unsupported.join(', ')}\r\n`);
}

/** Methods that may begin something here: any by default, as RFC 3261 §16.3 wants it. Inside a dialog any method passes. */
export function checkMethod(ctx: ProxyContext, env: ProxyEnvironment): Verdict {
  const { methods } = env.view.setting;
  if (methods === 'any') return 'continue';
  const strict = methods === 'strict';
  if ((strict ? strictSet : ianaSet).has(ctx.request.method)) return 'continue';
  env.counters.add('refused_method_total');
  return reply(405, 'Method Not Allowed', `Allow: ${strict ? strictMethods : allMethods}\r\n`);
}
