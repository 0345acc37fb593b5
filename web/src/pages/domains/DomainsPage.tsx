import { IconWorld } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import type { Domain } from '../../../../controlplane/contract/index.ts';
import { domains, routeSets } from '../../api/resources.ts';
import { ButtonLink } from '../../components/ButtonLink.tsx';
import { changedColumn, commentColumn, routeSetColumn, stateColumn, tenantColumn } from '../../components/columns.tsx';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { OpenedEntity } from '../../components/DrawerQuery.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Filters } from '../../components/Filters.tsx';
import { ListPanel } from '../../components/ListPanel.tsx';
import { NewButton } from '../../components/NewButton.tsx';
import { PageHeader } from '../../components/PageHeader.tsx';
import { DomainDrawer } from './DomainDrawer.tsx';

const columns: readonly Column<Domain>[] = [
  { key: 'name', header: 'Domain', render: (row) => <span className="mono">{row.name}</span> },
  stateColumn, tenantColumn, routeSetColumn,
  { key: 'did', header: 'did', render: (row) => <span className="mono">{row.did}</span>, wide: true },
  commentColumn, changedColumn,
];

export function DomainsPage() {
  const { q, tenant } = useSearch({ strict: false });
  const query = useInfiniteQuery(domains.list({ q, tenant }));
  const anyRouteSet = useQuery(routeSets.choices('', {}, 1));
  const create = <NewButton>New domain</NewButton>;
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
          <DataTable label="Domains" rows={rows} columns={columns} rowKey={(row) => row.name} opens faded={(row) => !row.enabled} />
        )}
      </ListPanel>
      <OpenedEntity of={domains}>{(domain) => <DomainDrawer domain={domain} />}</OpenedEntity>
    </>
  );
}
