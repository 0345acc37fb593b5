/** Which tenants an import needs: one for everything, or one a group of domains (a did, a dispatcher set). PURE. */
import { limits } from '../../dataplane/contract/limits.ts';
import type { ImportOptions, PlannedTenant } from './plan.ts';

/** Tenants in the order of their first domain; keys are slugs of that domain, made distinct. */
export function planTenants(domains: readonly { readonly group: string; readonly domain: string }[], options: ImportOptions): readonly PlannedTenant[] {
  if (options.tenant !== null) {
    return domains.length === 0 ? [] : [{ group: '', key: options.tenant, defaults: { name: options.tenant } }];
  }
  const tenants = new Map<string, PlannedTenant>();
  const taken = new Set<string>();
  for (const { group, domain } of domains) {
    if (tenants.has(group)) continue;
    const key = distinct(slugOf(domain), taken);
    taken.add(key);
    tenants.set(group, { group, key, defaults: { name: domain.slice(0, limits.nameLength) } });
  }
  return [...tenants.values()];
}

/** `*.example.com` → `example.com`. */
function slugOf(domain: string): string {
  const slug = domain.toLowerCase().replace(/[^a-z0-9._-]+/g, '-').replace(/^[^a-z0-9]+/, '').slice(0, limits.slugLength);
  return slug === '' ? 'imported' : slug;
}

function distinct(slug: string, taken: ReadonlySet<string>): string {
  if (!taken.has(slug)) return slug;
  for (let n = 2; ; n += 1) {
    const suffix = `-${n}`;
    const next = slug.slice(0, limits.slugLength - suffix.length) + suffix;
    if (!taken.has(next)) return next;
  }
}
