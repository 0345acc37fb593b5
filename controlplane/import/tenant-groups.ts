/** Which tenants an import needs: one for everything, or one a group of domains (a did, a dispatcher set). PURE. */
import { limits } from '../../dataplane/contract/limits.ts';
import type { ImportOptions, PlannedTenant } from './plan.ts';

/** Tenants in the order of their first domain; keys are slugs of that domain, made distinct. */
export function planTenants(domains: readonly { readonly group: string; readonly domain: string }[], options: ImportOptions): readonly PlannedTenant[] {
  if (options.tenant !== null) {
    return domains.length === 0 ? [] : [{ group: '', key: options.tenant, defaults: { name: options.tenant } }];
  }
  const tenants = new Map<string, PlannedTenant>();
  const taken = new Map<string, number>();
  for (const { group, domain } of domains) {
    if (tenants.has(group)) continue;
    const key = distinct(slugOf(domain), taken);
    tenants.set(group, { group, key, defaults: { name: domain.slice(0, limits.nameLength) } });
  }
  return [...tenants.values()];
}

/** `*.example.com` → `example.com`. */
function slugOf(domain: string): string {
  const slug = domain.toLowerCase().replace(/[^a-z0-9._-]+/g, '-').replace(/^[^a-z0-9]+/, '').slice(0, limits.slugLength);
  return slug === '' ? 'imported' : slug;
}

/** `taken`: slugs in use, with the number that the last of their doubles got, so that many doubles do not count from 2 each. */
function distinct(slug: string, taken: Map<string, number>): string {
  let n = taken.get(slug);
  let next = slug;
  if (n !== undefined) {
    do {
      n += 1;
      const suffix = `-${n}`;
      next = slug.slice(0, limits.slugLength - suffix.length) + suffix;
    } while (taken.has(next));
    taken.set(slug, n);
  }
  taken.set(next, 1);
  return next;
}
