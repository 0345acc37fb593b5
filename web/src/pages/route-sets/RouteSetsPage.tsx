import { IconRoute2 } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import type { RouteSetListItem } from '../../../../controlplane/contract/index.ts';
import { dispatcherSets, routeSets } from '../../api/resources.ts';
import { ButtonLink } from '../../components/ButtonLink.tsx';
import { changedColumn } from '../../components/columns.tsx';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { OpenedEntity } from '../../components/DrawerQuery.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Filters } from '../../components/Filters.tsx';
import { ListPanel } from '../../components/ListPanel.tsx';
import { NewButton } from '../../components/NewButton.tsx';
import { PageHeader } from '../../components/PageHeader.tsx';
import { TableLink } from '../../components/TableLink.tsx';
import { count, duration } from '../../lib/figures.ts';
import { RouteSetDrawer, routeSetDrawerWidth } from './RouteSetDrawer.tsx';

const families = { prefer: 'prefer the same', match: 'only the same', any: 'any' } as const;

const columns: readonly Column<RouteSetListItem>[] = [
  {
    key: 'number',
    header: 'Route set',
    render: (row) => (
      <>
        <span className="num" style={{ display: 'inline-block', minWidth: 28, color: 'var(--sb-ink-2)' }}>
          {row.number}
        </span>
        {row.name === '' ? 'unnamed' : row.name}
      </>
    ),
  },
  { key: 'tenant', header: 'Tenant', render: (row) => (row.tenant === null ? 'shared' : <TableLink to="/tenants" search={{ open: row.tenant }}>{row.tenant}</TableLink>) },
  { key: 'rules', header: 'Rules', align: 'right', render: (row) => count(row.ruleCount) },
  { key: 'domains', header: 'Domains', align: 'right', render: (row) => count(row.domainCount) },
  { key: 'trunks', header: 'Trunks', align: 'right', render: (row) => count(row.trunkCount), wide: true },
  { key: 'family', header: 'Address family', render: (row) => families[row.family], wide: true },
  { key: 'attempts', header: 'Attempts', align: 'right', render: (row) => count(row.failover.maxAttempts), wide: true },
  { key: 'fr', header: 'First answer within', align: 'right', render: (row) => duration(row.failover.frMs), wide: true },
  changedColumn,
];

export function RouteSetsPage() {
  const { q, tenant } = useSearch({ strict: false });
  const query = useInfiniteQuery(routeSets.list({ q, tenant }));
  const anySet = useQuery(dispatcherSets.choices('', {}, 1));
  const create = <NewButton>New route set</NewButton>;
  return (
    <>
      <PageHeader title="Route sets" about="Ordered rules: which dialled number goes to which dispatcher set, and what happens when it fails." actions={create} />
      <Filters placeholder="Name, number or comment" tenant />
      <ListPanel
        query={query}
        filtered={q !== undefined || tenant !== undefined}
        empty={
          anySet.data?.items.length === 0 ? (
            <EmptyState icon={<IconRoute2 size={22} stroke={1.6} />} title="Rules need somewhere to send calls" action={<ButtonLink to="/dispatcher" search={{ create: '1' }}>New dispatcher set</ButtonLink>}>
              A route set sends numbers to dispatcher sets, and there is none yet. Make the set with your PBXs first.
            </EmptyState>
          ) : (
            <EmptyState icon={<IconRoute2 size={22} stroke={1.6} />} title="Which number goes where?" action={create}>
              Start with one rule that sends every number to your dispatcher set; add extension ranges and prefixes when you need them. A domain
              then points at this route set.
            </EmptyState>
          )
        }
      >
        {(rows) => <DataTable label="Route sets" rows={rows} columns={columns} rowKey={(row) => String(row.number)} opens />}
      </ListPanel>
      <OpenedEntity of={routeSets} title={(key) => `Route set ${key}`} size={routeSetDrawerWidth}>{(set) => <RouteSetDrawer set={set} />}</OpenedEntity>
    </>
  );
}
