import { Button } from '@mantine/core';
import { IconPlus, IconWorld } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import type { Domain } from '../../../../controlplane/contract/index.ts';
import { domains, routeSets } from '../../api/resources.ts';
import { useMayWrite } from '../../api/use-write.ts';
import { ButtonLink } from '../../components/ButtonLink.tsx';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { useDrawer } from '../../components/EntityDrawer.tsx';
import { Filters } from '../../components/Filters.tsx';
import { ListPanel } from '../../components/ListPanel.tsx';
import { PageHeader } from '../../components/PageHeader.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { TableLink } from '../../components/TableLink.tsx';
import { DomainDrawer } from './DomainDrawer.tsx';

const columns: readonly Column<Domain>[] = [
  { key: 'name', header: 'Domain', render: (row) => <span className="mono">{row.name}</span> },
  { key: 'state', header: 'State', render: (row) => <StateBadge tone={row.enabled ? 'up' : 'disabled'}>{row.enabled ? 'enabled' : 'disabled'}</StateBadge> },
  { key: 'tenant', header: 'Tenant', render: (row) => <TableLink to="/tenants" search={{ open: row.tenant }}>{row.tenant}</TableLink>, wide: true },
  { key: 'routeSet', header: 'Route set', align: 'right', render: (row) => <TableLink to="/route-sets" search={{ open: String(row.routeSet) }}>{row.routeSet}</TableLink> },
  { key: 'did', header: 'did', render: (row) => <span className="mono">{row.did}</span>, wide: true },
  { key: 'comment', header: 'Comment', render: (row) => row.comment, wide: true },
  { key: 'updated', header: 'Changed', align: 'right', render: (row) => <RelativeTime atMs={row.updatedAtMs} suffix=" ago" />, wide: true },
];

export function DomainsPage() {
  const { q, tenant, open } = useSearch({ strict: false });
  const { creating, startNew } = useDrawer();
  const writable = useMayWrite();
  const query = useInfiniteQuery(domains.list({ q, tenant }));
  const anyRouteSet = useQuery(routeSets.choices('', {}, 1));
  const create = writable ? (
    <Button leftSection={<IconPlus size={15} />} onClick={startNew}>
      New domain
    </Button>
  ) : null;
  const routeSetFirst = anyRouteSet.data?.items.length === 0;
  return (
    <>
      <PageHeader title="Domains" about="SIP domain names and the route set that each one's calls follow." actions={create} />
      <Filters placeholder="Domain or comment" tenant />
      <ListPanel
        query={query}
        filtered={q !== undefined || tenant !== undefined}
        empty={
          routeSetFirst ? (
            <EmptyState icon={<IconWorld size={22} stroke={1.6} />} title="A domain needs a route set to point at" action={<ButtonLink to="/route-sets" search={{ create: '1' }}>New route set</ButtonLink>}>
              Phones register with a domain; its route set says which PBX gets their calls. Make the route set first.
            </EmptyState>
          ) : (
            <EmptyState icon={<IconWorld size={22} stroke={1.6} />} title="Give your tenant its name" action={create}>
              A domain is what phones have behind the @. As soon as it is saved, every node answers for it; names that nobody owns get silence.
            </EmptyState>
          )
        }
      >
        {(rows) => (
          <DataTable label="Domains" rows={rows} columns={columns} rowKey={(row) => row.name} opens={(row) => row.name} openKey={open} faded={(row) => !row.enabled} />
        )}
      </ListPanel>
      {open !== undefined || creating ? <DomainDrawer key={open ?? 'new'} name={open ?? null} /> : null}
    </>
  );
}
