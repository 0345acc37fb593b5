/** Requests outside dialogs to a Contact of ours that stands for somebody else's (topology hiding, `contact` registrations). */
import { parseSipUri } from '../../sip/uri.ts';
import { openContact } from '../../hiding/tokens.ts';
import { openFlow } from '../../security/flow-token.ts';
import type { ProxyContext } from '../context.ts';
import type { ProxyEnvironment } from '../environment.ts';
import { draining, overLimit, reply, type Verdict } from '../verdict.ts';
import { aimAt, aimAtFlow } from '../next-hop.ts';
import { withinLimits } from './route.ts';

const flowGone = reply(430, 'Flow Failed');
const forged = reply(403, 'Route Not Allowed');

/** Follows the token of such a Contact: by the phone's flow, else to the URI it stands for. Only we make them, for tenants of ours. */
export function followContact(ctx: ProxyContext, env: ProxyEnvironment, token: string): Verdict {
  const contact = openContact(env.keys, token);
  const tenant = contact === null ? null : env.view.tenant(contact.tenantId);
  if (contact === null || tenant === null || !tenant.enabled) return forged;
  if (env.draining) return draining;
  ctx.tenant = tenant;
  ctx.tenantId = tenant.id;
  if (contact.flow !== '') {
    const flow = openFlow(env.keys, contact.flow);
    if (flow === null || !aimAtFlow(ctx, env, flow)) return flowGone;
    ctx.calleeFlow = `e${env.flows.forDialog(env.keys, contact.flow, flow)}`;
  } else {
    const verdict = aimAt(ctx, env, parseSipUri(contact.uri));
    if (verdict !== 'relay') return verdict;
  }
  return withinLimits(ctx, env) ? 'relay' : overLimit;
}
