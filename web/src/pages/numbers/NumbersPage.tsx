import { IconNumbers } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import type { NumberItem } from '../../../../controlplane/contract/index.ts';
import { numbers } from '../../api/resources.ts';
import { changedColumn, commentColumn, routeSetColumn, stateColumn, tenantColumn } from '../../components/columns.tsx';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { OpenedEntity } from '../../components/DrawerQuery.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Filters } from '../../components/Filters.tsx';
import { ListPanel } from '../../components/ListPanel.tsx';
import { NewButton } from '../../components/NewButton.tsx';
import { PageHeader } from '../../components/PageHeader.tsx';
import { NumberDrawer } from './NumberDrawer.tsx';

const columns: readonly Column<NumberItem>[] = [
  { key: 'pattern', header: 'Number', render: (row) => <span className="mono">{row.pattern}</span> },
  stateColumn, tenantColumn, routeSetColumn, commentColumn, changedColumn,
];

export function NumbersPage() {
  const { q, tenant } = useSearch({ strict: false });
  const query = useInfiniteQuery(numbers.list({ q, tenant }));
  const create = <NewButton>New number</NewButton>;
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
        {(rows) => <DataTable label="Numbers" rows={rows} columns={columns} rowKey={(row) => row.pattern} opens faded={(row) => !row.enabled} />}
      </ListPanel>
      <OpenedEntity of={numbers}>{(number) => <NumberDrawer number={number} />}</OpenedEntity>
    </>
  );
}
