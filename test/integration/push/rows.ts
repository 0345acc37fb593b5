/** Rows for tests, as canonical text. */
import type { WireOp } from '../../../controlplane/push/ports.ts';
import { canonicalJson } from '../../../dataplane/contract/canonical.ts';

export const tenant = (id: number): WireOp => ({
  table: 'tenant', key: String(id),
  json: canonicalJson({
    id, key: `t${id}`, name: `Tenant ${id}`, enabled: true, limits: { calls: 0, cps: 0, registrations: 0 },
    policies: { media: 'direct', topologyHiding: false, digest: false },
  }),
});

export const routeSet = (number: number, name = ''): WireOp => ({
  table: 'routeSet', key: String(number),
  json: canonicalJson({ number, name, tenant: null, family: 'prefer', failover: { frMs: 5_000, frInviteMs: 30_000, on: ['timeout', 503], maxAttempts: 3 } }),
});

export const domain = (name: string, tenantId: number, set: number): WireOp => ({
  table: 'domain', key: name, json: canonicalJson({ name, tenant: tenantId, routeSet: set, enabled: true, did: '' }),
});

/** A domain row that no decoder takes. */
export const badDomain = (name: string): WireOp => ({ table: 'domain', key: name, json: canonicalJson({ name, tenant: 'acme' }) });

export const removal = (op: WireOp): WireOp => ({ ...op, json: null });
