import { IconReceipt2 } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import type { RateTable } from '../../../../controlplane/contract/index.ts';
import { rateTablesQuery } from '../../api/rate-tables.ts';
import { changedColumn } from '../../components/columns.tsx';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { useDrawer } from '../../components/EntityDrawer.tsx';
import { ListPanel } from '../../components/ListPanel.tsx';
import { NewButton } from '../../components/NewButton.tsx';
import { PageHeader } from '../../components/PageHeader.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { count } from '../../lib/figures.ts';
import { NewRateTableDrawer } from './NewRateTableDrawer.tsx';
import { RateTableDrawer } from './RateTableDrawer.tsx';

const columns: readonly Column<RateTable>[] = [
  { key: 'number', header: 'Rate table', render: (row) => <span className="num">{row.number}</span> },
  { key: 'rows', header: 'Rates', align: 'right', render: (row) => count(row.rows) },
  { key: 'created', header: 'Made', align: 'right', render: (row) => <RelativeTime atMs={row.createdAtMs} suffix=" ago" />, wide: true },
  { ...changedColumn, wide: false },
];

export function RateTablesPage() {
  const { open } = useSearch({ strict: false });
  const { creating } = useDrawer();
  const query = useInfiniteQuery(rateTablesQuery);
  const create = <NewButton>New rate table</NewButton>;
  return (
    <>
      <PageHeader title="Rate tables" about="Price lists of carriers: for each prefix, what a call costs through which dispatcher set." actions={create} />
      <ListPanel
        query={query}
        filtered={false}
        empty={
          <EmptyState icon={<IconReceipt2 size={22} stroke={1.6} />} title="Which carrier is cheapest?" action={create}>
            Upload a price list as CSV with the columns prefix, set and price. A rule of a route set that names the table then tries the cheapest
            set first; of each set the longest prefix counts.
          </EmptyState>
        }
      >
        {(rows) => <DataTable label="Rate tables" rows={rows} columns={columns} rowKey={(row) => String(row.number)} opens />}
      </ListPanel>
      {creating ? <NewRateTableDrawer /> : null}
      {open === undefined ? null : <RateTableDrawer key={open} table={open} />}
    </>
  );
}
