import { IconArrowRight, IconArrowsSplit2, IconPlugConnected, IconRoute2, IconWorld } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Tenant } from '../../../../controlplane/contract/index.ts';
import { tenants } from '../../api/resources.ts';
import { count } from '../../lib/figures.ts';
import styles from './TenantBelongings.module.css';

/** What belongs to a tenant, each part a link; the first missing part of its journey is offered as the next step. */
export function TenantBelongings({ tenant }: { readonly tenant: Tenant }) {
  const { data } = useQuery(tenants.choices(tenant.key));
  const item = data?.items.find((each) => each.key === tenant.key);
  if (item === undefined) return null;
  const parts = [
    { to: '/dispatcher', label: 'Dispatcher sets', one: 'dispatcher set', n: item.dispatcherSetCount, icon: IconArrowsSplit2, why: 'its PBXs, with health checks' },
    { to: '/route-sets', label: 'Route sets', one: 'route set', n: item.routeSetCount, icon: IconRoute2, why: 'which number goes to which PBX' },
    { to: '/domains', label: 'Domains', one: 'domain', n: item.domainCount, icon: IconWorld, why: 'the name that phones use' },
    { to: '/trunks', label: 'Trunks', one: 'trunk', n: item.trunkCount, icon: IconPlugConnected, why: 'peers known by their address' },
  ] as const;
  const next = parts.slice(0, 3).find((part) => part.n === 0);
  return (
    <div className={styles['root']}>
      <div className={styles['parts']}>
        {parts.map(({ to, label, n, icon: Icon }) => (
          <Link key={to} to={to} search={{ tenant: tenant.key }} className={styles['part'] ?? ''}>
            <Icon size={16} stroke={1.6} aria-hidden />
            <span className={styles['count']}>{count(n)}</span>
            <span>{label}</span>
          </Link>
        ))}
      </div>
      {next === undefined ? null : (
        <Link to={next.to} search={{ tenant: tenant.key, create: '1' }} className={styles['next'] ?? ''}>
          <span>
            Next: a {next.one}, <span className={styles['why']}>{next.why}</span>
          </span>
          <IconArrowRight size={15} aria-hidden />
        </Link>
      )}
    </div>
  );
}
