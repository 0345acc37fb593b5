/** The configuration that most end-to-end tests need: one tenant, a domain, a route set, a dispatcher set. */
import { until } from './deadline.ts';
import type { Api, Written } from './api.ts';

export interface TenantPlan {
  readonly key: string;
  readonly domain: string;
  readonly routeSet: number;
  readonly set: number;
  readonly destinations: readonly { readonly uri: string; readonly rank?: number; readonly weight?: number }[];
  readonly algorithm?: number;
  readonly probing?: Readonly<Record<string, unknown>>;
  readonly failover?: Readonly<Record<string, unknown>>;
  readonly rules?: readonly Readonly<Record<string, unknown>>[];
}

/**
 * Probing fast enough for tests: a backend that has gone, and one that answers something else, is seen within about half a second.
 * One that is silent has longer than a busy machine keeps it from answering, since nobody is sent there any more then.
 */
export const fastProbing = { mode: 'always', intervalMs: 500, timeoutMs: 5_000, downAfter: 1, upAfter: 1, codes: [200] };

/** Writes the plan in the order in which rows refer to each other. @returns the answer to the last write, applied everywhere */
export async function putTenant(api: Api, plan: TenantPlan): Promise<Written> {
  await api.put(`/tenants/${plan.key}`, { name: plan.key, enabled: true, policies: { media: 'direct', topologyHiding: false, digest: false } });
  await putSet(api, plan);
  await api.put(`/route-sets/${plan.routeSet}`, {
    name: plan.key, tenant: plan.key,
    rules: plan.rules ?? [{ match: { type: 'any' }, sets: [plan.set] }],
    ...(plan.failover ? { failover: plan.failover } : {}),
  });
  return api.put(`/domains/${plan.domain}?wait=applied`, { tenant: plan.key, routeSet: plan.routeSet, enabled: true });
}

/** Writes the plan's dispatcher set alone. */
export function putSet(api: Api, plan: Pick<TenantPlan, 'key' | 'set' | 'destinations' | 'algorithm' | 'probing'>): Promise<Written> {
  return api.put(`/dispatcher-sets/${plan.set}?wait=applied`, {
    name: `${plan.key} ${plan.set}`, tenant: plan.key, algorithm: plan.algorithm ?? 4, probing: plan.probing ?? fastProbing,
    destinations: plan.destinations.map((destination) => ({ rank: 1, ...destination })),
  });
}

interface SetView {
  readonly destinations: readonly { readonly id: number; readonly uri: string; readonly live: readonly { readonly state: string }[] }[];
}

/** Waits until every node sees each destination of the set in the state that `wanted` names for its URI (default up). */
export function untilHealth(api: Api, set: number, wanted: Readonly<Record<string, string>> = {}, ms = 15_000): Promise<SetView> {
  return until(`health of dispatcher set ${set}`, ms, async () => {
    const view = await api.get<SetView & Record<string, unknown>>(`/dispatcher-sets/${set}`);
    const settled = view.destinations.every(({ uri, live }) => live.length > 0 && live.every(({ state }) => state === (wanted[uri] ?? 'up')));
    if (!settled) throw new Error(JSON.stringify(view.destinations));
    return view;
  });
}
