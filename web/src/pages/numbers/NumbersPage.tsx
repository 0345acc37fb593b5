import { Button } from '@mantine/core';
import { IconNumbers, IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import type { NumberItem } from '../../../../controlplane/contract/index.ts';
import { numbers } from '../../api/resources.ts';
import { useMayWrite } from '../../api/use-write.ts';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { useDrawer } from '../../components/EntityDrawer.tsx';
import { Filters } from '../../components/Filters.tsx';
import { ListPanel } from '../../components/ListPanel.tsx';
import { PageHeader } from '../../components/PageHeader.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { TableLink } from '../../components/TableLink.tsx';
import { NumberDrawer } from './NumberDrawer.tsx';

const columns: readonly Column<NumberItem>[] = [
  { key: 'pattern', header: 'Number', render: (row) => <span className="mono">{row.pattern}</span> },
  { key: 'state', header: 'State', render: (row) => <StateBadge tone={row.enabled ? 'up' : 'disabled'}>{row.enabled ? 'enabled' : 'disabled'}</StateBadge> },
  { key: 'tenant', header: 'Tenant', render: (row) => <TableLink to="/tenants" search={{ open: row.tenant }}>{row.tenant}</TableLink>, wide: true },
  { key: 'routeSet', header: 'Route set', align: 'right', render: (row) => <TableLink to="/route-sets" search={{ open: String(row.routeSet) }}>{row.routeSet}</TableLink> },
  { key: 'comment', header: 'Comment', render: (row) => row.comment, wide: true },
  { key: 'updated', header: 'Changed', align: 'right', render: (row) => <RelativeTime atMs={row.updatedAtMs} suffix=" ago" />, wide: true },
];

export function NumbersPage() {
  const { q, tenant, open } = useSearch({ strict: false });
  const { creating, startNew } = useDrawer();
  const writable = useMayWrite();
  const query = useInfiniteQuery(numbers.list({ q, tenant }));
  const create = writable ? (
    <Button leftSection={<IconPlus size={15} />} onClick={startNew}>
      New number
    </Button>
  ) : null;
  return (
    <>
      <PageHeader title="Numbers" about="Called numbers (DIDs) of tenants, for calls that come from trunks; the longest one wins." actions={create} />
      <Filters placeholder="Number or comment" tenant />
      <ListPanel
        query={query}
        filtered={q !== undefined || tenant !== undefined}
        empty={
          <EmptyState icon={<IconNumbers size={22} stroke={1.6} />} title="Whose number was dialled?" action={create}>
            A trunk brings calls for many tenants. A number here, exact or with a * behind its first digits, says whose it is and which route set its
            calls follow; without one the trunk’s own route set decides.
          </EmptyState>
        }
      >
        {(rows) => <DataTable label="Numbers" rows={rows} columns={columns} rowKey={(row) => row.pattern} opens={(row) => row.pattern} openKey={open} faded={(row) => !row.enabled} />}
      </ListPanel>
      {open !== undefined || creating ? <NumberDrawer key={open ?? 'new'} pattern={open ?? null} /> : null}
    </>
  );
}
