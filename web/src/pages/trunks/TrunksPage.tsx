import { IconPlugConnected } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import type { Trunk } from '../../../../controlplane/contract/index.ts';
import { trunks } from '../../api/resources.ts';
import { changedColumn, routeSetColumn, stateColumn, tenantColumn } from '../../components/columns.tsx';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { OpenedEntity } from '../../components/DrawerQuery.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Filters } from '../../components/Filters.tsx';
import { ListPanel } from '../../components/ListPanel.tsx';
import { NewButton } from '../../components/NewButton.tsx';
import { PageHeader } from '../../components/PageHeader.tsx';
import { TrunkDrawer } from './TrunkDrawer.tsx';

const sourceText = (sources: readonly string[]): string => sources.slice(0, 2).join(', ') + (sources.length > 2 ? ` and ${sources.length - 2} more` : '');

const columns: readonly Column<Trunk>[] = [
  { key: 'name', header: 'Trunk', render: (row) => (row.name === '' ? row.key : row.name) },
  stateColumn,
  { key: 'sources', header: 'Sources', render: (row) => <span className="mono" title={row.sources.join('\n')}>{sourceText(row.sources)}</span> },
  tenantColumn, { ...routeSetColumn, wide: true }, changedColumn,
];

export function TrunksPage() {
  const { q, tenant } = useSearch({ strict: false });
  const query = useInfiniteQuery(trunks.list({ q, tenant }));
  const create = <NewButton>New trunk</NewButton>;
  return (
    <>
      <PageHeader title="Trunks" about="Peers known by their source address: carriers and PBXs that send calls in." actions={create} />
      <Filters placeholder="Name, key or comment" tenant />
      <ListPanel
        query={query}
        filtered={q !== undefined || tenant !== undefined}
        empty={
          <EmptyState icon={<IconPlugConnected size={22} stroke={1.6} />} title="No trunk yet" action={create}>
            A trunk gives calls from certain addresses a tenant and a route set, whatever name they dial. Phones do not need one; carriers and
            PBXs that send calls through this edge do.
          </EmptyState>
        }
      >
        {(rows) => <DataTable label="Trunks" rows={rows} columns={columns} rowKey={(row) => row.key} opens faded={(row) => !row.enabled} />}
      </ListPanel>
      <OpenedEntity of={trunks}>{(trunk) => <TrunkDrawer trunk={trunk} />}</OpenedEntity>
    </>
  );
}
