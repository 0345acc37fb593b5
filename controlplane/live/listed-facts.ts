/** What nodes tell of single registrations and calls, as the API shows it. PURE. */
import type { LiveCall, Registration } from '../contract/live-lists.ts';
import { callMediaOf } from './call-media.ts';
import type { AskedNode } from './node-lists.ts';

type Data = Readonly<Record<string, unknown>>;

/** Characters of a text that is shown. */
const maxLength = 1_024;

const text = (value: unknown): string => (typeof value === 'string' ? value.slice(0, maxLength) : '');
const whole = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? Math.round(value) : null);

/** A tenant's key by its number; null = there is none. */
export type KeyOfTenant = (tenant: number) => string | null;

function whereIs(data: Data, node: AskedNode, keyOf: KeyOfTenant) {
  const destination = whole(data['destination']);
  const tenant = whole(data['tenant']);
  return {
    tenant: tenant === null ? null : keyOf(tenant), node: node.id, nodeName: node.name,
    destination: destination === null || destination <= 0 ? null : destination,
  };
}

/** null = nothing that this version understands. */
export function registrationOf(data: Data, node: AskedNode, keyOf: KeyOfTenant): Registration | null {
  const registeredMs = whole(data['registeredMs']);
  const expiresMs = whole(data['expiresMs']);
  const port = whole(data['port']);
  const aor = text(data['aor']);
  if (aor === '' || registeredMs === null || expiresMs === null || port === null) return null;
  const address = text(data['address']);
  return {
    aor, contact: text(data['contact']), ...whereIs(data, node, keyOf), source: `${text(data['transport'])}:${address.includes(':') ? `[${address}]` : address}:${port}`,
    agent: text(data['agent']), behindNat: data['behindNat'] === true, registeredMs, expiresMs,
  };
}

/** URI of a destination by its id; null = there is none. */
export type UriOfDestination = (destination: number) => string | null;

/** null = nothing that this version understands. */
export function liveCallOf(data: Data, node: AskedNode, keyOf: KeyOfTenant, uriOf: UriOfDestination): LiveCall | null {
  const startedMs = whole(data['startedMs']);
  const callId = text(data['callId']);
  if (callId === '' || startedMs === null) return null;
  const where = whereIs(data, node, keyOf);
  return {
    callId, caller: text(data['caller']), callee: text(data['callee']), dialled: text(data['dialled']), ...where, destinationUri: where.destination === null ? null : uriOf(where.destination),
    startedMs, decision: text(data['decision']), media: callMediaOf(data['media']),
  };
}
