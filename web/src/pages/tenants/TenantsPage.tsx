import { IconBuilding } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import type { TenantListItem } from '../../../../controlplane/contract/index.ts';
import { tenants } from '../../api/resources.ts';
import { changedColumn, stateColumn } from '../../components/columns.tsx';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { OpenedEntity } from '../../components/DrawerQuery.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Filters } from '../../components/Filters.tsx';
import { ListPanel } from '../../components/ListPanel.tsx';
import { NewButton } from '../../components/NewButton.tsx';
import { PageHeader } from '../../components/PageHeader.tsx';
import { count } from '../../lib/figures.ts';
import { TenantDrawer } from './TenantDrawer.tsx';

const limit = (value: number): string => (value === 0 ? '∞' : count(value));

const columns: readonly Column<TenantListItem>[] = [
  { key: 'name', header: 'Tenant', render: (row) => (row.name === '' ? row.key : row.name) },
  { key: 'key', header: 'Key', render: (row) => <span className="mono">{row.key}</span>, wide: true },
  stateColumn,
  { key: 'domains', header: 'Domains', align: 'right', render: (row) => count(row.domainCount) },
  { key: 'routeSets', header: 'Route sets', align: 'right', render: (row) => count(row.routeSetCount), wide: true },
  { key: 'sets', header: 'Dispatcher sets', align: 'right', render: (row) => count(row.dispatcherSetCount), wide: true },
  { key: 'trunks', header: 'Trunks', align: 'right', render: (row) => count(row.trunkCount), wide: true },
  { key: 'calls', header: 'Call limit', align: 'right', render: (row) => limit(row.limits.calls), wide: true },
  { key: 'cps', header: 'Calls/s limit', align: 'right', render: (row) => limit(row.limits.cps), wide: true },
  changedColumn,
];

export function TenantsPage() {
  const { q } = useSearch({ strict: false });
  const query = useInfiniteQuery(tenants.list({ q }));
  const create = <NewButton>New tenant</NewButton>;
  return (
    <>
      <PageHeader title="Tenants" about="Customers of this edge: each owns its domains, routes, trunks and limits." actions={create} />
      <Filters placeholder="Name or key" />
      <ListPanel
        query={query}
        filtered={q !== undefined}
        empty={
          <EmptyState icon={<IconBuilding size={22} stroke={1.6} />} title="Start with a tenant" action={create}>
            A tenant is a customer. It owns the domains that phones register with and the limits of its calls. Next come its PBXs as a
            dispatcher set, then a route set, then its domain: about five minutes in all.
          </EmptyState>
        }
      >
        {(rows) => (
          <DataTable label="Tenants" rows={rows} columns={columns} rowKey={(row) => row.key} opens faded={(row) => !row.enabled} />
        )}
      </ListPanel>
      <OpenedEntity of={tenants}>{(tenant) => <TenantDrawer tenant={tenant} />}</OpenedEntity>
    </>
  );
}
