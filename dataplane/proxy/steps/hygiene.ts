/** Steps that look at the message alone, before anybody asks whose it is. */
import { allMethods, allowInstead, isKeepAlive, keepAliveStatus } from '../../routing/own-answers.ts';
import type { ProxyContext } from '../context.ts';
import type { ProxyEnvironment } from '../environment.ts';
import { reply, type Verdict } from '../verdict.ts';

const tooManyHops = reply(483, 'Too Many Hops');
/** Option tags of RFC 3261 §20.29 that this proxy understands: `path` and `outbound` need nothing of a proxy that adds Path. */
const supportedOptions = new Set(['path']);

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

/** OPTIONS to this node itself (our address, no user): a peer's keep-alive. */
export function answerKeepAlive(ctx: ProxyContext, env: ProxyEnvironment): Verdict {
  const { request } = ctx;
  const uri = request.sipUri;
  if (uri === null || ctx.inDialog || !isKeepAlive(request.method, uri) || !env.identity.means(uri)) return 'continue';
  const status = keepAliveStatus(env.answersOptions, env.draining);
  if (status === 0) {
    env.counters.add('dropped_options_total');
    return 'drop';
  }
  env.counters.add('keepalives_total');
  if (status === 503) return reply(503, 'Draining', 'Retry-After: 60\r\n');
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
  const allow = allowInstead(env.view.setting.methods, ctx.request.method);
  if (allow === '') return 'continue';
  env.counters.add('refused_method_total');
  return reply(405, 'Method Not Allowed', `Allow: ${allow}\r\n`);
}
