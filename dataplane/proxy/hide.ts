/** Topology hiding as the proxy asks for it: when the tenant wants it, and for as long as a dialog lives that began hidden. */
import type { ConfigView } from '../routing/view.ts';
import { maskRequest, maskResponse, standInForContacts, type Masking, type SealedFlow } from '../hiding/mask.ts';
import { dialogKey, hidden } from '../hiding/tokens.ts';
import { signedBy } from '../security/key-ring.ts';
import type { SipMessage } from '../sip/message.ts';
import type { Listener, Target } from '../transport/flow.ts';
import type { Branch } from './branch.ts';
import type { ProxyContext } from './context.ts';
import type { ProxyEnvironment } from './environment.ts';
import { ownUri } from './record-route.ts';

/** Bits of `hidden` for a request of this context: a dialog keeps what it began with, whatever the tenant's policy says now. */
function bitsOf(ctx: ProxyContext): number {
  const { request, tenant, inDialog } = ctx;
  if (inDialog || tenant === null || !tenant.policies.topologyHiding) return request.hidden;
  return request.hidden | hidden.on | (tenant.policies.hideCallId && (request.hidden & hidden.fromMasked) === 0 ? hidden.toMasked : 0);
}

/** The text of a try as its target may see it. */
export function hideFromTarget(env: ProxyEnvironment, branch: Branch, listener: Listener, target: Target, text: string): string {
  const { ctx } = branch;
  const bits = bitsOf(ctx);
  const standIn = ctx.request.method === 'REGISTER' && keepsContacts(env.view, branch);
  if (bits === 0 && !standIn) return text;
  const masking = maskingFor(env, listener, target.address, ctx.tenantId, bits, [ctx.flow.address]);
  const stood = standIn ? standInForContacts(text, masking, env.flows.of(env.keys, ctx.flow, ctx.tenantId), underOtherKeys(env, ctx)) : text;
  return bits === 0 ? stood : maskRequest(stood, masking);
}

function underOtherKeys({ keys, flows }: ProxyEnvironment, { flow, tenantId }: ProxyContext): SealedFlow[] {
  return keys.keys.filter(({ id }) => id !== keys.signing.id).map(({ id }) => {
    const ring = signedBy(keys, id);
    return { keys: ring, token: flows.sealed(ring, flow, tenantId) };
  });
}

/** Whether the branch's backends find phones by Contacts that we stand in for, instead of Path. */
export function keepsContacts(view: ConfigView, { destination }: Branch): boolean {
  return destination !== null && view.set(destination.setId)?.row.registration === 'contact';
}

/**
 * The text of a response as the next hop up may see it.
 * @param listener that it leaves by
 * @param tenantId 0 = not known any more: its Contact then serves within the dialog only
 * @param senders hosts that the answering side was reached at
 */
export function hideFromCaller(env: ProxyEnvironment, response: SipMessage, listener: Listener, peer: string, tenantId: number, senders: readonly string[], text: string): string {
  return maskResponse(text, maskingFor(env, listener, peer, tenantId, response.hidden, senders), (response.hidden & hidden.fromMasked) !== 0);
}

function maskingFor(env: ProxyEnvironment, listener: Listener, peer: string, tenantId: number, bits: number, senders: readonly string[]): Masking {
  return {
    keys: signedBy(env.keys, dialogKey(bits)), edits: env.edits, tenantId, bits, senders,
    means: (uri) => env.identity.means(uri),
    ownUri: (user) => ownUri(env, user, listener, peer),
    agent: env.identity.hostPort(listener, peer),
  };
}
